"""A roll-out judged: from what is deployed everywhere to what is planned, in whatever order.

Commonly one proof for each lock will do, over a world that allows whatever any mixture of before
and after could. Where that is refused, the states of single accounts tell which order is safe.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Final

from access.prove import Proof, Refuted, Undecided, refuted
from access.rollout import either
from access.rule import ArnPattern, Rule
from access.verified import verified
from access.world import World
from policies.states import NOBODY, SHUT, Bad, States, Turned

EXACTLY: Final = 4
"""Accounts that change, up to which all their states are looked at."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that is not proved.

    Attributes:
        opened: which lock was opened, in words; empty if none.
        turned: the accounts that are as planned, of those that change; `None` in the middle of it.
        waiting: the accounts that change and are as deployed.
    """

    result: Refuted | Undecided
    opened: str
    turned: Turned | None
    waiting: Turned = NOBODY


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of it.

    Attributes:
        broken: what forbids the roll-out of this account's stack.
        noted: what is broken as deployed, and not by this.
        first: the accounts to be deployed before, where that would make it safe.
    """

    broken: tuple[Broken, ...] = ()
    noted: tuple[Broken, ...] = ()
    first: tuple[str, ...] = ()


@dataclass
class Rollout(States):
    """Every account from what is deployed to what is planned, judged for the stack of one.

    Attributes:
        doubted: whether what is planned is other than the model: then it is mostly refused, and
            looked at first by itself.
    """

    doubted: bool = False

    def judge(self) -> Judged:
        """Say whether this account's stack may be rolled out now.

        It may if the rules are proved of every mixture of before and after. If not, but of what is
        planned, one stack after the other may, in an order in which nothing is reached that is
        not reached as deployed already: what mends a bad state must not be refused for it.
        """
        last = self.state(self.all_turned)
        sure = ()
        if self.doubted and self.recalled(self.everything) is None:
            sure = tuple(refuted(last, self.tracked))
        if not sure and self.is_proved(self.everything):
            return Judged()
        if planned := tuple(self._broken(last, self.all_turned, sure)):
            return Judged(broken=planned)
        deployed = tuple(self._broken(self.state(NOBODY), NOBODY))
        if self.own not in self.all_turned or self._may_go:
            return Judged(noted=deployed)
        # INVARIANT: what may not go is never without a reason, for without one it would pass.
        broken = tuple(self._in_the_way()) or tuple(self._broken(self.everything, None))
        return Judged(broken, deployed, self._first)

    def _broken(
        self, world: World, turned: Turned | None, known: Sequence[Refuted] = ()
    ) -> Iterator[Broken]:
        """Yield each rule that is not proved, with no lock opened if that will do."""
        waiting = NOBODY if turned is None else self.all_turned - turned
        yield from (Broken(result, SHUT, turned, waiting) for result in known)
        refuted_already = {result.rule for result in known}
        left = [rule for rule in self.tracked if rule not in refuted_already]
        for opened, lock in self.ajar.items():
            for result in verified(lock(world), left).results if left else ():
                if not isinstance(result, Proof):
                    left.remove(result.rule)
                    yield Broken(result, opened, turned, waiting)

    def _in_the_way(self) -> Iterator[Broken]:
        """Yield what is broken: in a state after this roll-out, in its middle, or in all of it."""
        mine = frozenset({self.own})
        for turned in self._states_with(self.own):
            if worse := self.worse(turned, turned):
                yield from self._of(worse, self.state(turned), turned)
                return
        if worse := self.worse(NOBODY, mine):
            yield from self._of(worse, either(self.state(NOBODY), self.state(mine)), None)
            return
        yield from self._broken(self.everything, None)

    def _of(self, worse: frozenset[Bad], world: World, turned: Turned | None) -> Iterator[Broken]:
        """Yield what is worse, rule by rule: a path to whom nobody came before, not to others."""
        told: set[Rule] = set()
        waiting = NOBODY if turned is None else self.all_turned - turned
        for opened, lock in self.ajar.items():
            for rule in self.tracked:
                here = [bad for bad in worse if (bad.opened, bad.rule) == (opened, rule)]
                if not here or rule in told:
                    continue
                told.add(rule)
                targets = tuple(
                    sorted(self._anywhere({one.what for one in here if not one.lacking}))
                )
                asked = replace(rule, never_reach=tuple(map(ArnPattern, targets)))
                for result in verified(lock(world), [asked if targets else rule]).results:
                    if not isinstance(result, Proof):
                        yield Broken(replace(result, rule=rule), opened, turned, waiting)

    def _anywhere(self, arns: Iterable[str]) -> tuple[str, ...]:
        """Return the ARNs, with those that the same ones have as deployed."""
        found = set(arns)
        return tuple(sorted(found | {old for old, new in self.moves.to.items() if new in found}))

    @cached_property
    def _may_go(self) -> bool:
        """Whether this account may be turned now.

        INVARIANT: every stack comes to the same answer from the same states, so that those that may
        go may go side by side.
        """
        turned = self._free or frozenset(self._order(NOBODY)[:1])
        if self.own not in turned:
            return False
        # Where nothing is bad yet, all that may go side by side is proved, and the proof checked.
        return bool(self.excused) or self.is_proved(either(self.state(NOBODY), self.state(turned)))

    @cached_property
    def _free(self) -> Turned:
        """The accounts that may be turned in any order, and side by side: no state gets worse."""
        if len(self.all_turned) > EXACTLY:
            return NOBODY
        free = frozenset(
            name
            for name in self.all_turned
            if not any(
                self.worse(turned, turned)
                for turned in self._states_with(name)
                if not self.worse(turned - {name}, turned - {name})
            )
        )
        return NOBODY if self.worse(NOBODY, free) else free

    def _states_with(self, name: str) -> Iterator[Turned]:
        """Yield the states in which an account is as planned; of many accounts, two states."""
        others = sorted(self.all_turned - {name})
        for size in range(len(others) + 1):
            if len(self.all_turned) <= EXACTLY or size in (0, len(others)):
                yield from (frozenset({name, *some}) for some in combinations(others, size))

    def _order(self, turned: Turned) -> tuple[str, ...]:
        """Return the first order, by name, in which nothing gets worse; empty if there is none."""
        for name in sorted(self.all_turned - turned):
            after = turned | {name}
            if self.worse(turned, after):
                continue
            rest = self._order(after) if len(self.all_turned) <= EXACTLY else ()
            if rest or after == self.all_turned or len(self.all_turned) > EXACTLY:
                return (name, *rest)
        return ()

    @property
    def _first(self) -> tuple[str, ...]:
        """The fewest accounts that, once turned, let this one be turned."""
        others = sorted(self.all_turned - {self.own})
        sizes = range(1, len(others) + 1) if len(self.all_turned) <= EXACTLY else ()
        for some in (some for size in sizes for some in combinations(others, size)):
            turned = frozenset(some)
            if not self.worse(turned, turned) and not self.worse(turned, turned | {self.own}):
                return some
        order = self._order(NOBODY)
        return order[: order.index(self.own)] if self.own in order else order
