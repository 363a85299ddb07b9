"""Reads JSON that somebody else wrote: pages one after the other, in bounded time and memory."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote

from access.export.errors import ExportInvalidError, problem
from access.world import Document

MAX_CHARACTERS = 128 << 20
"""The export of an account with all that its quotas allow has some 50 MB."""

MAX_CONTAINERS = 4_000_000
"""Objects and lists in a file: what takes memory far beyond the file's own size."""

_SPACE = " \t\r\n"
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Source:
    """A file's name, as messages say it, and its text.

    Attributes:
        account: whose export it is, if that is known from elsewhere than its ARNs.
    """

    name: str
    text: str
    account: str | None = None


def objects(source: Source) -> tuple[dict[str, Any], ...]:
    """Return the JSON objects of a file, which may hold several one after the other.

    Raises:
        ExportInvalidError: it is no JSON, not whole, or too much.
    """
    _bounded(source)
    try:
        found = tuple(_each(source))
    except json.JSONDecodeError as error:
        raise _not_json(source, error) from error
    except RecursionError as error:
        raise problem(source.name, "", "nested too deeply", "give what AWS exported") from error
    except ExportInvalidError:
        raise
    except ValueError as error:  # an integer of more digits than Python converts
        raise problem(source.name, "", f"not JSON: {error}", "export it again") from error
    if not found:
        raise problem(source.name, "", "the file is empty", "export it again")
    return found


def single(source: Source) -> dict[str, Any]:
    """Return the one JSON object of a file.

    Raises:
        ExportInvalidError: it is no JSON, not whole, too much, or there are several.
    """
    first, *others = objects(source)
    if others:
        found = f"{1 + len(others)} JSON objects"
        raise problem(source.name, "", found, "give one to a file")
    return first


def document(raw: object, name: str) -> Document:
    """Return a policy as AWS exports it: an object, or its text, perhaps URL-encoded.

    A text that states no policy is kept: what needs it is then undecided, and says why.
    """
    if isinstance(raw, dict):
        return Document.of(cast("dict[str, Any]", raw), name=name)
    if isinstance(raw, str):
        plain = raw.lstrip().startswith("{")
        return Document.of(raw if plain else unquote(raw), name=name)
    return Document.missing(name, f"{name} is not in the input; add its document")


def shown(value: object) -> str:
    """Return a value as messages show it: the beginning of it, in backticks."""
    text = value if isinstance(value, str) else repr(value)
    return f"`{text[:_SHOWN]}`"


def _bounded(source: Source) -> None:
    size, containers = len(source.text), source.text.count("{") + source.text.count("[")
    if size > MAX_CHARACTERS:
        found = f"{size:,} characters, more than {MAX_CHARACTERS:,}"
        raise problem(source.name, "", found, "split the export by its pages")
    if containers > MAX_CONTAINERS:
        found = f"{containers:,} objects and lists, more than {MAX_CONTAINERS:,}"
        raise problem(source.name, "", found, "give what AWS exported, split by its pages")


def _each(source: Source) -> Iterator[dict[str, Any]]:
    hook = _refusing_twins(source.name)
    decoder = json.JSONDecoder(object_pairs_hook=hook, parse_constant=_no_constant)
    text, at = source.text.removeprefix("\ufeff"), 0
    while (at := _skip(text, at)) < len(text):
        value, at = decoder.raw_decode(text, at)
        if not isinstance(value, dict):
            raise problem(source.name, "", f"found {shown(value)}", "give a JSON object")
        yield cast("dict[str, Any]", value)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _refusing_twins(file: str) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Return what makes objects, but of one key twice: readers differ on which of them counts."""

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise problem(file, "", f"the key {shown(twice)} twice", "keep one of them")
        return found

    return made


def _no_constant(text: str) -> Any:  # noqa: ANN401 -- the hook's type is json's
    raise ValueError(f"found `{text}`, and JSON has no such number")


def _not_json(source: Source, error: json.JSONDecodeError) -> ExportInvalidError:
    end = len(source.text.rstrip(_SPACE))
    cut = error.pos >= end or error.msg.startswith("Unterminated")
    where = f"line {error.lineno} column {error.colno}"
    found = "the file ends in the middle" if cut else f"not JSON: {error.msg}"
    return problem(source.name, where, found, "export it again, whole")
