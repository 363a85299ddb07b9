"""Pydantic's errors as problems: what was found in the user's words, and how it is mended."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic_core import ErrorDetails

from iam_profiles.errors import Problem
from iam_profiles.source.document import Document
from iam_profiles.source.wording import Path, instead, nearest, one_of, plain, quoted
from iam_profiles.source.written import Written, present, variants

Fault = tuple[str, str]
"""What was found, and the remedy."""
Context = Mapping[str, Any]
"""What pydantic adds to an error, by the type of error."""


def path_of(kind: type[Written], detail: ErrorDetails) -> Path:
    """Return where the error is; an error of a key is where the key is."""
    path, _ = _walked(kind, detail["loc"])
    if detail["type"] == "union_tag_invalid":
        return (*path, "kind")
    return path[:-1] if path and path[-1] == "[key]" else path


def problems_of(
    document: Document, kind: type[Written], details: Iterable[ErrorDetails]
) -> Iterator[Problem]:
    """Yield a problem for each error that is no consequence of one already reported."""
    details = tuple(details)
    unknown = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    meant = {(*path[:-1], key) for path in unknown for key in _meant(kind, path)}
    for detail in details:
        path = path_of(kind, detail)
        if any(path[:length] in document.broken for length in range(len(path) + 1)):
            continue
        if detail["type"] == "missing" and path in meant:
            continue
        if detail["type"] == "too_short" and detail["input"]:
            continue  # its items are there, and faulty
        found, remedy = _fault(kind, detail)
        yield document.problem(path, found, remedy)


def _fault(kind: type[Written], detail: ErrorDetails) -> Fault:
    context = detail.get("ctx", {})
    if detail["type"] == "refused":
        return context["found"], context["remedy"]
    if detail["type"] == "extra_forbidden":
        return _unknown(kind, detail["loc"])
    word = _FAULTS.get(detail["type"])
    return word(detail["input"], context) if word else (_kind(detail["input"]), detail["msg"])


def _unknown(kind: type[Written], path: Path) -> Fault:
    key = str(path[-1])
    holder = _holder(kind, path[:-1])
    keys = _keys(holder)
    remedy = holder.REMEDIES.get(key) or instead(key, keys, one_of(keys))
    return f"unknown key {quoted(key)}", remedy


def _meant(kind: type[Written], path: Path) -> Iterable[str]:
    return nearest(str(path[-1]), _keys(_holder(kind, path[:-1])))


def _keys(holder: type[Written]) -> list[str]:
    return [field.alias or name for name, field in holder.model_fields.items()]


def _holder(kind: type[Written], path: Path) -> type[Written]:
    """Return the mapping's model at this place of a file of this kind."""
    return _walked(kind, path)[1]


def _walked(kind: type[Written], loc: Path) -> tuple[Path, Any]:
    """Return pydantic's place as the file has it, without a shape's tag, and what may be there."""
    path: list[str | int] = []
    within: Any = kind  # an annotation: a model, one of several, or a list or mapping of models
    for part in loc:
        if shapes := variants(within):
            within = shapes[str(part)]
            continue
        path.append(part)
        if isinstance(within, type) and issubclass(within, Written):
            fields = {field.alias or name: field for name, field in within.model_fields.items()}
            within = present(fields[str(part)].annotation) if str(part) in fields else None
        else:
            inner = (arg for arg in reversed(get_args(within)) if arg is not Ellipsis)
            within = next(inner, None)
    return tuple(path), within


def _kind(value: object) -> str:
    match value:
        case bool():
            return f"the boolean `{_typed(value)}`"
        case int():
            return f"the number `{value}`"
        case str():
            return f"the text {quoted(value)}"
        case dict():
            return "a mapping"
        case _:
            return "a list"


def _typed(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else plain(str(value))


def _no_text(value: object, _: Context) -> Fault:
    single = isinstance(value, int)
    return _kind(value), f'quote it: `"{_typed(value)}"`' if single else "write text here"


def _no_list(value: object, _: Context) -> Fault:
    single = isinstance(value, str | int)
    return _kind(value), f"write a list: `[{_typed(value)}]`" if single else "write a list"


def _no_choice(value: object, context: Context) -> Fault:
    words = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
    return _kind(value), instead(str(value), words, one_of(words))


def _no_shape(_: object, context: Context) -> Fault:
    words = context["expected_tags"].replace("'", "").split(", ")
    return quoted(context["tag"]), instead(context["tag"], words, one_of(words))


def _not(remedy: str) -> Callable[[object, Context], Fault]:
    return lambda value, _context: (_kind(value), remedy)


def _always(found: str, remedy: str) -> Callable[[object, Context], Fault]:
    return lambda _value, _context: (found, remedy)


_FAULTS: dict[str, Callable[[object, Context], Fault]] = {
    "missing": _always("missing", "add it"),
    "string_type": _no_text,
    "bool_type": _not("write `true` or `false` without quotes"),
    "int_type": _not("write a whole number without quotes"),
    "tuple_type": _no_list,
    "dict_type": _not("write `key: value` pairs"),
    "model_type": _not("write `key: value` pairs"),
    "too_short": _always("an empty list", "name at least one"),
    "literal_error": _no_choice,
    "union_tag_invalid": _no_shape,
    "greater_than_equal": lambda value, context: (_kind(value), f"use {context['ge']} or more"),
    "less_than_equal": lambda value, context: (_kind(value), f"use {context['le']} or less"),
}
