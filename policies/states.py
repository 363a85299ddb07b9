"""The states of a roll-out: which accounts are as planned already, and what is bad in each.

Of n accounts that change there are 2ⁿ states. A world that allows whatever any of many states
could tells what none of them can be bad by: such worlds are looked at first. Whoever only moves,
such as a user under its class's path, is one and the same in all of them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

from access.catalogue import steps
from access.certificate import catalogue_version, fingerprint
from access.errors import PatternTooComplexError
from access.moves import Moves
from access.prove import Answer, How, Prover, breaking, prove_each
from access.rollout import either
from access.rule import Rule
from access.verified import verify
from access.world import World
from iam_profiles.world import joined

Lock: TypeAlias = Callable[[World], World]
Turned: TypeAlias = frozenset[str]
"""The accounts that are as planned already; the others are as deployed."""

Known: TypeAlias = tuple[World, tuple[Rule, ...], bool]

SHUT: Final = ""
"""What is said where no lock is opened."""
NOBODY: Final[Turned] = frozenset()
_ACCOUNT: Final = 4
"""The account's place in an ARN."""


def _shut(world: World) -> World:
    return world


class Bad(NamedTuple):
    """One thing that keeps a rule from being proved: somebody reached, or something not known."""

    opened: str
    rule: Rule
    what: str
    """Who is reached, by the ARN as planned; or what is not known."""
    lacking: bool
    missing: bool = False
    """Whether the world itself says that it is not known."""


Asked: TypeAlias = frozenset[tuple[str, Rule]]
"""Rules, each with what is said of the lock that is opened."""


