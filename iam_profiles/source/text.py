"""Types of the single values in `profiles/`: one definition checks and describes each."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from iam_profiles.source.wording import character, instead, quoted


def refusal(found: str, remedy: str) -> PydanticCustomError:
    """Return the error by which a validator says what it found and what to do."""
    return PydanticCustomError("refused", "{found}; {remedy}", {"found": found, "remedy": remedy})


@dataclass(frozen=True, slots=True)
class Text:
    r"""Text of one shape: the whole of it matches `pattern`, in `most` characters at most.

    `shape` says in words what the pattern asks for. The pattern is one that Python and ECMA-262
    read alike, and spells its characters out: `\w` would let letters beyond ASCII through.
    """

    pattern: str
    most: int
    shape: str
    examples: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """The words that are meant, where there is a list of them: what a slip is compared with."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check after pydantic has made sure that it is text."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the same shape to editors."""
        examples = {"examples": list(self.examples)} if self.examples else {}
        shape = {"pattern": f"^({self.pattern})$", "maxLength": self.most}
        return handler(schema) | shape | examples

    def check(self, text: str) -> str:
        """Return the text unchanged, or raise with what is wrong and how it is mended."""
        faults = list(self.faults(text))
        if faults:
            raise refusal(", and ".join(faults), instead(text, self.words, f"use {self.shape}"))
        return text

    def faults(self, text: str) -> Iterator[str]:
        """Yield what is wrong with the text."""
        if len(text) > self.most:
            yield f"{quoted(text)} has {len(text)} characters, {len(text) - self.most} too many"
        last = "\xff" if "\\u00ff" in self.pattern else "\x7f"
        if beyond := next((char for char in text if char > last), None):
            yield f"{quoted(text)} has {character(beyond)}"
        elif len(text) <= self.most and not re.fullmatch(self.pattern, text):
            yield quoted(text)


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """Text that stands for something else: `parse` reads it, `shape` describes it to editors."""

    parse: Callable[[str], object]
    shape: Mapping[str, Any]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Read it in the one spelling of `parse`, whatever it was taken for."""
        return core_schema.no_info_plain_validator_function(lambda value: self.parse(str(value)))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the same spelling to editors."""
        return {"type": "string", **self.shape}


_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def span(least: str, most: str, units: str = "mhd") -> Parsed:
    """Return the type of time spans such as `30m`, `12h` or `7d` within these bounds."""
    pattern = f"[1-9][0-9]{{0,4}}[{units}]"

    def parse(text: str) -> timedelta:
        if not re.fullmatch(pattern, text):
            words = " or ".join(f"`{unit}`" for unit in units)
            raise refusal(quoted(text), f"write a number and {words}, such as `{least}`")
        if not _timedelta(least) <= _timedelta(text) <= _timedelta(most):
            raise refusal(quoted(text), f"use `{least}` to `{most}`")
        return _timedelta(text)

    return Parsed(parse, {"pattern": f"^{pattern}$", "examples": [least, most]})


def _timedelta(text: str) -> timedelta:
    return int(text[:-1]) * _UNITS[text[-1]]


def day() -> Parsed:
    """Return the type of days written as `2026-12-31`."""

    def parse(text: str) -> date:
        try:
            if re.fullmatch(_DAY, text):
                return date.fromisoformat(text)
        except ValueError:  # the 31st of June
            pass
        raise refusal(quoted(text), "write a day of the calendar, such as `2026-12-31`")

    return Parsed(parse, {"pattern": f"^{_DAY}$", "format": "date", "examples": ["2026-12-31"]})


_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
