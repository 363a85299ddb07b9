"""What is other in a changed world, found by comparing entries: the same objects are the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from access.certificate import Entry
from access.reach.core import core
from access.world import Document, Grants, Group, Role, User, World

_One = TypeVar("_One")


@dataclass(frozen=True, slots=True)
class Delta:
    """The entries that differ between two worlds of the same entries.

    Attributes:
        bearing: users, roles, groups and policies (ARNs) that are other for some step.
        trusts: roles whose trust policy is.
        entries: all entries that differ, as they are now.
    """

    bearing: frozenset[str]
    trusts: frozenset[str]
    entries: tuple[Entry, ...]


def compare(one: World, two: World) -> Delta | None:
    """Return what is other in the second world; `None` if it is more than policies and tags.

    Accounts, policies of resources, credentials, and which entries there are must be the same.
    """
    rest = (
        (one.accounts, two.accounts),
        (one.resources, two.resources),
        (one.credentials, two.credentials),
        (one.missing, two.missing),
    )
    if any(before is not after and before != after for before, after in rest):
        return None
    bearing: set[str] = set()
    trusts: set[str] = set()
    entries: list[Entry] = []
    for sort, before, after in (
        ("user", one.users, two.users),
        ("role", one.roles, two.roles),
        ("group", one.groups, two.groups),
        ("policy", one.policies, two.policies),
    ):
        if before is after:
            continue
        if before.keys() != after.keys():
            return None
        for arn, old, new in _differing(before, after):
            if _identity(old) != _identity(new):
                return None
            entries.append((sort, arn, new))
            if _said(old) != _said(new):
                bearing.add(arn)
            if isinstance(old, Role) and isinstance(new, Role):
                trusts |= {arn} if core(old.trust.text) != core(new.trust.text) else set()
    return Delta(frozenset(bearing), frozenset(trusts), tuple(entries))


def _differing(
    before: Mapping[str, _One], after: Mapping[str, _One]
) -> Iterator[tuple[str, _One, _One]]:
    for arn, new in after.items():
        old = before[arn]
        if old is not new and old != new:
            yield arn, old, new


def _identity(one: User | Role | Group | Document) -> object:
    return (one.arn, getattr(one, "unique_id", None)) if not isinstance(one, Document) else None


def _said(one: User | Role | Group | Document) -> object:
    """Return what bears on steps, of an entry without its trust policy."""
    match one:
        case Document():
            return core(one.text)
        case Group():
            return _granted(one.grants)
        case User():
            return replace(one, grants=Grants()), _granted(one.grants)
        case Role():
            own = replace(one, grants=Grants(), trust=Document("", None))
            return own, _granted(one.grants)


def _granted(grants: Grants) -> object:
    return tuple(core(document.text) for document in grants.inline), grants.managed
