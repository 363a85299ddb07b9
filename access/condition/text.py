"""String and Bool operators: the texts that a policy value accepts."""

from access.context import Context
from access.document import Version
from access.pattern import NOTHING, Language
from access.span import Span
from access.template import expand


def equals(value: str, context: Context, version: Version) -> Span:
    """Return the one text that `value` stands for; wildcards in it are plain characters."""
    return _span(value, context, version, wildcards=False)


def equals_ignoring_case(value: str, context: Context, version: Version) -> Span:
    """Return the texts that differ from `value` in case at most."""
    return _span(value, context, version, wildcards=False, ignore_case=True)


def like(value: str, context: Context, version: Version) -> Span:
    """Return the texts that `value` matches, `*` and `?` being wildcards."""
    return _span(value, context, version, wildcards=True)


def _span(
    value: str, context: Context, version: Version, *, wildcards: bool, ignore_case: bool = False
) -> Span:
    read = expand(value, context, version, wildcards=wildcards)
    may, must = (
        NOTHING if pieces is None else Language.of(pieces, ignore_case=ignore_case)
        for pieces in (read.may, read.must)
    )
    return Span(may, must)
