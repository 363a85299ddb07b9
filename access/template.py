"""Pattern text of a policy: wildcards, policy variables and escapes, put into pieces."""

import re
from dataclasses import dataclass

from access.context import Absent, Context, Exactly
from access.document import Version
from access.pattern import Piece, Wildcard, pieces

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_NAMED = re.compile(r"\s*([^\s,]+)\s*(?:,\s*'([^']*)'\s*)?")
_ESCAPES = frozenset("*?$")


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a pattern may and must read as in a context; `None` where it matches nothing.

    The two differ if the value of a variable in it is not known.
    """

    may: tuple[Piece, ...] | None
    must: tuple[Piece, ...] | None


def expand(text: str, context: Context, version: Version, *, wildcards: bool = True) -> Expansion:
    """Return the pieces of `text` with its variables replaced by their values.

    A variable that is absent from the request and has no default value matches nothing.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    found: list[Piece] = []
    known = True
    end = 0
    # A policy of version 2008-10-17 has no variables: there `${` is text like any other.
    for match in _VARIABLE.finditer(text) if version == "2012-10-17" else ():
        found += _plain(text[end : match.start()], wildcards=wildcards)
        end = match.end()
        value = _value(match[1], context)
        if value is None:
            return Expansion(None, None)
        known = known and value is not Wildcard.STAR
        found.append(value)
    whole = (*found, *_plain(text[end:], wildcards=wildcards))
    return Expansion(whole, whole if known else None)


def _plain(text: str, *, wildcards: bool) -> tuple[Piece, ...]:
    if wildcards:
        return pieces(text)
    return (text,) if text else ()


def _value(body: str, context: Context) -> Piece | None:
    """Return a variable's value: text, `STAR` if it may be any, `None` if there is none."""
    if body in _ESCAPES:
        return body
    named = _NAMED.fullmatch(body)
    if named is None:
        return None
    key, default = named.groups()
    match context.value(key):
        case Absent():
            return default
        case Exactly((single,)):
            return single
        case _:
            return Wildcard.STAR
