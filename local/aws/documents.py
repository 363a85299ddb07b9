"""IAM policy documents as text: when two are equal, and how large AWS counts one."""

import json
from collections.abc import Mapping
from typing import Any, cast


class DuplicateKeyError(ValueError):
    """A JSON object names a key twice."""


def parse(text: str) -> dict[str, Any]:
    """Return the JSON object in `text`.

    Raises:
        ValueError: it is no JSON, no object, or names a key twice.
    """
    document = json.loads(text, object_pairs_hook=_unique)
    if not isinstance(document, dict):
        raise ValueError("a policy document is a JSON object")  # noqa: TRY004 - one error for a caller to catch
    return cast("dict[str, Any]", document)


def compact(document: Mapping[str, Any]) -> str:
    """Return `document` as JSON without blanks, keys in order."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def equal(one: str, other: str) -> bool:
    """Whether two documents mean the same; neither order nor a list around one value matters."""
    if one == other:
        return True
    try:
        return _text(parse(one)) == _text(parse(other))
    except ValueError:
        return False


def size(text: str) -> int:
    """Return the characters that AWS counts against a policy quota: all but white space.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    return sum(not character.isspace() for character in text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DuplicateKeyError(f'duplicate key "{key}"')
        found[key] = value
    return found


def _canonical(value: object) -> list[str]:
    """Return a form in which equal values are equal: a list in order, whether it was one or not."""
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    return sorted({_text(item) for item in items})


def _text(item: object) -> str:
    if isinstance(item, dict):
        members = cast("dict[str, object]", item).items()
        return json.dumps({key: _canonical(value) for key, value in members}, sort_keys=True)
    if isinstance(item, list):
        return json.dumps(_canonical(cast("object", item)))
    # AWS stores a condition's booleans and numbers as the strings they print as.
    return item if isinstance(item, str) else json.dumps(item)
