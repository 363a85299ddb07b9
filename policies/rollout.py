"""A roll-out judged: from what is deployed everywhere to what is planned, in whatever order.

Commonly one proof for each lock will do, over a world that allows whatever any mixture of before
and after could. Where that is refused, the states of single accounts tell which order is safe.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from typing import Final, NamedTuple, TypeAlias

from access.catalogue import steps
from access.errors import PatternTooComplexError
from access.prove import Answer, How, Proof, Prover, Refuted, Undecided, breaking
from access.rollout import either
from access.rule import ArnPattern, Rule
from access.verified import verified
from access.world import World
from iam_profiles.world import joined

Lock: TypeAlias = Callable[[World], World]
Turned: TypeAlias = frozenset[str]
"""The accounts that are as planned already; the others are as deployed."""

EXACTLY: Final = 4
"""Accounts that change, up to which all their states are looked at."""

SHUT: Final = ""
"""What is said where no lock is opened."""
_NOBODY: Final[Turned] = frozenset()


def _shut(world: World) -> World:
    return world


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
    waiting: Turned = _NOBODY


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


class _Bad(NamedTuple):
    """One thing that keeps a rule from being proved: somebody reached, or something not known."""

    opened: str
    rule: Rule
    what: str
    lacking: bool


@dataclass
class Rollout:
    """Every account before and after, each in a world of its own.

    Attributes:
        own: the account whose stack is under way.
        locks: `{what is said of it: what opens a side of the trusts}`; each must only add, so that
            what is proved with one opened is proved with none.
        known: worlds of which the rules are proved already.
    """

    before: Mapping[str, World]
    after: Mapping[str, World]
    own: str
    rules: Sequence[Rule]
    locks: Mapping[str, Lock]
    known: list[World] = field(default_factory=list[World])
    _found: dict[tuple[Turned, Turned], frozenset[_Bad]] = field(
        default_factory=dict[tuple[Turned, Turned], frozenset[_Bad]]
    )

    def judge(self) -> Judged:
        """Say whether this account's stack may be rolled out now.

        It may if the rules are proved of every mixture of before and after. If not, but of what is
        planned, one stack after the other may, in an order in which nothing is reached that is
        not reached as deployed already: what mends a bad state must not be refused for it.
        """
        if self.is_proved(self.everything):
            return Judged()
        if planned := tuple(self._broken(self.state(self._all), self._all)):
            return Judged(broken=planned)
        deployed = tuple(self._broken(self.state(_NOBODY), _NOBODY))
        if self.own not in self._all or self._may_go:
            return Judged(noted=deployed)
        # INVARIANT: what may not go is never without a reason, for without one it would pass.
        broken = tuple(self._in_the_way()) or tuple(self._broken(self.everything, None))
        return Judged(broken, deployed, self._first)

    @cached_property
    def everything(self) -> World:
        """The world that allows whatever any state of the roll-out could."""
        return either(self.state(_NOBODY), self.state(self._all))

    def is_proved(self, world: World) -> bool:
        """Whether every rule is proved of a world, with each of the locks opened."""
        if world in self.known:
            return True
        opened = (lock(world) for lock in (self.locks or self._ajar).values())
        if not all(verified(one, self.rules).answer is Answer.PROVED for one in opened):
            return False
        self.known.append(world)
        return True

    def state(self, turned: Turned) -> World:
        """Return the world in which these accounts are as planned, and the others as deployed."""
        return joined(
            self.after[name] if name in turned else self.before[name] for name in self.before
        )

    @cached_property
    def _all(self) -> Turned:
        return frozenset(name for name in self.before if self.before[name] != self.after[name])

    @property
    def _ajar(self) -> Mapping[str, Lock]:
        """No lock opened, then each of them."""
        return {SHUT: _shut, **self.locks}

    def _broken(self, world: World, turned: Turned | None) -> Iterator[Broken]:
        """Yield each rule that is not proved, with no lock opened if that will do."""
        left = list(self.rules)
        waiting = _NOBODY if turned is None else self._all - turned
        for opened, lock in self._ajar.items():
            for result in verified(lock(world), left).results if left else ():
                if not isinstance(result, Proof):
                    left.remove(result.rule)
                    yield Broken(result, opened, turned, waiting)

    def _in_the_way(self) -> Iterator[Broken]:
        """Yield what is broken: in a state after this roll-out, in its middle, or in all of it."""
        mine = frozenset({self.own})
        for turned in self._states_with(self.own):
            if worse := self._worse(turned, turned):
                yield from self._of(worse, self.state(turned), turned)
                return
        if worse := self._worse(_NOBODY, mine):
            yield from self._of(worse, either(self.state(_NOBODY), self.state(mine)), None)
            return
        yield from self._broken(self.everything, None)

    def _of(self, worse: frozenset[_Bad], world: World, turned: Turned | None) -> Iterator[Broken]:
        """Yield what is worse, rule by rule: a path to whom nobody came before, not to others."""
        told: set[Rule] = set()
        waiting = _NOBODY if turned is None else self._all - turned
        for opened, lock in self._ajar.items():
            for rule in self.rules:
                here = [bad for bad in worse if (bad.opened, bad.rule) == (opened, rule)]
                if not here or rule in told:
                    continue
                told.add(rule)
                targets = tuple(sorted(bad.what for bad in here if not bad.lacking))
                asked = replace(rule, never_reach=tuple(map(ArnPattern, targets)))
                for result in verified(lock(world), [asked if targets else rule]).results:
                    if not isinstance(result, Proof):
                        yield Broken(replace(result, rule=rule), opened, turned, waiting)

    @cached_property
    def _may_go(self) -> bool:
        """Whether this account may be turned now.

        INVARIANT: every stack comes to the same answer from the same states, so that those that may
        go may go side by side.
        """
        turned = self._free or frozenset(self._order(_NOBODY)[:1])
        if self.own not in turned:
            return False
        # Where nothing is bad yet, all that may go side by side is proved, and the proof checked.
        return bool(self._known) or self.is_proved(either(self.state(_NOBODY), self.state(turned)))

    @cached_property
    def _free(self) -> Turned:
        """The accounts that may be turned in any order, and side by side: no state gets worse."""
        if len(self._all) > EXACTLY:
            return _NOBODY
        free = frozenset(
            name
            for name in self._all
            if not any(
                self._worse(turned, turned)
                for turned in self._states_with(name)
                if not self._worse(turned - {name}, turned - {name})
            )
        )
        return _NOBODY if self._worse(_NOBODY, free) else free

    def _states_with(self, name: str) -> Iterator[Turned]:
        """Yield the states in which an account is as planned; of many accounts, two states."""
        others = sorted(self._all - {name})
        for size in range(len(others) + 1):
            if len(self._all) <= EXACTLY or size in (0, len(others)):
                yield from (frozenset({name, *some}) for some in combinations(others, size))

    def _order(self, turned: Turned) -> tuple[str, ...]:
        """Return the first order, by name, in which nothing gets worse; empty if there is none."""
        for name in sorted(self._all - turned):
            after = turned | {name}
            if self._worse(turned, after):
                continue
            rest = self._order(after) if len(self._all) <= EXACTLY else ()
            if rest or after == self._all or len(self._all) > EXACTLY:
                return (name, *rest)
        return ()

    @property
    def _first(self) -> tuple[str, ...]:
        """The fewest accounts that, once turned, let this one be turned."""
        others = sorted(self._all - {self.own})
        sizes = range(1, len(others) + 1) if len(self._all) <= EXACTLY else ()
        for some in (some for size in sizes for some in combinations(others, size)):
            turned = frozenset(some)
            if not self._worse(turned, turned) and not self._worse(turned, turned | {self.own}):
                return some
        order = self._order(_NOBODY)
        return order[: order.index(self.own)] if self.own in order else order

    def _worse(self, one: Turned, two: Turned) -> frozenset[_Bad]:
        """Return what is bad between two states, and is not so as deployed."""
        new = self._bad(one, two) - self._known
        if one == two:
            return new
        # Of a rule that is broken anyhow, what its single states come to is what counts.
        known = {(bad.opened, bad.rule) for bad in self._known if not bad.lacking}
        rest = frozenset(bad for bad in new if (bad.opened, bad.rule) not in known)
        return rest | self._worse(one, one) | self._worse(two, two)

    @cached_property
    def _known(self) -> frozenset[_Bad]:
        """What is bad as deployed: to lack something is no excuse but for a stack that mends it."""
        found = self._bad(_NOBODY, _NOBODY)
        lacking = frozenset(bad for bad in found if bad.lacking)
        mine = self._bad(frozenset({self.own}), frozenset({self.own}))
        left = frozenset(bad for bad in mine if bad.lacking)
        return found if left < lacking else found - lacking

    def _bad(self, one: Turned, two: Turned) -> frozenset[_Bad]:
        key = one, two
        if key not in self._found:
            world = self.state(two) if one == two else either(self.state(one), self.state(two))
            self._found[key] = frozenset(self._look(world))
        return self._found[key]

    def _look(self, world: World) -> Iterator[_Bad]:
        for opened, lock in self._ajar.items():
            prover = Prover(lock(world), steps())
            for rule in self.rules:
                for what in (f"`{one.arn}`: {one.what}" for one in world.missing):
                    yield _Bad(opened, rule, what, lacking=True)
                try:
                    facts = prover.closure(rule.from_, How.PERHAPS).facts
                    for fact in breaking(facts, rule):
                        yield _Bad(opened, rule, fact.of, lacking=False)
                    for what in prover.newer(rule, How.PERHAPS):
                        yield _Bad(opened, rule, what, lacking=True)
                except PatternTooComplexError as error:
                    yield _Bad(opened, rule, str(error), lacking=True)
