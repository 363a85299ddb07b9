"""Pattern text of a policy: wildcards, policy variables and escapes, put into pieces."""

import re
from dataclasses import dataclass, replace

from access.context import Absent, Context, Exactly
from access.document import Version
from access.pattern import Piece, Wildcard, pieces

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_NAMED = re.compile(r"\s*([^\s,]+)\s*(?:,\s*'([^']*)'\s*)?")
_OWN = re.compile(r"/\$\{\s*aws:username\s*\}$", re.IGNORECASE)
_ESCAPES = frozenset("*?$")
_WILDCARDS = frozenset("*?")
_KIND = re.compile("[/:]")


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


def unresolved(text: str, context: Context, version: Version) -> bool:
    """Whether a variable in `text` has no value, which may void the statement that it is in.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    return "${" in text and expand(text, context, version).may is None


def names_itself(text: str) -> bool:
    """Whether a pattern of resources matches, of users, only the caller's own name."""
    return _OWN.search(text) is not None


def expand_resource(text: str, context: Context, version: Version) -> Expansion:
    """Return the pieces of a pattern of resources; nothing must match one without meaning to AWS.

    AWS takes no variable before the fifth colon, no wildcard in the service, and none as part of a
    resource type.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html#arns-paths
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    read = expand(text, context, version)
    return read if _has_meaning(text) else replace(read, must=None)


def _has_meaning(text: str) -> bool:
    *head, resource = text.split(":", 5)
    if "${" in ":".join(head) or _WILDCARDS & set("".join(head[2:3])):
        return False
    kind = _KIND.split(_VARIABLE.sub("", resource), maxsplit=1)
    if "s3" in head[2:3] or resource == "*":  # no types there, or every type
        return True
    return not _WILDCARDS & set(kind[0]) or (len(kind) == 1 and "iam" not in head[2:3])


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
