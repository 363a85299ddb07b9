"""Steps that read what is stored, or open it: secrets, parameters, objects and keys."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from access.arn import account_of
from access.catalogue.step import Gain, Need, On, Step, Target
from access.facts import Fact, Facts
from access.reach.beginnings import Beginnings
from access.reach.judge import Judge
from access.reach.standing import Standing
from access.reach.trusts import Openness, openness
from access.reach.units import Unit
from access.world import Account

STORED = (Target.STORE, Target.KEY)
_UNKNOWN = Account()


def apart(step: Step) -> tuple[Sequence[Need], Sequence[Need]]:
    """Return what a step needs on anything at all, and what on its target."""
    loose = [need for need in step.needs if need.on in (On.ANY, On.NOTHING)]
    return loose, [need for need in step.needs if need not in loose]


@dataclass(frozen=True, slots=True)
class _Door:
    """Something stored, and whom its own policies may let in.

    Attributes:
        place: where it comes among all that is stored.
        owner: the account that it is in; "" if that is not known.
        rewritten: whether its policy is as those who are controlled like it.
        accounts: the accounts of which it may let in somebody; `None` if that may be any.
    """

    place: int
    label: str
    owner: str
    rewritten: bool
    policies: tuple[Openness, ...]
    accounts: frozenset[str] | None


def _opening(policies: Sequence[Openness]) -> frozenset[str] | None:
    """Return the accounts of which policies may let in somebody; `None` if that may be any."""
    named = {account_of(word) for admits in policies for word in admits.words}
    if "" in named or any(admits.everyone for admits in policies):
        return None  # a unique id may be anybody's
    return frozenset(named).union(*(admits.accounts for admits in policies))


class _Doors:
    """Everything stored of one sort, by the account that it is in and those that it may let in."""

    def __init__(self, doors: Iterable[_Door]) -> None:
        self._here: dict[str, list[_Door]] = defaultdict(list)
        self._open_to: dict[str, list[_Door]] = defaultdict(list)
        self._open_to_all: list[_Door] = []
        for door in doors:
            self._here[door.owner].append(door)
            if door.accounts is None:
                self._open_to_all.append(door)
            for account in door.accounts or ():
                self._open_to[account].append(door)

    def near(self, account: str, *, bare: bool, across: bool) -> Sequence[_Door]:
        """Return what a principal of an account may be let at, in their order."""
        here = [door for owner in {account: None, "": None} for door in self._here.get(owner, ())]
        if bare:
            return [one for one in here if one.accounts is None or account in one.accounts]
        elsewhere = (*self._open_to.get(account, ()), *self._open_to_all) if across else ()
        found = {door.place: door for door in (*here, *elsewhere)}
        return [found[place] for place in sorted(found)]


class Near:
    """What the principals of an account may be let at, as far as accounts go."""

    def __init__(self, doors: Sequence[_Door]) -> None:
        self._doors = doors
        self._told: dict[On, dict[str, list[int]]] = {}

    def __bool__(self) -> bool:
        return bool(self._doors)

    def of(self, unit: Unit, on: On, words: frozenset[str] | None) -> Iterator[str]:
        """Yield what may be had by the unit, if all that its own policies allow are these words.

        What is not among them it has by being spoken of in the policy of what it has.
        """
        if words is None or not isinstance(unit.name, str):
            yield from (door.label for door in self._doors)
            return
        named, beginning, anybody = self._speaking
        found = {*anybody, *named.get(unit.name, ()), *beginning.of(unit.name)}
        if words:
            places = self._places(on)
            found.update(place for word in words for place in places.get(word, ()))
        yield from (self._doors[place].label for place in sorted(found))

    def _places(self, on: On) -> dict[str, list[int]]:
        """Return which of these a need is about, by the resource that it then is about."""
        if on not in self._told:
            told = self._told[on] = defaultdict(list)
            need = Need("", on)
            for place, door in enumerate(self._doors):
                for resource in need.resources(door.label):
                    told[resource].append(place)
        return self._told[on]

    @cached_property
    def _speaking(self) -> tuple[dict[str, list[int]], Beginnings[int], list[int]]:
        """Return what speaks of whom: by ARN, by its beginning; last, what may be anybody's."""
        named: dict[str, list[int]] = defaultdict(list)
        beginning: Beginnings[int] = Beginnings()
        anybody: list[int] = []
        for place, door in enumerate(self._doors):
            if door.rewritten or {"*", "?"} & set(door.label):
                anybody.append(place)
            for admits in door.policies:
                if admits.accounts or admits.everyone:
                    beginning.add(admits.prefixes, place)
                for word in admits.words:
                    if word.startswith("arn:"):
                        named[word].append(place)
                    else:
                        anybody.append(place)
        return named, beginning, anybody


