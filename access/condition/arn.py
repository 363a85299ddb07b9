"""Arn operators: each of the six components of an ARN is matched by itself."""

from access.context import Context
from access.document import Version
from access.pattern import NOTHING, Language
from access.span import Span
from access.template import expand


def arn_like(value: str, context: Context, version: Version) -> Span:
    """Return the ARNs that `value` matches; ArnEquals and ArnLike behave identically.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    read = expand(value, context, version)
    if read.may is None:
        return Span(NOTHING, NOTHING)
    if read.must is None:  # an unknown value may bring colons of its own
        return Span(Language.of(read.may), NOTHING)
    matched = Language.segmented(read.must)
    # AWS does not say what a pattern of fewer components matches: anything, at most.
    return Span(Language.of(read.may) if matched is NOTHING else matched, matched)
