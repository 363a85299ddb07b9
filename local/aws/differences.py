"""Diff: what would change between a resource's last known state and a program's new inputs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import cast

from local.aws import documents
from local.aws.checks import DEFAULTS
from local.aws.table import Kind, Property, Resource, Values
from local.aws.wire import UNKNOWN, has_unknown


class Change(Enum):
    """What happens to a property."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Difference:
    """One property, or one tag, that would change."""

    property: str
    path: str
    change: Change
    replaces: bool = False


def compare(
    resource: Resource,
    state: Values,
    news: Values,
    default_tags: Mapping[str, str],
    ignored: Iterable[str] = (),
) -> list[Difference]:
    """Return every difference that AWS would see: equal policies and reordered sets are none."""
    skip = frozenset(ignored)
    found: list[Difference] = []
    for one in resource.properties:
        if one.name in skip or (one.computed and one.name not in news):
            continue
        old, new = state.get(one.name), news.get(one.name, one.default)
        if one.kind is Kind.TAGS:
            found += _tag_differences(one.name, old, new, skip)
        elif not _same(one, old, new):
            found.append(Difference(one.name, one.name, _change(old, new), one.force_new))
    if resource.tagged and "tags" not in skip:
        wanted = all_tags(news, default_tags)
        found += _tag_differences("tagsAll", state.get("tagsAll"), wanted, skip)
    return found


def all_tags(inputs: Values, default_tags: Mapping[str, str]) -> object:
    """Return the tags that a resource of these inputs has, the provider's default tags included."""
    own = inputs.get("tags", {})
    return UNKNOWN if own is UNKNOWN else {**default_tags, **cast("dict[str, object]", own)}


def deletes_before_replacing(resource: Resource, state: Values, news: Values) -> bool:
    """Whether the old goes first: the type demands it, or the program chose a name that stays."""
    if resource.delete_first:
        return True
    chosen = [
        one.name
        for one in resource.properties
        if one.autoname and one.name in news and one.name not in news.get(DEFAULTS, [])
    ]
    return any(state.get(name) == news[name] for name in chosen)


def _same(one: Property, old: object, new: object) -> bool:
    if has_unknown(new):
        return False
    old, new = _settled(old), _settled(new)
    if old is None or new is None:
        return old is new
    match one.kind:
        case Kind.POLICY:
            return documents.equal(str(old), str(new))
        case Kind.SET:
            return set(cast("list[str]", old)) == set(cast("list[str]", new))
        case _:
            return old == new


def _settled(value: object) -> object:
    """Return None for what Terraform's types cannot tell from nothing."""
    return None if value is False or value in ("", [], {}) else value


def _change(old: object, new: object) -> Change:
    if _settled(old) is None:
        return Change.ADD
    return Change.DELETE if _settled(new) is None else Change.UPDATE


def _tag_differences(
    name: str, old: object, new: object, ignored: frozenset[str]
) -> list[Difference]:
    if new is UNKNOWN:
        return [Difference(name, name, Change.UPDATE)]
    before = cast("dict[str, object]", old or {})
    after = cast("dict[str, object]", new or {})
    keys = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    return [
        Difference(name, _path(name, key), _change(before.get(key), after.get(key)))
        for key in keys
        if ignored.isdisjoint((_path("tags", key), f'tags["{key}"]'))
    ]


def _path(name: str, key: str) -> str:
    return f"{name}.{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f'{name}["{key}"]'
