"""Check: a program's inputs made complete with defaults and names, or refused with every reason."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, cast

from local.aws import rules, shapes
from local.aws.settings import NOT_SERVED
from local.aws.table import Kind, Property, Resource, Values
from local.aws.wire import UNKNOWN, has_unknown

DEFAULTS = "__defaults"
"""Where the official plugin, too, notes which inputs the program did not give."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that is refused, and why."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What a name is made from when the program gives none."""

    resource: str
    seed: bytes
    proposed: str | None = None
    disabled: bool = False


def check(
    resource: Resource, naming: Naming, olds: Values, news: Values
) -> tuple[dict[str, Any], list[Failure]]:
    """Return `news` complete with defaults and names, and everything that is wrong with it."""
    given = {name: value for name, value in news.items() if not name.startswith("__")}
    failures = [*_strangers(resource, given)]
    inputs: dict[str, Any] = {}
    for one in resource.properties:
        if one.name in given:
            value, reasons = _accept(one, given[one.name])
            inputs[one.name] = value
            failures += [Failure(one.name, reason) for reason in reasons]
    for first, second in resource.conflicts:
        if first in inputs and second in inputs:
            failures.append(Failure(first, f'"{first}": conflicts with {second}'))
    defaults = _complete(resource, naming, olds, inputs)
    for one in resource.properties:
        if one.required and one.name not in inputs:
            failures.append(Failure(one.name, f"Missing required property '{one.name}'"))
        elif one.name in defaults:
            _, reasons = _accept(one, inputs[one.name])
            failures += [Failure(one.name, reason) for reason in reasons]
    inputs[DEFAULTS] = sorted(defaults)
    return inputs, failures


def default_inputs(resource: Resource) -> dict[str, Any]:
    """Return what the inputs are that only the plugin knows, for a resource that is imported."""
    return {
        one.name: one.default
        for one in resource.properties
        if one.local and one.default is not None
    }


def _strangers(resource: Resource, given: Values) -> Iterator[Failure]:
    for name in given:
        if resource.input(name):
            continue
        if name in resource.unsupported:
            reason = NOT_SERVED.format(name)
        else:
            reason = f'An argument named "{name}" is not expected here'
        yield Failure(name, reason)


def _complete(resource: Resource, naming: Naming, olds: Values, inputs: dict[str, Any]) -> set[str]:
    """Add defaults and names to `inputs`; return which."""
    added: set[str] = set()
    for one in resource.properties:
        if one.name in inputs:
            continue
        if one.autoname and "namePrefix" not in inputs:
            name = _name(one, naming, olds)
            if name is None:
                continue
            inputs[one.name] = name
        elif one.default is not None:
            inputs[one.name] = one.default
        else:
            continue
        added.add(one.name)
    return added


def _name(one: Property, naming: Naming, olds: Values) -> str | None:
    """Return a name for the resource: the one it has, else a new one with a random end."""
    if one.name in olds and one.name in olds.get(DEFAULTS, []):
        return olds[one.name]
    if naming.disabled:
        return None
    if naming.proposed:
        return naming.proposed
    digits = "0123456789abcdef"
    random = Random(naming.seed) if naming.seed else Random()  # noqa: S311 - a name, no secret
    return f"{naming.resource}-{''.join(random.choice(digits) for _ in range(7))}"


def _accept(one: Property, value: object) -> tuple[Any, list[str]]:
    """Return `value` as the property's kind, and what is wrong with it."""
    if value is UNKNOWN:
        return value, []
    accepted, reason = _coerce(one.kind, value)
    if reason:
        return accepted, [reason]
    return accepted, [found for found in _reasons(one, accepted) if found]


def _coerce(kind: Kind, value: object) -> tuple[Any, str | None]:
    match kind, value:
        case (Kind.TEXT | Kind.POLICY, str()) | (Kind.FLAG, bool()):
            return value, None
        case Kind.POLICY, dict():
            document = cast("dict[str, object]", value)
            return (UNKNOWN if has_unknown(document) else json.dumps(document)), None
        case Kind.INTEGER, int() if not isinstance(value, bool):
            return value, None
        case Kind.SET, list():
            return _coerce_set(cast("list[object]", value))
        case Kind.TAGS, dict():
            tags = cast("dict[str, object]", value)
            wrong = [key for key, item in tags.items() if not _is_text(item)]
            return tags, f"the value of `{wrong[0]}` is no string" if wrong else None
        case _:
            return value, f"expected {kind.value}, got {type(value).__name__}"


def _coerce_set(items: list[object]) -> tuple[list[object], str | None]:
    wrong = [item for item in items if not _is_text(item)]
    known = sorted({item for item in items if isinstance(item, str)})
    unknown = [item for item in items if item is UNKNOWN]
    return [*known, *unknown], f"`{wrong[0]}` is no string" if wrong else None


def _is_text(item: object) -> bool:
    return isinstance(item, str) or item is UNKNOWN


def _reasons(one: Property, value: object) -> Iterable[str | None]:
    match one.kind:
        case Kind.SET:
            for item in cast("list[object]", value):
                yield from _value_reasons(one, item)
        case Kind.TAGS:
            yield from _tag_reasons(one, cast("Mapping[str, object]", value))
        case _:
            yield from _value_reasons(one, value)


def _value_reasons(one: Property, value: object) -> Iterator[str | None]:
    if value is UNKNOWN:
        return
    found = [rule(value) for rule in one.rules]
    yield from found
    # Our own rules say it better than AWS's pattern does.
    if one.shape and not any(found):
        yield shapes.problem(one.shape, value)


def _tag_reasons(one: Property, tags: Mapping[str, object]) -> Iterator[str | None]:
    for key, value in tags.items():
        reasons = [rules.tag_key(key), shapes.problem(f"{one.shape}.Key", key)]
        if value is not UNKNOWN:
            reasons.append(shapes.problem(f"{one.shape}.Value", value))
        yield from (f"tag `{key}`: {reason}" for reason in reasons if reason)
    if one.shape:
        yield shapes.problem(one.shape, list(tags))
