"""Validation of values by the input shapes of AWS's own API model, as botocore carries it."""

import re
from functools import cache
from typing import Any, cast

from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

LOADER = Loader()
"""One loader, so that each service's model is read from disk once."""

# The Unicode categories of AWS's patterns, in the terms that `re` has inside a class.
_CATEGORIES = {
    r"\p{L}": r"\w",
    r"\p{M}": r"\u0300-\u036f",
    r"\p{Z}": r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    r"\p{S}": r"$+<=>^`|~\u00a2-\u00a9\u00ac\u00ae-\u00b1\u00b4\u00d7\u00f7",
    r"\p{N}": r"\d",
    r"\p{P}": r"!-#%-*,-/:;?@\[-\]_{}\u00a1\u00a7\u00ab\u00b6\u00b7\u00bb\u00bf",
}


def problem(path: str, value: object) -> str | None:
    """Say why `value` does not fit the shape at `path` (`iam.CreateRole.RoleName`), if so."""
    return _problem(shape(path), value)


@cache
def shape(path: str) -> Shape:
    """Return the shape at `path`: service, operation, then members, elements and keys by name."""
    service, operation, *members = path.split(".")
    found = cast("Shape", model(service).operation_model(operation).input_shape)
    for member in members:
        if isinstance(found, ListShape):
            found = found.member
            if member == "member":  # the element itself
                continue
        found = cast("StructureShape", found).members[member]
    return found


@cache
def model(service: str) -> ServiceModel:
    """Return AWS's model of `service`."""
    return ServiceModel(LOADER.load_service_model(service, "service-2"), service_name=service)


def _problem(found: Shape, value: object) -> str | None:
    limits = found.metadata
    if isinstance(value, str):
        return _text_problem(found, limits, value)
    low, high = limits.get("min"), limits.get("max")
    number = value if isinstance(value, int | float) else len(cast("list[object]", value))
    if low is not None and number < low:
        return f"expected {found.name} to be at least {low}, got {number}"
    if high is not None and number > high:
        return f"expected {found.name} to be at most {high}, got {number}"
    return None


def _text_problem(found: Shape, limits: dict[str, Any], value: str) -> str | None:
    low, high = limits.get("min"), limits.get("max")
    if (low is not None and len(value) < low) or (high is not None and len(value) > high):
        return f"expected length to be in the range ({low or 0} - {high}), got {len(value)}"
    choices: list[str] | None = limits.get("enum")
    if choices and value not in choices:
        return f"expected one of {', '.join(choices)}, got `{value}`"
    wanted: str | None = limits.get("pattern")
    if wanted and not pattern(wanted).fullmatch(value):
        return f"must match {wanted} (AWS's {found.name})"
    return None


@cache
def pattern(text: str) -> re.Pattern[str]:
    """Return AWS's (Java) `text` as a pattern of `re`: ASCII classes unless it names categories."""
    flags = 0 if r"\p{" in text else re.ASCII
    for category, characters in _CATEGORIES.items():
        text = text.replace(category, characters)
    return re.compile(text, flags)
