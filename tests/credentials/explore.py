"""Sequences to try: what is done about a key, which call meets which fault, under which policy."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from random import Random

from credentials.ports import Policy
from tests.credentials.plays import play
from tests.credentials.worlds import HASTY, WEEKLY, Action, Fault, Schedule, World

ENSURE, EARLY, LEAKED, REMOVE = Action.ENSURE, Action.EARLY, Action.LEAKED, Action.REMOVE
DELETE, HOUR, WEEK = Action.DELETE, Action.HOUR, Action.WEEK

HISTORIES = (
    (ENSURE,),
    (ENSURE, REMOVE, ENSURE),
    (ENSURE, DELETE, ENSURE),
    (ENSURE, WEEK, ENSURE, HOUR, ENSURE, HOUR, ENSURE),
    (ENSURE, EARLY, LEAKED),
    (ENSURE, EARLY, REMOVE),
    (ENSURE, EARLY, HOUR, EARLY),
)
"""Each step of a life at least once; these meet every fault at every call."""

_LASTS = (ENSURE, ENSURE, EARLY, LEAKED, REMOVE)
_MOST_ACTIONS = 5
_MOST_FAULTS = 3
_CALLS = 130
"""More than nearly all histories make."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """One life of a user's key; its `repr` is what plays it again."""

    history: tuple[Action, ...]
    schedule: Schedule
    one_machine: bool = True
    policy: Policy = WEEKLY

    def play(self) -> World:
        """Play it. Raises: BrokenInvariantError."""
        return play(self.history, self.schedule, one_machine=self.one_machine, policy=self.policy)


def drawn(random: Random) -> Sequence:
    """A sequence by chance, with up to three faults."""
    actions = [random.choice(tuple(Action)) for _ in range(random.randrange(_MOST_ACTIONS))]
    faults = {
        random.randrange(_CALLS): random.choice(tuple(Fault))
        for _ in range(random.randint(0, _MOST_FAULTS))
    }
    policy = random.choice((WEEKLY, WEEKLY, HASTY))
    history = (*actions, random.choice(_LASTS))
    return Sequence(history, faults, random.random() < 1 / 2, policy)


def every(history: tuple[Action, ...], faults: int) -> Iterator[Sequence]:
    """Every way in which so many faults can meet the calls that the history makes undisturbed."""
    calls = len(undisturbed(history).aws.calls)
    for places in combinations(range(calls), faults):
        for met in product(Fault, repeat=faults):
            yield Sequence(history, dict(zip(places, met, strict=True)))


def undisturbed(history: tuple[Action, ...]) -> World:
    """The world after the history, without faults and without what follows it."""
    world = World()
    for action in history:
        world.act(action)
    return world
