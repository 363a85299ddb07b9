"""Whom resource-based policies may let in, read off their texts: never less than the truth."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from access.arn import Arn, is_account
from access.checking.reading import WILD, account_of, allowed_by
from access.document import PrincipalEntry, Statement
from access.errors import ArnParseError

_PINNING = ("stringequals", "stringlike", "arnequals", "arnlike")
_FIRST_WILD = re.compile(r"[*?$]")


@dataclass(frozen=True, slots=True)
class Admitted:
    """Whom a policy may let in, as far as its ARNs say.

    Attributes:
        words: the principals that it names, or pins `aws:PrincipalArn` to.
        accounts: accounts any principal of which it may let in.
        delegated: accounts that it names as a whole: within one, it is left to their own policies.
        anybody: whether it may let in principals of any account.
        providers: the identity providers that it names.
        beginnings: what the ARN of those begins with of whom only an account, or anybody, is
            named; `None` if it may begin with anything.
    """

    words: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    delegated: frozenset[str] = frozenset()
    anybody: bool = False
    providers: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] | None = ()

    def may_be(self, actor: str) -> bool:
        """Whether it may let in somebody, by their own ARN."""
        if actor in self.words:
            return True
        account = account_of(actor)
        whole = self.anybody or account in self.accounts or account in self.delegated
        return whole and may_begin(self.beginnings, actor)


ANYBODY = Admitted(anybody=True, beginnings=None)
"""Whom the policy may let in of somebody who writes it."""


def may_begin(beginnings: tuple[str, ...] | None, actor: str) -> bool:
    """Whether an ARN, or one that a pattern names, may begin with one of these."""
    if beginnings is None:
        return True
    fixed = _FIRST_WILD.split(actor, maxsplit=1)[0]
    return any(one.startswith(fixed) or fixed.startswith(one) for one in beginnings)


@lru_cache(maxsize=1 << 17)
def admitted(text: str | None) -> Admitted:
    """Return whom the policy of this text may let in."""
    found: dict[str, set[str]] = {
        kind: set() for kind in ("word", "account", "delegated", "anybody", "provider")
    }
    beginnings: list[str] | None = []
    for statement in allowed_by(text):
        for kind, value in _admitted(statement):
            found[kind].add(value)
        mine = _beginnings(statement)
        beginnings = None if beginnings is None or mine is None else [*beginnings, *mine]
    return Admitted(
        frozenset(found["word"]),
        frozenset(found["account"]),
        frozenset(found["delegated"]),
        bool(found["anybody"]),
        frozenset(found["provider"]),
        None if beginnings is None else tuple(dict.fromkeys(beginnings)),
    )


def together(some: Iterable[Admitted]) -> Admitted:
    """Return whom any of these may let in."""
    listed = tuple(some)
    if len(listed) == 1:
        return listed[0]
    nobody = frozenset[str]()
    begin: list[str] | None = []
    for one in listed:
        begin = None if begin is None or one.beginnings is None else [*begin, *one.beginnings]
    return Admitted(
        nobody.union(*(one.words for one in listed)),
        nobody.union(*(one.accounts for one in listed)),
        nobody.union(*(one.delegated for one in listed)),
        any(one.anybody for one in listed),
        nobody.union(*(one.providers for one in listed)),
        None if begin is None else tuple(begin),
    )


def _beginnings(statement: Statement) -> list[str] | None:
    for condition in statement.conditions:
        pins = condition.operator.lower() in _PINNING
        if pins and condition.key.lower() == "aws:principalarn":
            return [_FIRST_WILD.split(value, maxsplit=1)[0] for value in condition.values]
    return None


def _admitted(statement: Statement) -> Iterator[tuple[str, str]]:
    principals = statement.principals
    if principals is not None:
        yield from (
            ("provider", one.value) for one in principals.entries if one.kind == "Federated"
        )
    pins = [
        condition.values
        for condition in statement.conditions
        if condition.key.lower() == "aws:principalarn"
        and condition.operator.lower() in _PINNING
        and not WILD & set("".join(condition.values))
    ]
    if principals is None or principals.negated:
        yield "anybody", ""
    elif pins:
        # INVARIANT: without IfExists, such a condition is false of whoever has another ARN.
        yield from (("word", value) for value in pins[0])
    else:
        yield from (found for one in principals.entries if (found := _named(one)) is not None)


def _named(entry: PrincipalEntry) -> tuple[str, str] | None:
    if entry.kind in ("Service", "Federated"):
        return None  # no principal of IAM
    if is_account(entry.value):
        return "delegated", entry.value
    try:
        arn = Arn.parse(entry.value)
    except ArnParseError:
        return "anybody", ""  # a unique id, or what cannot be told
    if WILD & set(entry.value) or not is_account(arn.account):
        return "anybody", ""
    if arn.service == "iam" and arn.kind in ("user", "role"):
        return "word", entry.value
    return ("delegated" if arn.resource == "root" else "account"), arn.account
