"""Generated closed worlds, put to the closure and to brute force by the evaluator's word alone."""

from dataclasses import dataclass
from random import Random

from access.catalogue import steps
from access.catalogue.step import Gain
from access.evidence import Evidence
from access.facts import Fact
from access.prove import How, Prover
from access.rule import Rule
from access.world import World
from tests.access.small_world import PROD
from tests.access.test_reach_worlds import STEPS, USERS
from tests.differential.closed import ASSUMING, TAKING_OVER, Search, closed, requests
from tests.differential.oracle import Oracle
from tests.differential.question import ours
from tests.differential.walk import walk

RULE = Rule.of((USERS[0],), (f"arn:aws:iam::{PROD}:role/*",))
ASSUME = tuple(step for step in steps() if step.id == "sts-assume-role")
WITNESSES = 200


@dataclass(frozen=True, slots=True)
class Compared:
    """Who is controlled in the end, as the closure says and as the evaluator lets them in.

    Attributes:
        correlated: whether the first whom the closure has too many takes a request that has two
            values of one key at once.
    """

    ours: frozenset[str]
    theirs: frozenset[str]
    correlated: bool = False

    @property
    def agreed(self) -> bool:
        """Whether the two say the same."""
        return self.ours == self.theirs

    @property
    def sound(self) -> bool:
        """Whether nobody is missed, and nobody is too many but by a correlation."""
        return self.theirs <= self.ours and (self.agreed or self.correlated)


def compare(oracle: Oracle, name: str) -> Compared:
    """Return both closures of the world that the name makes."""
    one = closed(Random(f"closed:{name}"), ASSUMING)  # noqa: S311 - nothing secret
    facts = Prover(one, ASSUME).closure(RULE.from_, How.SURELY).facts
    controlled = frozenset(fact.of for fact in facts if fact.gain is Gain.CONTROL)
    theirs = Search(oracle, one).controlled(USERS[0])
    further = controlled - theirs
    return Compared(controlled, theirs, bool(further) and _is_correlated(oracle, one, further))


def _is_correlated(oracle: Oracle, one: World, further: frozenset[str]) -> bool:
    facts = Prover(one, ASSUME).closure(RULE.from_, How.SURELY).facts
    first = min((Fact(Gain.CONTROL, arn) for arn in further), key=lambda fact: facts[fact].cost)
    caller = facts[first].caller
    assert caller
    every = requests(
        Evidence(one), "sts:AssumeRole", caller.of, first.of, frozenset(facts), WITNESSES
    )
    return not any(
        all(answer(each) == "Allowed" for each in together)
        for together in every
        for answer in (ours, oracle.theirs)
    )


def refused(oracle: Oracle, name: str) -> tuple[int, list[str]]:
    """Return how many requests the path in a world takes, and those that are not confirmed."""
    one = closed(Random(f"paths:{name}"), TAKING_OVER)  # noqa: S311 - nothing secret
    taken = list(walk(one, RULE, STEPS))
    found: list[str] = []
    for request in taken:
        every = list(request.questions())
        both = list(zip(map(ours, every), oracle.put(every).read(), strict=True))
        if request.put.resource == "*" and not any(mine == "Allowed" for mine, _ in both):
            continue  # of anything at all: it is allowed on what is named, of whatever service
        if ("Allowed", "Allowed") not in both:
            found.append(f"{request.put}: {request.hop}")
    return len(taken), found
