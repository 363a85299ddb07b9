"""Whom a trust policy may let in, read off without asking: where to look, never what is allowed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from access.arn import Arn, is_account
from access.document import Condition, PrincipalEntry, Statement
from access.errors import ArnParseError
from access.world import Unreadable, read

_PINNING = frozenset({"stringequals", "stringlike", "arnequals", "arnlike"})
_NOT_PLAIN = frozenset("*?$")
_WILD = re.compile(r"[*?$]")


@dataclass(frozen=True, slots=True)
class Openness:
    """Whom a trust policy may let in; wider than the truth, never narrower.

    Attributes:
        words: the ARNs and unique ids that it names, or pins `aws:PrincipalArn` to.
        accounts: accounts any principal of which it may let in.
        everyone: whether it may let in any principal at all.
        services: the service principals that it names.
        providers: the identity providers that it names.
        prefixes: what the ARN of any caller begins with one of, that only `accounts` or `everyone`
            speaks of; `None` if there is no such limit.
    """

    words: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    everyone: bool = False
    services: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    prefixes: frozenset[str] | None = None


EVERYONE = Openness(everyone=True)


@lru_cache(maxsize=1 << 17)
def openness(text: str | None) -> Openness:
    """Return whom the trust policy of this text may let in."""
    policy = Unreadable("") if text is None else read(text)
    if isinstance(policy, Unreadable):
        return EVERYONE
    found: dict[str, set[str]] = {}
    prefixes: list[frozenset[str] | None] = []
    for statement in policy.statements:
        if statement.effect == "Allow":
            for kind, value in _admitted(statement):
                found.setdefault(kind, set()).add(value)
                if kind in ("account", "everyone"):
                    prefixes.append(_prefixes(statement.conditions))
    return Openness(
        words=frozenset(found.get("word", ())),
        accounts=frozenset(found.get("account", ())),
        everyone="everyone" in found,
        services=frozenset(found.get("service", ())),
        providers=frozenset(found.get("provider", ())),
        prefixes=_union(prefixes),
    )


def _admitted(statement: Statement) -> Iterator[tuple[str, str]]:
    principals = statement.principals
    pins = _pins(statement.conditions)
    if principals is None or principals.negated:
        yield "everyone", ""
        return
    for entry in principals.entries:
        kind, value = _named(entry)
        if kind in ("account", "everyone") and pins is not None:
            yield from (("word", pin) for pin in pins)
        else:
            yield kind, value


def _named(entry: PrincipalEntry) -> tuple[str, str]:
    value = entry.value
    match entry.kind:
        case "Service":
            return "service", value
        case "Federated":
            return "provider", value
        case _ if is_account(value):
            return "account", value
        case _ if value[:4] in ("AIDA", "AROA"):
            return "word", value
        case _:
            return _named_by_arn(value)


def _named_by_arn(value: str) -> tuple[str, str]:
    try:
        arn = Arn.parse(value)
    except ArnParseError:
        return "everyone", ""
    if "*" in value or "?" in value or not is_account(arn.account):
        return "everyone", ""
    one = arn.service == "iam" and arn.kind in ("user", "role")
    return ("word", value) if one else ("account", arn.account)


def _pins(conditions: tuple[Condition, ...]) -> frozenset[str] | None:
    """Return the ARNs that the caller must have one of; `None` if they are not so limited."""
    pinned: frozenset[str] | None = None
    for condition in conditions:
        if condition.key.lower() == "aws:principalarn" and condition.operator.lower() in _PINNING:
            if any(_NOT_PLAIN & set(value) for value in condition.values):
                continue
            values = frozenset(condition.values)
            pinned = values if pinned is None else pinned & values
    return pinned


def _union(some: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    total: frozenset[str] = frozenset()
    for one in some:
        if one is None:
            return None
        total |= one
    return total


def _prefixes(conditions: tuple[Condition, ...]) -> frozenset[str] | None:
    """Return what the caller's ARN must begin with one of; `None` if it may begin with anything."""
    for condition in conditions:
        if condition.key.lower() == "aws:principalarn" and condition.operator.lower() in _PINNING:
            return frozenset(_WILD.split(value, maxsplit=1)[0] for value in condition.values)
    return None
