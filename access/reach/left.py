"""What there is to be had of an account by the catalogue's steps, and is not had yet."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from access.catalogue.step import Gain, Kind, Step, Target
from access.effort import spend
from access.facts import Fact, Facts
from access.principal import Kind as Caller
from access.reach.judge import Judge
from access.reach.permit import Bounds
from access.world import Account

_UNKNOWN = Account()
_SORTS = {Target.USER: Caller.USER, Target.ROLE: Caller.SESSION}
_LAST = "\U0010ffff"

Sort = int
"""Steps of one sort give the same, and of the same targets."""

Due = Mapping[Fact, int]
"""`{fact that has come to be, or will: its least cost as far as is known}`."""


def sorts(steps: Iterable[Step]) -> dict[str, Sort]:
    """Return the sort of each step by its id, numbered from 1; 0 is of those that make somebody."""
    numbers: dict[tuple[object, ...], Sort] = {}
    found: dict[str, Sort] = {}
    for step in steps:
        key: tuple[object, ...] = step.gain, step.target, step.cross_account
        if step.kind is Kind.PASS:
            key = (*key, step.services)
        elif step.target is Target.PROVIDER:
            key = (*key, step.among)
        makes = step.gain in (Gain.MINT, Gain.RENAME)
        found[step.id] = 0 if makes else numbers.setdefault(key, len(numbers) + 1)
    return found


class Left:
    """Targets of which a gain is left to be had; each is passed over once, whoever asks.

    INVARIANT: what is passed over comes to be, at no more than the cost that is asked for.
    """

    def __init__(self, gain: Gain, labels: Iterable[str], due: Due) -> None:
        self._gain = gain
        self._due = due
        self._every = list(dict.fromkeys(labels))
        self._odd = [label for label in self._every if _is_odd(label)]
        self._names = sorted(self._every)
        self._places: dict[str, int] = {}
        self._asked = -1
        self._anew()

    def _anew(self) -> None:
        self._places = {label: place for place, label in enumerate(self._every)}

    def add(self, label: str) -> None:
        """Take in one more: a principal that has been made."""
        if label not in self._places:
            self._places[label] = len(self._every)
            self._every.append(label)
            insort(self._names, label)
            if _is_odd(label):
                self._odd.append(label)

    def at(self, cost: int) -> "Left":
        """Return this, for a step at some cost."""
        if cost < self._asked:  # what has been passed over may be had for less
            self._anew()
        self._asked = cost
        return self

    def __bool__(self) -> bool:
        while self._places:
            if self._is_left(next(iter(self._places))):
                return True
        return False

    def __iter__(self) -> Iterator[str]:
        spend(len(self._places))
        return iter([label for label in list(self._places) if self._is_left(label)])

    def within(self, bounds: Bounds | None) -> Iterable[str]:
        """Return what of it may be within some bounds, in the same order; `None` sets none."""
        if bounds is None:
            return self
        words, beginnings = bounds
        found = {label for label in (*words, *self._odd) if label in self._places}
        ranges = [self._range(beginning) for beginning in beginnings]
        if sum(map(len, ranges)) > len(self._places):
            found.update(label for label in self if label.startswith(tuple(beginnings)))
        else:
            named = (self._names[place] for one in ranges for place in one)
            found.update(label for label in named if label in self._places)
        spend(len(found))
        left = filter(self._is_left, found)
        return sorted(left, key=self._places.__getitem__)

    def _range(self, beginning: str) -> range:
        """Return where the names with a beginning are."""
        first = bisect_left(self._names, beginning)
        return range(first, bisect_left(self._names, beginning + _LAST, lo=first))

    def _is_left(self, label: str) -> bool:
        """Whether a target is left; what is not is not asked for again."""
        if self._due.get(Fact(self._gain, label), self._asked + 1) > self._asked:
            return True
        self._places.pop(label, None)
        return False


def _is_odd(label: str) -> bool:
    """Whether a label is more than one ARN, or says more."""
    return bool({"*", "?", " "} & set(label))


class Targets:
    """What the steps of each sort can be done to in each account."""

    def __init__(
        self, judge: Judge, facts: Facts, due: Due, made: Mapping[tuple[str, Caller], Sequence[str]]
    ) -> None:
        self._judge = judge
        self._index = judge.index
        self._facts = facts
        self._due = due
        self._made = made
        self._left: dict[tuple[str, Sort], Left] = {}
        self._making: dict[tuple[str, Caller], list[Left]] = defaultdict(list)

    def forget(self) -> None:
        """Forget which roles trust services: something that limits them is other."""
        self._left.clear()
        self._making.clear()

    def add(self, label: str, account: str, kind: Caller) -> None:
        """Take in a principal that has been made."""
        for left in self._making.get((account, kind), ()):
            left.add(label)

    def of(self, account: str, step: Step, sort: Sort, cost: int) -> Left:
        """Return the targets that a step, which is of this sort, would give something of."""
        left = self._left.get((account, sort))
        if left is None:
            left = Left(step.gain, self._every(account, step), self._due)
            self._left[account, sort] = left
            if step.target in _SORTS and step.kind is not Kind.PASS:
                self._making[account, _SORTS[step.target]].append(left)
        return left.at(cost)

    def _every(self, account: str, step: Step) -> Iterable[str]:
        if step.target in (Target.ACCOUNT, Target.MEMBER):
            return self._accounts(account, step)
        if step.target is Target.PROVIDER:
            return self._providers(account, step)
        if step.kind is Kind.PASS:
            return self._served(account, step)
        here = self._index.targets.get((step.target, account), ())
        made = step.target in _SORTS and self._made.get((account, _SORTS[step.target]))
        return [*here, *(made or ())]

    def _served(self, account: str, step: Step) -> Iterator[str]:
        """Yield the roles of the account that let in a service that would run the code."""
        # Everybody is also every service.
        anybody = self._index.open_to_all_in.get(account, ())
        for service in step.services:
            for role in (*self._index.served.get((account, service), ()), *anybody):
                if self._judge.serves(role, service, self._facts):
                    yield role

    def _providers(self, account: str, step: Step) -> Iterable[str]:
        """Return the providers that the step is about: by their ARN, or by their host."""
        every = (
            self._index.vouched
            if step.cross_account
            else (
                provider
                for near in ("", account)
                for provider in self._index.targets.get((Target.PROVIDER, near), ())
            )
        )
        return filter(step.concerns, every)

    def _accounts(self, account: str, step: Step) -> Iterable[str]:
        """Return the accounts, or (if its policies go) the organisation, that it is about."""
        accounts = self._index.world.accounts
        own = accounts.get(account, _UNKNOWN)
        if step.target is Target.ACCOUNT:
            return (account,)
        if not (own.manages and own.organization):
            return ()
        if step.gain is Gain.UNLOCK:
            return (own.organization,)
        same = own.organization
        return [id_ for id_, one in accounts.items() if one.organization == same]
