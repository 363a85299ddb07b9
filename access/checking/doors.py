"""Which roles may let somebody in, found by whom their trust policies name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from access.checking.reading import Admitted, Means, account_of, admitted
from access.world import World


class Doors:
    """The roles of a set, by whom their trust policies may let in.

    INVARIANT: a role that is not found here for somebody lets them in by no statement: each Allow
    of its trust policy names others, or pins `aws:PrincipalArn` to others; or it is of another
    account, and then their own policies must allow it, and none of their Allows names it.
    """

    def __init__(self, world: World, roles: Iterable[str]) -> None:
        self._admitted: dict[str, Admitted] = {}
        self._by_word: dict[str, list[str]] = defaultdict(list)
        self._to_some_of: dict[str, dict[str, None]] = defaultdict(dict)
        self._to_account: dict[str, list[str]] = defaultdict(list)
        self._to_anybody: list[str] = []
        self._in: dict[str, list[str]] = defaultdict(list)
        for role in roles:
            found = self._admitted[role] = admitted(world.roles[role].trust.text)
            self._in[account_of(role)].append(role)
            for word in found.words:
                self._by_word[word].append(role)
                self._to_some_of[account_of(word)][role] = None
            for account in found.accounts:
                self._to_account[account].append(role)
            if found.anybody:
                self._to_anybody.append(role)

    def of(self, actor: str, means: Means, action: str, *, plain: bool) -> Iterator[str]:
        """Yield the roles to ask; a `plain` actor is one user or role, under its own ARN."""
        account = account_of(actor)
        for role in dict.fromkeys(self._letting_in(actor, account, means, action, plain=plain)):
            if account_of(role) == account or means.may_on(action, role, actor):
                yield role

    def _letting_in(
        self, actor: str, account: str, means: Means, action: str, *, plain: bool
    ) -> Iterator[str]:
        names, whole = means.names(action)
        if whole:
            here = self._in.get(account, ())
            asked = (*here, *(name for name in names if name in self._admitted))
            yield from (one for one in asked if not plain or self._lets(one, actor, account))
        elif plain:
            yield from self._by_word.get(actor, ())
            yield from self._to_account.get(account, ())
            yield from self._to_anybody
        elif actor.startswith("arn:") and actor.split(":")[2] == "iam" and account.isdigit():
            # INVARIANT: all whom such a pattern names, and all who were renamed to it, are of the
            # account that it says.
            yield from self._to_some_of.get(account, ())
            yield from self._to_account.get(account, ())
            yield from self._to_anybody
        else:
            yield from self._admitted

    def _lets(self, role: str, actor: str, account: str) -> bool:
        found = self._admitted[role]
        return found.anybody or actor in found.words or account in found.accounts
