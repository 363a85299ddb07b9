"""Two versions of one policy as one policy: it lets through whatever either of them does."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from access.world import Document, Unreadable

BEFORE: Final = "as deployed"
AFTER: Final = "as planned"

_VARIABLE: Final = "${"
_LISTS: Final = (("Action", "NotAction", str.lower), ("Resource", "NotResource", str))
_JOINED: Final = frozenset({"Action", "NotAction", "Resource", "NotResource", "Condition"})

Raw = dict[str, Any]
"""A statement, as JSON's values."""


@dataclass(frozen=True, slots=True)
class _Stated:
    """A statement: what it is called, and all else that it says."""

    name: str
    raw: Raw

    @property
    def key(self) -> str:
        """What is the same of statements that say the same."""
        return json.dumps(self.raw, sort_keys=True)

    @property
    def denies(self) -> bool:
        """Whether it is a Deny."""
        return self.raw["Effect"] == "Deny"

    def called(self, name: str) -> Raw:
        """Return it as JSON's values, under this name."""
        return {"Sid": name, **self.raw}


def either(before: Document, after: Document) -> Document:
    """Return a policy that allows what either allows, and denies only what both deny.

    A statement of one of them alone says in its name of which.
    """
    if before == after or (before.text is not None and before.text == after.text):
        return after
    old, new = _statements(before), _statements(after)
    for side, found in ((BEFORE, old), (AFTER, new)):
        if isinstance(found, str):
            return Document.missing(after.name, f"{found}, {side}")
    statements = _merged(cast("list[_Stated]", old), cast("list[_Stated]", new))
    version = _version(before.text or "", after.text or "")
    if version is None:
        why = f"its `Version` differs between {BEFORE} and {AFTER}, and it has variables"
        return Document.missing(after.name, f"{after.name}: {why}; give both `2012-10-17`")
    return Document.of({"Version": version, "Statement": _named(statements)}, name=after.name)


def allowing(document: Document) -> Document:
    """Return the policy without its Denies, as where it may not be in force."""
    found = _statements(document)
    if isinstance(found, str) or not any(one.denies for one in found):
        return document
    whole = json.loads(document.text or "")
    kept = [one.called(one.name) for one in found if not one.denies]
    return Document.of({**whole, "Statement": kept}, name=document.name)


def delegating(document: Document, root: str) -> Document:
    """Return the policy of a resource without its Denies, with all left to the account besides."""
    found = allowing(document)
    if isinstance(found.read(), Unreadable):
        return found
    whole = json.loads(found.text or "")
    every = {"Action": "*", "Resource": "*"}
    left = {"Sid": "no policy", "Effect": "Allow", "Principal": {"AWS": root}, **every}
    return Document.of({**whole, "Statement": [*_listed(whole), left]}, name=found.name)


def one_sided(document: Document, side: str) -> Document:
    """Return the document that only one side has, its name saying which."""
    return replace(document, name=f"{document.name}, {side}")


def _statements(document: Document) -> list[_Stated] | str:
    policy = document.read()
    if isinstance(policy, Unreadable):
        return policy.why
    raws = _listed(json.loads(document.text or ""))
    return [
        _Stated(one.name, {key: value for key, value in raw.items() if key != "Sid"})
        for one, raw in zip(policy.statements, raws, strict=True)
    ]


def _listed(whole: Mapping[str, Any]) -> list[Raw]:
    raw: list[Raw] | Raw = whole["Statement"]
    return raw if isinstance(raw, list) else [raw]


def _version(before: str, after: str) -> str | None:
    """The version of both; of two without variables it does not matter which."""
    versions = {json.loads(text).get("Version", "2008-10-17") for text in (before, after)}
    if len(versions) == 1:
        return versions.pop()
    return None if _VARIABLE in before + after else "2012-10-17"


def _merged(old: list[_Stated], new: list[_Stated]) -> Iterator[_Stated]:
    before, after = {one.key for one in old}, {one.key for one in new}
    yield from (one for one in new if one.key in before)
    for side, alone in (
        (BEFORE, [one for one in old if one.key not in after]),
        (AFTER, [one for one in new if one.key not in before]),
    ):
        yield from (replace(one, name=f"{one.name}, {side}") for one in alone if not one.denies)
    gone = {one.name: one for one in old if one.denies and one.key not in after}
    for one in new:
        if one.denies and one.key not in before and one.name in gone:
            both = _meet(gone[one.name].raw, one.raw)
            if both is not None:
                yield _Stated(f"{one.name}, {BEFORE} and {AFTER}", both)


def _meet(one: Raw, two: Raw) -> Raw | None:
    """Return a Deny of nothing but what both of these deny; `None` if none is seen."""
    kept = {key: value for key, value in one.items() if key not in _JOINED}
    if kept != {key: value for key, value in two.items() if key not in _JOINED}:
        return None
    for plain, negated, fold in _LISTS:
        if (plain in one, negated in one) != (plain in two, negated in two):
            return None
        if plain in one:
            kept[plain] = _common(one[plain], two[plain], fold)
        if negated in one:
            kept[negated] = _all(one[negated], two[negated])
    conditions = _both(one.get("Condition", {}), two.get("Condition", {}))
    if conditions:
        kept["Condition"] = conditions
    return kept if _says_something(kept, conditions) else None


def _says_something(kept: Raw, conditions: Raw) -> bool:
    lists = [kept[plain] for plain, _, _ in _LISTS if plain in kept]
    return all(lists) and all(values for tests in conditions.values() for values in tests.values())


def _both(one: Raw, two: Raw) -> Raw:
    """Return conditions that hold only where both of these do.

    A test is met by any of its values, or by none of them where the operator is negated.
    """
    found: Raw = {operator: dict(tests) for operator, tests in one.items()}
    for operator, tests in two.items():
        known: Raw = found.setdefault(operator, {})
        spelled = {key.lower(): key for key in known}
        join = _all if "not" in operator.lower() else _common
        for key, values in tests.items():
            same = spelled.get(key.lower())
            known[same or key] = values if same is None else join(known[same], values)
    return found


def _common(one: Any, two: Any, fold: Callable[[str], str] = str) -> list[Any]:  # noqa: ANN401 -- JSON
    known = [fold(value) for value in _listed_values(two)]
    return [value for value in _listed_values(one) if fold(value) in known]


def _all(one: Any, two: Any) -> list[Any]:  # noqa: ANN401 -- JSON
    return list(dict.fromkeys((*_listed_values(one), *_listed_values(two))))


def _listed_values(values: Any) -> list[Any]:  # noqa: ANN401 -- JSON
    return cast("list[Any]", values) if isinstance(values, list) else [values]


def _named(statements: Iterable[_Stated]) -> list[Raw]:
    """Return them as JSON's values, each under a name of its own."""
    taken: set[str] = set()
    found: list[Raw] = []
    for one in statements:
        name = one.name
        while name in taken:
            name += "'"
        taken.add(name)
        found.append(one.called(name))
    return found
