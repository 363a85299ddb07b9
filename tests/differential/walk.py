"""Every request of a refuting path, with the policies and facts that it is made under."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from access.catalogue.step import Step
from access.decide import Policies
from access.document import PolicyDocument
from access.evidence import Evidence, Put
from access.facts import GIVEN
from access.path import Hop, Paths
from access.prove import Prover
from access.request import Request
from access.rule import Rule
from access.verdict import Reason
from access.world import World
from tests.differential.concrete import Concrete
from tests.differential.question import Question

TRIES = 60
"""Questions made of one request, at most, to find one whose context it takes."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One request of a hop: who asks for what, and what applies to it."""

    hop: Hop
    put: Put
    request: Request
    policies: Policies

    def questions(self) -> Iterator[Question]:
        """Yield what the request may be in full."""
        return Concrete(self.request, self.policies, self.put.by).questions(TRIES)

    def without(self, question: Question) -> Question:
        """Return a question of this request, the statements that the hop names being taken out."""
        left = _without(self.policies, self.hop.allowed_by)
        (bare,) = Concrete(self.request, left, self.put.by).questions(1)
        documents = ("identity", "boundary", "session", "policy", "scps", "rcps")
        return replace(question, **{name: getattr(bare, name) for name in documents})


def walk(world: World, rule: Rule, steps: Sequence[Step]) -> Iterator[Taken]:
    """Yield each request of the path that breaks a rule, under the facts that come before it.

    Nothing, where no path does.
    """
    evidence = Evidence(world)
    told = Prover(world, steps).confirmed(rule)
    known = told.closure.facts if told else {}
    paths = Paths(evidence, steps, known)
    facts = {fact for fact, derivation in known.items() if derivation.step == GIVEN}
    for hop in told.path if told else ():
        puts = tuple(paths.questions(hop.gained, known[hop.gained]))
        assert [put.action for put in puts] == [action for action, _ in hop.requests]
        for put in puts:
            named = _something(put) if put.action == "*" else put
            request, policies = evidence.question(named, frozenset(facts))
            yield Taken(hop, named, request, policies)
        facts.add(hop.gained)


def _something(put: Put) -> Put:
    """Return one request of somebody to whom everything is allowed."""
    account = put.by.split(":")[4]
    user = f"arn:aws:iam::{account}:user/anybody"
    return replace(put, action="iam:CreateAccessKey", resource=user)


def _without(policies: Policies, reasons: tuple[Reason, ...]) -> Policies:
    named = {(reason.policy, reason.statement) for reason in reasons}

    def rest(document: PolicyDocument) -> PolicyDocument:
        kept = (one for one in document.statements if (document.name, one.name) not in named)
        return replace(document, statements=tuple(kept))

    def perhaps(document: PolicyDocument | None) -> PolicyDocument | None:
        return None if document is None else rest(document)

    return replace(
        policies,
        identity=tuple(map(rest, policies.identity)),
        boundary=perhaps(policies.boundary),
        resource=perhaps(policies.resource),
        scps=tuple(tuple(map(rest, level)) for level in policies.scps),
    )