@dataclass
class States:
    """Every account before and after, each in a world of its own.

    Attributes:
        own: the account whose stack is under way.
        locks: `{what is said of it: what opens a side of the trusts}`; each must only add, so that
            what is proved with one opened is proved with none.
        known: `(world, rules, whether they are proved)`, as far as that is known already.
    """

    before: Mapping[str, World]
    after: Mapping[str, World]
    own: str
    rules: Sequence[Rule]
    locks: Mapping[str, Lock]
    known: list[Known] = field(default_factory=list[Known])
    _found: dict[tuple[Turned, Turned], frozenset[Bad]] = field(
        default_factory=dict[tuple[Turned, Turned], frozenset[Bad]]
    )

    @cached_property
    def moves(self) -> Moves:
        """Who is elsewhere as planned than as deployed."""
        return Moves(self.state(NOBODY), self.state(self.all_turned))

    @cached_property
    def tracked(self) -> tuple[Rule, ...]:
        """The rules, each from where its identities are as deployed as well."""
        return tuple(map(self.moves.followed, self.rules))

    @cached_property
    def everything(self) -> World:
        """The world that allows whatever any state of the roll-out could."""
        return either(self.state(NOBODY), self.state(self.all_turned))

    def is_proved(self, world: World) -> bool:
        """Whether every rule is proved of a world, with each of the locks opened."""
        if (recalled := self.recalled(world)) is not None:
            return recalled
        opened = (lock(world) for lock in (self.locks or self.ajar).values())
        proved = all(map(self._holds, opened))
        self.known.append((world, self.tracked, proved))
        return proved

    def recalled(self, world: World) -> bool | None:
        """Return whether a world is proved, if that is known already."""
        same = (proved for of, rules, proved in self.known if rules == self.tracked and of == world)
        return next(same, None)

    def _holds(self, world: World) -> bool:
        """Whether every rule is proved, and its proof checked; no path is sought where one is not.

        To say how a rule is broken, and what would mend it, takes many times as long.
        """
        prover = Prover(world, steps())
        try:
            if any(prover.breach(rule)[1] is not None for rule in self.tracked):
                return False
        except PatternTooComplexError:
            return False
        digests = fingerprint(world), catalogue_version(prover.steps)
        found = prove_each(prover, self.tracked, *digests)
        return verify(world, found, prover.steps).answer is Answer.PROVED

    def state(self, turned: Turned) -> World:
        """Return the world in which these accounts are as planned, and the others as deployed."""
        return joined(
            self.after[name] if name in turned else self.before[name] for name in self.before
        )

    @cached_property
    def all_turned(self) -> Turned:
        """The accounts of which anything changes: the last state."""
        return frozenset(name for name in self.before if self.before[name] != self.after[name])

    @property
    def ajar(self) -> Mapping[str, Lock]:
        """No lock opened, then each of them."""
        return {SHUT: _shut, **self.locks}

    @cached_property
    def excused(self) -> frozenset[Bad]:
        """What is bad as deployed: to lack something is no excuse but for a stack that mends it."""
        found = self.bad(NOBODY, NOBODY)
        lacking = frozenset(bad for bad in found if bad.lacking)
        mine = self.bad(frozenset({self.own}), frozenset({self.own}))
        left = frozenset(bad for bad in mine if bad.lacking)
        return found if left < lacking else found - lacking

    def worse(self, one: Turned, two: Turned) -> frozenset[Bad]:
        """Return what is bad between two states, and is not so as deployed."""
        if one == two and any(low <= one <= high for low, high in self._no_worse):
            return frozenset()
        new = self.bad(one, two) - self.excused
        if one == two:
            return new
        # Of a rule that is broken anyhow, what its single states come to is what counts.
        known = {(bad.opened, bad.rule) for bad in self.excused if not bad.lacking}
        rest = frozenset(bad for bad in new if (bad.opened, bad.rule) not in known)
        return rest | self.worse(one, one) | self.worse(two, two)

    @cached_property
    def _no_worse(self) -> tuple[tuple[Turned, Turned], ...]:
        """Pairs of states between which no state is worse than what is deployed.

        Tried is what mostly keeps a roll-out from being proved: those who are reached must not be
        turned yet, or those who reach them must be.
        """
        new = self.bad(NOBODY, self.all_turned) - self.excused
        reached = {self._name_of(bad.what) for bad in new} & self.all_turned
        reaching = {self._name_of(str(one)) for bad in new for one in bad.rule.from_}
        ranges = [
            *((NOBODY, self.all_turned - {name}) for name in sorted(reached)),
            *((frozenset({name}), self.all_turned) for name in sorted(reaching & self.all_turned)),
        ]
        return tuple(one for one in ranges if not self.bad(*one) - self.excused)

    def _name_of(self, arn: str) -> str:
        """Return the name of an ARN's account; "" if it is of none that is known."""
        parts = arn.split(":")
        return self._names.get(parts[_ACCOUNT], "") if len(parts) > _ACCOUNT else ""

    @cached_property
    def _names(self) -> Mapping[str, str]:
        worlds = (*self.before.items(), *self.after.items())
        return {account: name for name, world in worlds for account in world.accounts}

    def bad(self, one: Turned, two: Turned) -> frozenset[Bad]:
        """Return what is bad between two states, or in one: what breaks a rule, or is lacking."""
        key = one, two
        if key not in self._found:
            world = self.state(two) if one == two else either(self.state(one), self.state(two))
            self._found[key] = frozenset(self._look(world, self._asked(one, two)))
        return self._found[key]

    def _asked(self, one: Turned, two: Turned) -> Asked:
        """Return what is to be looked at between two states, for what is left out is known.

        INVARIANT: what is bad anywhere is bad in `everything`, which allows what any state could.
        So a rule that nothing breaks there needs no look elsewhere; nor does one that nothing
        breaks there but what does as deployed, which no state is blamed for.
        """
        if (one, two) == (NOBODY, self.all_turned):
            return frozenset((opened, rule) for opened in self.ajar for rule in self.tracked)
        anywhere = {bad for bad in self.bad(NOBODY, self.all_turned) if not bad.missing}
        if two != NOBODY:
            anywhere -= {bad for bad in self.bad(NOBODY, NOBODY) if not bad.lacking}
        return frozenset((bad.opened, bad.rule) for bad in anywhere)

    def _look(self, world: World, asked: Asked) -> Iterator[Bad]:
        for opened, lock in self.ajar.items():
            prover = Prover(lock(world), steps())
            for rule in self.tracked:
                for what in (f"`{one.arn}`: {one.what}" for one in world.missing):
                    yield Bad(opened, rule, what, lacking=True, missing=True)
                if (opened, rule) not in asked:
                    continue
                try:
                    facts = prover.closure(rule.from_, How.PERHAPS).facts
                    for fact in breaking(facts, rule, prover.world):
                        yield Bad(opened, rule, self.moves.to.get(fact.of, fact.of), lacking=False)
                    for what in prover.newer(rule, How.PERHAPS):
                        yield Bad(opened, rule, what, lacking=True)
                except PatternTooComplexError as error:
                    yield Bad(opened, rule, str(error), lacking=True)
