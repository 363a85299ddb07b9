"""The condition operators as data, and the reading of an operator's name."""

import operator as op
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from access.condition import address, arn, binary, date, number, text
from access.context import Context
from access.document import Version
from access.span import Span

Accepts = Callable[[str, Context, Version], Span]
"""For a value in the policy, the texts in the request that match it."""

Compares = Callable[[str, str], bool | None]
"""Whether a value in the request matches one in the policy; `None` if they cannot be compared."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: `accepts` for those over texts, `compares` for the others."""

    accepts: Accepts | None = None
    compares: Compares | None = None
    negated: bool = False


class Quantifier(Enum):
    """How the values of a multivalued key are tested."""

    NONE = ""
    ALL = "forallvalues"
    ANY = "foranyvalue"


@dataclass(frozen=True, slots=True)
class Reading:
    """An operator's name, taken apart; `operator` is `None` for Null."""

    operator: Operator | None
    quantifier: Quantifier
    if_exists: bool


_TEXT: dict[str, Accepts] = {
    "StringEquals": text.equals,
    "StringEqualsIgnoreCase": text.equals_ignoring_case,
    "StringLike": text.like,
    "ArnEquals": arn.arn_like,
    "ArnLike": arn.arn_like,
}
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": op.eq,
    "LessThan": op.lt,
    "LessThanEquals": op.le,
    "GreaterThan": op.gt,
    "GreaterThanEquals": op.ge,
}


def _table() -> dict[str, Operator]:
    table = {
        "bool": Operator(text.equals_ignoring_case),
        "binaryequals": Operator(compares=binary.same_bytes),
        "ipaddress": Operator(compares=address.in_range),
        "notipaddress": Operator(compares=address.in_range, negated=True),
    }
    for name, accepts in _TEXT.items():
        negative = name.replace("String", "StringNot").replace("Arn", "ArnNot")
        table[name.lower()] = Operator(accepts)
        table[negative.lower()] = Operator(accepts, negated=True)
    for name, holds in _ORDERED.items():
        table[f"numeric{name.lower()}"] = Operator(compares=number.compared(holds))
        table[f"date{name.lower()}"] = Operator(compares=date.compared(holds))
    table["numericnotequals"] = Operator(compares=number.compared(op.eq), negated=True)
    table["datenotequals"] = Operator(compares=date.compared(op.eq), negated=True)
    return table


OPERATORS = _table()
"""`{lower-case name: operator}`, without Null, quantifiers and IfExists."""


def read(name: str) -> Reading | None:
    """Return the meaning of an operator's name, or `None` if there is no such operator.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    lowered = name.lower()
    if lowered == "null":
        return Reading(None, Quantifier.NONE, if_exists=False)
    prefix, colon, rest = lowered.partition(":")
    quantifier = Quantifier.NONE
    if colon:
        found = [kind for kind in Quantifier if kind.value == prefix and prefix]
        if not found:
            return None
        quantifier, lowered = found[0], rest
    base = lowered.removesuffix("ifexists")
    known = OPERATORS.get(base)
    return None if known is None else Reading(known, quantifier, if_exists=base != lowered)
