"""What a unit may gain by the catalogue's steps and does not have yet, as it is drawn."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from access.catalogue.step import Gain, Kind, Step, Target
from access.facts import Fact, Facts
from access.principal import Kind as Caller
from access.reach.index import account_of
from access.reach.judge import Judge
from access.reach.units import Unit
from access.world import Account

_UNKNOWN = Account()
_SORTS = {Target.USER: Caller.USER, Target.ROLE: Caller.SESSION}


Sort = int
"""Steps of one sort give the same, and of the same targets."""


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
    """What is left to be had by one unit: steps that give the same are not asked for it twice."""

    def __init__(
        self,
        judge: Judge,
        facts: Facts,
        made: Mapping[tuple[str, Caller], Sequence[str]],
        unit: Unit,
    ) -> None:
        self._judge = judge
        self._index = judge.index
        self._facts = facts
        self._made = made
        self._account = unit.account
        self._found: dict[Gain, set[str]] = defaultdict(set[str])
        self._left: dict[Sort, list[str]] = {}

    def of(self, sort: "Sort", step: Step) -> list[str]:
        """Return the targets that a step, which is of this sort, would give something of."""
        left = self._left.get(sort)
        if left is None:
            every = self._targets(step)
            left = [one for one in every if Fact(step.gain, one) not in self._facts]
        if left and (found := self._found.get(step.gain)):
            left = [one for one in left if one not in found]
        self._left[sort] = left
        return left

    def take(self, gain: Gain, found: Iterable[str]) -> None:
        """Note what a step has given."""
        self._found[gain].update(found)

    def _targets(self, step: Step) -> Iterable[str]:
        if step.target in (Target.ACCOUNT, Target.MEMBER):
            return self._accounts(step)
        if step.target is Target.PROVIDER:
            return self._providers(step)
        if step.kind is Kind.PASS:
            return self._served(step)
        here = self._index.targets.get((step.target, self._account), ())
        made = step.target in _SORTS and self._made.get((self._account, _SORTS[step.target]))
        return [*here, *(made or ())]

    def _served(self, step: Step) -> Iterable[str]:
        """Return the roles of the account that let in a service that would run the code."""
        # Everybody is also every service.
        anybody = [
            role
            for roles in self._index.open_to_all.values()
            for role in roles
            if account_of(role) == self._account
        ]
        return dict.fromkeys(
            role
            for service in step.services
            for role in (*self._index.served.get((self._account, service), ()), *anybody)
            if self._judge.serves(role, service, self._facts)
        )

    def _providers(self, step: Step) -> Iterable[str]:
        """Return the providers that the step is about: by their ARN, or by their host."""
        accounts = ("", self._account)
        every = (
            self._index.vouched
            if step.cross_account
            else (p for a in accounts for p in self._index.targets.get((Target.PROVIDER, a), ()))
        )
        return filter(step.concerns, every)

    def _accounts(self, step: Step) -> Iterable[str]:
        """Return the accounts, or (if its policies go) the organisation, that it is about."""
        accounts = self._index.world.accounts
        own = accounts.get(self._account, _UNKNOWN)
        if step.target is Target.ACCOUNT:
            return (self._account,)
        if not (own.manages and own.organization):
            return ()
        if step.gain is Gain.UNLOCK:
            return (own.organization,)
        same = own.organization
        return [id_ for id_, account in accounts.items() if account.organization == same]
