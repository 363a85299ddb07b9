"""From derivations to a path: the steps that lead to a fact, each with why it is allowed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from access.arn import NO_RESOURCE
from access.carried import requests
from access.catalogue import strange
from access.catalogue.step import Gain, Kind, Step
from access.evidence import Evidence, Put
from access.facts import (
    ADMINISTERED,
    GIVEN,
    PASSED,
    REBOUND,
    RENAMED,
    RETRUSTED,
    STORED,
    TAGGED,
    UNLIMITED,
    Derivation,
    Fact,
    changed,
)
from access.federation import admission
from access.label import bare, maker
from access.variant import Variant
from access.verdict import Allowed, Denied, Reason
from access.witness import Clash, witness
from access.world import Unreadable

ASSUME = "sts-assume-role"

_IMPLIED = {
    ADMINISTERED: "whoever administers an account takes over any principal of it",
    UNLIMITED: "everything is allowed to it, so that it administers its account",
    RETRUSTED: "its trust policy is the caller's own, or its session is the caller's to make",
    PASSED: "the role passed to a service of which nobody knows what it runs",
    REBOUND: "the principal is controlled under whatever boundary it is put",
    RENAMED: "the user is controlled under whatever name",
    STORED: "the credential that was read",
    TAGGED: "session tags of the caller's choice",
}


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path.

    Attributes:
        step: its id in the catalogue, or of what follows by itself.
        caller: who takes it; `None` where it follows by itself.
        gained: what comes of it.
        requests: what is asked of AWS, as (action, resource).
        context: what the request must look like, as the allowing statements' conditions say.
        allowed_by: the statements that allow it.
        doubts: what of them cannot be decided on.
    """

    step: str
    title: str
    caller: str | None
    gained: Fact
    requests: tuple[tuple[str, str], ...] = ()
    context: tuple[str, ...] = ()
    allowed_by: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()

    def __str__(self) -> str:
        who = f"`{self.caller}`" if self.caller else "by itself"
        asked = ", ".join(f"{action} on `{resource}`" for action, resource in self.requests)
        why = "; ".join(map(str, self.allowed_by))
        told = f"{who}: {asked or self.title}: {self.gained.gain.value} of `{self.gained.of}`"
        return f"{told} ({why})" if why else told

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "step": self.step,
            "title": self.title,
            "from": self.caller,
            "to": self.gained.of,
            "gain": self.gained.gain.value,
            "requests": [{"action": one, "resource": two} for one, two in self.requests],
            "context": list(self.context),
            "allowed_by": [_json(reason) for reason in self.allowed_by],
        }


def _caller(derivation: Derivation) -> str | None:
    if derivation.web is not None:
        return str(derivation.web)
    return derivation.caller.of if derivation.caller else None


def _shown(resource: str) -> str:
    return "*" if resource == NO_RESOURCE else resource


def _json(reason: Reason) -> dict[str, str | None]:
    return {"policy": reason.policy, "statement": reason.statement, "why": reason.text}


