"""Which accounts a policy can be about at all: of any other one, its answer is no without asking.

A trust policy of thousands of accounts' roles is asked about those that it names; not about all.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from access.document import PolicyDocument, PrincipalEntry, Statement

_COLONS: Final = 5
"""Of an ARN."""
_ACCOUNT: Final = 4
_PATTERN: Final = frozenset("*?$")
_DIGITS: Final = 12


def account_named(text: str) -> str | None:
    """Return the account in an ARN, or in the pattern of one; `None` where it may be any."""
    *head, _ = parts = text.split(":", _COLONS)
    if len(parts) <= _COLONS or _PATTERN & set("".join(head)):
        return None
    return parts[_ACCOUNT] if parts[_ACCOUNT].isdigit() else None


@lru_cache(maxsize=1024)
def let_in(trust: PolicyDocument) -> frozenset[str] | None:
    """Return the accounts whose principals a trust policy may let in; `None` if it may be any."""
    entries: list[PrincipalEntry] = []
    for statement in trust.statements:
        if statement.effect == "Allow":
            if statement.principals is None or statement.principals.negated:
                return None
            entries += statement.principals.entries
    # Services and providers are no account's principals: who is behind them is looked at elsewhere.
    return _all(
        one.value if _is_id(one.value) else account_named(one.value) if one.kind == "AWS" else None
        for one in entries
        if one.kind not in ("Service", "Federated")
    )


@lru_cache(maxsize=4096)
def acted_on(policy: PolicyDocument, action: str) -> frozenset[str] | None:
    """Return the accounts in which a policy may allow an action; `None` if it may be in any."""
    resources: list[str] = []
    for statement in policy.statements:
        if statement.effect == "Allow" and _may_be(statement, action.lower()):
            if statement.resources is None or statement.resources.negated:
                return None
            resources += statement.resources.values
    return _all(map(account_named, resources))


def _all(accounts: Iterable[str | None]) -> frozenset[str] | None:
    found = frozenset(accounts)
    return None if None in found else frozenset(one for one in found if one is not None)


def _is_id(text: str) -> bool:
    return len(text) == _DIGITS and text.isdigit()


def _may_be(statement: Statement, action: str) -> bool:
    actions = statement.actions
    return actions.negated or any(fnmatchcase(action, one.lower()) for one in actions.values)
