"""Two policies compared by what they say: order, spelling and encoding of JSON do not count."""

import json
from collections.abc import Iterator
from typing import Any, Final, cast

_UNNAMED: Final = "without a Sid"


def same(one: str, other: str) -> bool:
    """Whether two policies say the same; texts that are no JSON must be the same texts."""
    try:
        return _meaning(json.loads(one)) == _meaning(json.loads(other))
    except (ValueError, RecursionError):
        return one == other


def told(recorded: str, found: str) -> tuple[str, ...]:
    """Return in words how a policy differs: by statement, where both are lists of statements."""
    try:
        before, after = _statements(recorded), _statements(found)
    except (ValueError, RecursionError):
        return ("it is no policy any more",)
    return tuple(_differences(before, after)) or ("its version or id is another one",)


def _differences(before: list[Any], after: list[Any]) -> Iterator[str]:
    gone = [one for one in before if _meaning(one) not in map(_meaning, after)]
    new = [one for one in after if _meaning(one) not in map(_meaning, before)]
    by_sid = {_sid(one): one for one in gone if _sid(one) != _UNNAMED}
    changed = {_sid(one) for one in new} & set(by_sid)
    for one in new:
        name = _sid(one)
        if name not in changed:
            yield f"statement {name} is new: {json.dumps(one, sort_keys=True)}"
            continue
        old = by_sid[name]
        keys = sorted(
            key for key in {*one, *old} if _meaning(one.get(key)) != _meaning(old.get(key))
        )
        yield f"statement {name} has another {', '.join(keys)}"
    for one in gone:
        if _sid(one) not in changed:
            yield f"statement {_sid(one)} is gone: {json.dumps(one, sort_keys=True)}"


def _statements(text: str) -> list[Any]:
    whole: Any = json.loads(text)
    stated: Any = cast("dict[str, Any]", whole).get("Statement") if isinstance(whole, dict) else 0
    found = cast("list[Any]", stated) if isinstance(stated, list) else [stated]
    if not all(isinstance(one, dict) for one in found):
        raise ValueError(text)
    return found


def _sid(statement: dict[str, Any]) -> str:
    sid = statement.get("Sid")
    return f"`{sid}`" if sid else _UNNAMED


def _meaning(value: Any) -> frozenset[Any]:  # noqa: ANN401 -- JSON
    """Return a value that is equal for what means the same.

    Every list of a policy is a set, and a set of one may be written without brackets; AWS reads
    `true` and `"true"` alike, and so does it numbers.
    """
    listed = cast("list[Any]", value) if isinstance(value, list) else [value]
    return frozenset(map(_one, listed))


def _one(value: Any) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return frozenset((key, _meaning(inner)) for key, inner in pairs)
    if isinstance(value, list):
        return _meaning(cast("list[Any]", value))
    return value if isinstance(value, str) else json.dumps(value)