class Stores:
    """Whatever is stored; what has a policy, or an account with RCPs, is called guarded."""

    def __init__(self, judge: Judge, facts: Facts) -> None:
        self._judge = judge
        self._facts = facts
        self._doors: dict[tuple[Target, str, bool], _Doors] = {}
        self._near: dict[tuple[object, ...], Near] = {}
        self._accounts: set[str] | None = None

    def forget(self) -> None:
        """Forget whom policies let in: one of them is other."""
        self._accounts = None
        self._doors.clear()
        self._near.clear()

    def of(
        self,
        asked: tuple[Step, Sequence[Need]],
        unit: Unit,
        standing: Standing,
        near: Near,
        *,
        rewritten: bool,
    ) -> Iterator[str]:
        """Yield to which of these the step, with what it needs of the target, may be done.

        If `rewritten`, it is because their policies have been; else, as these were.
        """
        judge, facts = self._judge, self._facts
        step, needs = asked
        for label in near.of(unit, *self._words(standing, needs)):
            if Fact(step.gain, label) in facts:
                continue
            if rewritten and Fact(Gain.REWRITE, label) not in facts:
                continue
            if all(
                judge.may(unit, standing, need, label, facts, rewritten=rewritten) for need in needs
            ):
                yield label

    def are_near(self, account: str) -> bool:
        """Whether there is anything at all that an account's principal may be let at."""
        if self._accounts is None:
            self._accounts = self._open_to()
        return account in self._accounts or "" in self._accounts

    def _open_to(self) -> set[str]:
        """Return the accounts that have something, or are let at something; "" is any."""
        found: set[str] = set()
        for (sort, owner), labels in self._judge.index.targets.items():
            for label in labels if sort in STORED else ():
                found.add(owner)
                policies = [openness(one.text) for one in self._judge.policies(label)]
                rewritten = Fact(Gain.REWRITE, label) in self._facts
                opening = None if rewritten else _opening(policies)
                found |= {""} if opening is None else opening
        return found

    def near(self, step: Step, account: str, *, bare: bool, guarded: bool) -> Near:
        """Return what an account's principal may be let at, as far as accounts go.

        If no policy of its own allows it (`bare`), nothing in another account lets it in, nor does
        anything that has no policy either.
        """
        if bare and not guarded:
            return NOTHING
        key = step.target, step.among, account, step.cross_account, bare, guarded
        near = self._near.get(key)
        if near is None:
            doors = self._sorted(step, guarded=guarded)
            near = Near(doors.near(account, bare=bare, across=step.cross_account))
            self._near[key] = near
        return near

    def _words(self, standing: Standing, needs: Sequence[Need]) -> tuple[On, frozenset[str] | None]:
        """Return what the first need is about: all that policies of its own allow, if named."""
        if standing.sees_owner or not needs:
            return On.TARGET, None
        need = needs[0]
        return need.on, standing.permit(need.action.lower(), given=need.context).words

    def _sorted(self, step: Step, *, guarded: bool) -> _Doors:
        key = step.target, step.among, guarded
        if key not in self._doors:
            self._doors[key] = _Doors(self._every(step, guarded=guarded))
        return self._doors[key]

    def _every(self, step: Step, *, guarded: bool) -> Iterator[_Door]:
        place = 0
        accounts = self._judge.index.world.accounts
        for (sort, owner), labels in self._judge.index.targets.items():
            for label in labels if sort is step.target else ():
                if not step.concerns(label):
                    continue
                rewritten = Fact(Gain.REWRITE, label) in self._facts
                policies = tuple(openness(one.text) for one in self._judge.policies(label))
                limited = bool(accounts.get(owner, _UNKNOWN).rcps)
                if guarded is (rewritten or limited or bool(policies)):
                    opening = None if rewritten else _opening(policies)
                    yield _Door(place, label, owner, rewritten, policies, opening)
                place += 1


NOTHING = Near(())
"""Nothing at all."""
