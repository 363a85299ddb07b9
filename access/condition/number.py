"""Numeric operators: integers and decimals, compared exactly."""

import re
from collections.abc import Callable
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?")


def compared(holds: Callable[[Decimal, Decimal], bool]) -> Callable[[str, str], bool | None]:
    """Return a test of (value in the request, value in the policy); `None` if one is no number."""

    def compare(requested: str, stated: str) -> bool | None:
        if not (_NUMBER.fullmatch(requested) and _NUMBER.fullmatch(stated)):
            return None
        return holds(Decimal(requested), Decimal(stated))

    return compare
