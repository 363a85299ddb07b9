"""All stacks judged together: the isolation rules from what is deployed to what is planned.

The policy pack judges one stack, and takes the others as the model renders them. Here every stack
is as it was registered; the worlds, the rules and the prover are the pack's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from access.rollout import either
from access.world import World
from iam_profiles.model import Profiles
from iam_profiles.world import rules, world
from policies.account_world import declared
from policies.checkpoint import Deployed
from policies.every_account import Isolation, as_read, locks
from policies.rollout import EXACTLY, Broken, Rollout
from policies.states import NOBODY, Bad, Turned

Stage = tuple[str, ...]
"""Stacks that may be applied side by side, in any order."""


@dataclass
class Together(Rollout):
    """The roll-out of all stacks as one, and the order in which it is safe."""

    tightening: frozenset[str] = field(default_factory=frozenset[str])
    """The accounts whose change gives nobody anything: they go first."""

    @property
    def changing(self) -> frozenset[str]:
        """The accounts of which anything that the proof looks at is to change."""
        return self.all_turned

    @property
    def deployed(self) -> World:
        """All accounts as deployed."""
        return self.state(NOBODY)

    @property
    def planned(self) -> World:
        """All accounts as planned."""
        return self.state(self.all_turned)

    def refused(self) -> tuple[Broken, ...]:
        """Return what forbids the roll-out: of what is planned, or of every way to it."""
        if self.is_proved(self.everything):
            return ()
        if planned := tuple(self._broken(self.planned, self.all_turned)):
            return planned
        if self.stages() is None:
            # INVARIANT: what has no order is never without a reason, for without one it would pass.
            return tuple(self._broken(self.everything, None))
        return ()

    def noted(self) -> tuple[Broken, ...]:
        """Return what is broken as deployed, and is not held against what mends it."""
        if self.is_proved(self.everything):
            return ()
        return tuple(self._broken(self.deployed, NOBODY))

    def stages(self) -> tuple[Stage, ...] | None:
        """Return an order of which each state on the way is proved; nothing if there is none."""
        if not self.all_turned:
            return ()
        if self._safe(NOBODY, self.all_turned):
            halves = (self.all_turned & self.tightening, self.all_turned - self.tightening)
            return tuple(tuple(sorted(half)) for half in halves if half)
        if len(self.all_turned) <= EXACTLY:
            order = self._searched(NOBODY, set())
            return None if order is None else tuple(self._merged(order))
        return self._grouped()

    def _safe(self, turned: frozenset[str], more: frozenset[str]) -> bool:
        """Whether from a state on these may be turned side by side."""
        if self.is_proved(either(self.state(turned), self.state(turned | more))):
            return True
        # Bad as deployed, nothing can be proved: what counts is that it gets no worse. To lack
        # something is an excuse for those alone by whom less is lacking.
        mends = more <= self._mending
        excused = self._lacking(NOBODY) if mends else frozenset[Bad]()
        return (mends or bool(self.excused)) and self.worse(turned, turned | more) <= excused

    @cached_property
    def _mending(self) -> frozenset[str]:
        """The accounts whose change takes away some of what is lacking as deployed."""
        lacking = self._lacking(NOBODY)
        return frozenset(
            name
            for name in self.all_turned
            if lacking and self._lacking(frozenset({name})) < lacking
        )

    def _lacking(self, turned: Turned) -> frozenset[Bad]:
        return frozenset(one for one in self.bad(turned, turned) if one.lacking)

    def _searched(
        self, turned: frozenset[str], dead: set[frozenset[str]]
    ) -> tuple[str, ...] | None:
        """Return an order of the rest, one account after the other."""
        if turned == self.all_turned:
            return ()
        if turned in dead:
            return None
        for name in self._preferred(self.all_turned - turned):
            if self._safe(turned, frozenset({name})):
                rest = self._searched(turned | {name}, dead)
                if rest is not None:
                    return (name, *rest)
        dead.add(turned)
        return None

    def _merged(self, order: Sequence[str]) -> Iterator[Stage]:
        """Yield the order as stages: neighbours that are safe side by side go together."""
        turned, stage = NOBODY, NOBODY
        for name in order:
            if stage and not self._safe(turned, stage | {name}):
                yield tuple(sorted(stage))
                turned, stage = turned | stage, NOBODY
            stage |= {name}
        yield tuple(sorted(stage))

    def _grouped(self) -> tuple[Stage, ...] | None:
        """Return stages of many accounts, each as large as halving finds it."""
        turned, stages = NOBODY, list[Stage]()
        while turned != self.all_turned:
            stage = self._grown(turned, NOBODY, self._preferred(self.all_turned - turned))
            if not stage:
                return None
            stages.append(tuple(sorted(stage)))
            turned |= stage
        return tuple(stages)

    def _grown(
        self, turned: frozenset[str], stage: frozenset[str], names: Sequence[str]
    ) -> frozenset[str]:
        """Return the stage with those of the names that are safe beside it."""
        if self._safe(turned, stage | set(names)):
            return stage | set(names)
        if len(names) == 1:
            return stage
        half = len(names) // 2
        stage = self._grown(turned, stage, names[:half])
        return self._grown(turned, stage, names[half:])

    def _preferred(self, names: frozenset[str]) -> tuple[str, ...]:
        return tuple(sorted(names, key=lambda name: (name not in self.tightening, name)))


class AllStacks(Isolation):
    """Makes the roll-out of all stacks from what they have deployed and have registered."""

    def __init__(self, profiles: Profiles) -> None:
        super().__init__(profiles)
        self._organization = profiles.organization
        self._all_profiles = profiles

    def together(
        self, deployed: Mapping[str, Deployed | None], planned: Mapping[str, Deployed | None]
    ) -> Together:
        """Return the roll-out; a stack that is not planned stays as it is deployed."""
        before = self.before(deployed)
        after = {
            str(one.name): self._planned(planned[one.name], index)
            if one.name in planned
            else before[one.name]
            for index, one in enumerate(self._organization.accounts)
        }
        asked = rules(self._all_profiles), locks(self._organization)
        return Together(before, after, "", *asked)

    def urns(self, *of: Mapping[str, Deployed | None]) -> dict[str, str]:
        """Return `{ARN: URN}` of all that is declared."""
        found: dict[str, str] = {}
        for stacks in of:
            for account in self._organization.accounts:
                if there := stacks.get(account.name):
                    found |= declared(there.settled, self._all_profiles, account)
        return found

    def _planned(self, stack: Deployed | None, index: int) -> World:
        if stack is None:
            return world([])
        return as_read(stack.settled, self._all_profiles, self._organization.accounts[index])