class Paths:
    """Explains facts in one world."""

    def __init__(
        self, evidence: Evidence, steps: Sequence[Step], known: Mapping[Fact, Derivation]
    ) -> None:
        self._evidence = evidence
        self._steps = {step.id: step for step in steps}
        self._known = known

    def to(self, target: Fact) -> tuple[Hop, ...]:
        """Return the steps that lead to a fact, in an order in which they can be taken."""
        hops: dict[Fact, Hop] = {}
        self._collect(target, hops)
        return tuple(hops.values())

    def _collect(self, target: Fact, hops: dict[Fact, Hop]) -> None:
        # Depth first without recursion: a chain of roles may be longer than the stack.
        stack: list[tuple[Fact, bool]] = [(target, False)]
        needed: dict[Fact, tuple[Fact, ...]] = {}
        while stack:
            fact, ready = stack.pop()
            derivation = self._known[fact]
            if fact in hops or derivation.step == GIVEN:
                continue
            if ready:
                hops[fact] = self._hop(fact, derivation, needed[fact])
                continue
            before = (*self._making(fact), *self._unbound(fact, derivation))
            needed[fact] = (*before, *self._needed(fact, derivation))
            caller = () if derivation.caller is None else (derivation.caller,)
            stack.append((fact, True))
            stack += [(one, False) for one in (*needed[fact], *caller)]

    def _making(self, fact: Fact) -> tuple[Fact, ...]:
        """Return that whom the fact is about has been made, or put under a boundary, if it has.

        No statement says so.
        """
        if fact.gain is Gain.MINT:
            return ()
        label = changed(fact)
        ways = [Fact(Gain.MINT, label)]
        ways += [] if fact.gain is Gain.BIND else [Fact(Gain.BIND, label)]
        made = [one for one in ways if one in self._known]
        return tuple(sorted(made, key=lambda one: self._known[one].cost)[:1])

    def _needed(self, fact: Fact, derivation: Derivation) -> tuple[Fact, ...]:
        """Return the premises without those that the step can do without."""
        puts = tuple(self.questions(fact, derivation))
        if not puts or derivation.caller is None or derivation.step == UNLIMITED:
            return derivation.premises
        # The resource's own policy may have been rewritten: no premise says so.
        opened = (Fact(Gain.REWRITE, put.resource) for put in puts)
        before = (one for one in opened if self._is_before(one, derivation))
        kept = list(dict.fromkeys((*derivation.premises, *before)))
        ordered = sorted(kept, key=lambda one: -self._known[one].cost)
        # Of premises that each suffice, one that nobody doubts is kept.
        surely = all(self._holds(put, kept, derivation, surely=True) for put in puts)
        size = len(ordered)
        while size:  # by halves first: of a renamed user thousands may be premises
            for start in range(0, len(ordered), size):
                tried = frozenset(ordered[start : start + size])
                fewer = [one for one in kept if one not in tried]
                if len(fewer) < len(kept) and all(
                    self._holds(put, fewer, derivation, surely=surely) for put in puts
                ):
                    kept = fewer
            size //= 2
        return tuple(kept)

    def _is_before(self, fact: Fact, derivation: Derivation) -> bool:
        return fact in self._known and self._known[fact].cost < derivation.cost

    def _holds(
        self, put: Put, premises: Iterable[Fact], derivation: Derivation, *, surely: bool
    ) -> bool:
        verdict = self._evidence.decide(put, self._facts(premises, derivation))
        return isinstance(verdict, Allowed) or not (surely or isinstance(verdict, Denied))

    def _facts(self, premises: Iterable[Fact], derivation: Derivation) -> frozenset[Fact]:
        """Return what counts: the premises and, of whoever administers an account, that."""
        caller = derivation.caller
        above = () if caller is None else self._known[caller].premises
        return frozenset((*premises, *above))

    def questions(self, fact: Fact, derivation: Derivation) -> Iterator[Put]:
        """Yield what the step asks of AWS."""
        caller = derivation.caller.of if derivation.caller else ""
        step = self._steps.get(derivation.step)
        if derivation.web is not None:
            put = admission(self._evidence, derivation.web, fact.of, sure=False)
            yield from () if put is None else (put,)
        elif derivation.step == TAGGED:
            yield from self._session(caller, fact, derivation, tagging=True)
        elif derivation.step == PASSED:
            for service in self._strangers(fact.of):
                context = (("iam:PassedToService", service),)
                yield Put(caller, "iam:PassRole", fact.of, context)
        elif derivation.step == UNLIMITED:
            yield Put(caller, "*", "*")
        elif step is not None and step.id == ASSUME:
            yield from self._session(caller, fact, derivation, tagging=False)
        elif step is not None and derivation.caller is None:  # an identity provider's user
            provider = derivation.premises[0].of
            yield Put(provider, step.needs[0].action, fact.of, trust=True, as_kind="federated")
        elif step is not None:
            yield from self._needs(step, caller, fact, derivation)

    def _strangers(self, role: str) -> Iterator[str]:
        """Yield the services that the role trusts and of which nobody knows what they run."""
        trust = self._evidence.world.roles[role].trust.read()
        entries = (
            entry
            for statement in (() if isinstance(trust, Unreadable) else trust.statements)
            for entry in (statement.principals.entries if statement.principals else ())
        )
        services = (entry.value for entry in entries if entry.kind == "Service")
        yield from filter(strange, dict.fromkeys(services))

    def _needs(self, step: Step, caller: str, fact: Fact, derivation: Derivation) -> Iterator[Put]:
        ways = self._ways(step, fact, derivation)
        facts = self._facts((*derivation.premises, *self._unbound(fact, derivation)), derivation)
        asked = [puts for way in ways for puts in self._asked(step, caller, changed(fact), way)]
        yield from self._first(asked, facts)
        if step.kind is Kind.PASS:
            role = self._evidence.world.roles[bare(fact.of)]
            for service in step.services:
                put = Put(service, "sts:AssumeRole", role.arn, trust=True, as_kind="service")
                if not isinstance(self._evidence.decide(put, frozenset[Fact]()), Denied):
                    yield put
                    return

    def _session(
        self, caller: str, fact: Fact, derivation: Derivation, *, tagging: bool
    ) -> Iterable[Put]:
        asked = tuple(requests(self._evidence.world, caller, fact.of, tagging=tagging))
        return self._first(asked, self._facts(derivation.premises, derivation))

    def _first(self, asked: Sequence[tuple[Put, ...]], facts: frozenset[Fact]) -> Iterable[Put]:
        """Return what a step asks in the first way of these in which nothing is refused."""
        for puts in asked if len(asked) > 1 else ():
            if not any(isinstance(self._evidence.decide(put, facts), Denied) for put in puts):
                return puts
        return asked[0] if asked else ()

    def _ways(self, step: Step, fact: Fact, derivation: Derivation) -> list[Variant]:
        """Return the ways in which a step gives a fact."""
        facts = frozenset(self._unbound(fact, derivation))
        ways = self._evidence.keys.variants(step, changed(fact), facts)
        of = fact.of if maker(fact.of) is None else bare(fact.of)
        return [way for way in ways if (way.gain, way.of) == (fact.gain, of)]

    def _unbound(self, fact: Fact, derivation: Derivation) -> tuple[Fact, ...]:
        """Return that whom the fact is about has had its boundary taken off before."""
        unbound = Fact(Gain.UNBIND, changed(fact))
        return (unbound,) if unbound in derivation.premises else ()

    def _asked(
        self, step: Step, caller: str, label: str, way: Variant
    ) -> Iterator[tuple[Put, ...]]:
        """Yield the requests that the caller makes, for each choice of resources by itself."""
        yield from product(
            *(
                [
                    Put(caller, need.action, resource, way.given(need))
                    for resource in need.resources(label)
                ]
                for need in step.needs
                if not need.by_anyone
            )
        )

    def _hop(self, fact: Fact, derivation: Derivation, needed: tuple[Fact, ...]) -> Hop:
        puts = tuple(self.questions(fact, derivation))
        facts = self._facts(needed, derivation)
        allowed: list[Reason] = []
        doubts = list(self._unknown(fact)) if derivation.step == PASSED else []
        context = list(self._keys_unknown(fact, derivation))
        for put in puts:
            verdict = self._evidence.decide(put, facts)
            if isinstance(verdict, Allowed):
                allowed += verdict.reasons
                met = witness(*self._evidence.question(put, facts))
                doubts += [Reason(str(met))] if isinstance(met, Clash) else []
                context += self._conditions(put, facts, verdict.reasons)
            else:  # a step that the exact decision does not confirm is no step
                doubts += verdict.reasons
        step = self._steps.get(derivation.step)
        return Hop(
            step=derivation.step,
            title=step.title if step else _IMPLIED.get(derivation.step, derivation.step),
            caller=_caller(derivation),
            gained=fact,
            requests=tuple((put.action, _shown(put.resource)) for put in puts),
            context=tuple(dict.fromkeys(context)),
            allowed_by=tuple(dict.fromkeys(allowed)),
            doubts=tuple(dict.fromkeys(doubts)),
        )

    def _keys_unknown(self, fact: Fact, derivation: Derivation) -> Iterator[str]:
        """Yield the keys that are taken to keep nobody from a credential that was read."""
        read = {one.of for one in derivation.premises} if derivation.step == STORED else set[str]()
        for one in self._evidence.world.credentials if read else ():
            if one.secret in read and one.principal == fact.of and one.unknown_key:
                yield (
                    f"key `{one.unknown_key}` of `{one.secret}` keeping nobody out, for the input "
                    "lacks its policy; give it with the policies of resources"
                )

    def _unknown(self, fact: Fact) -> Iterator[Reason]:
        for service in self._strangers(fact.of):
            yield Reason(
                f"role `{fact.of}` can be passed to `{service}`, and whether that runs the "
                "caller's code is not in the catalogue; add it, or narrow `iam:PassRole`"
            )

    def _conditions(
        self, put: Put, facts: frozenset[Fact], reasons: Iterable[Reason]
    ) -> Iterator[str]:
        policies = self._evidence.policies(put, facts)
        documents = [*policies.identity, policies.boundary, policies.resource]
        named = {(reason.policy, reason.statement) for reason in reasons}
        for document in documents:
            for statement in document.statements if document else ():
                if (document.name if document else "", statement.name) in named:
                    for one in statement.conditions:
                        values = ", ".join(one.values[:3])
                        more = ", …" if len(one.values) > 3 else ""  # noqa: PLR2004 -- shown
                        yield f"{one.operator} {one.key}: {values}{more}"
