"""Date operators: W3C dates and times, or seconds since 1970, compared as instants."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

_EPOCH = re.compile(r"\d{1,12}")
_W3C = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(T(?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)(\.\d{1,9})?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d))?)?)?"
)


def compared(holds: Callable[[datetime, datetime], bool]) -> Callable[[str, str], bool | None]:
    """Return a test of (value in the request, value in the policy); `None` if one is no date."""

    def compare(requested: str, stated: str) -> bool | None:
        ours, theirs = _instant(requested), _instant(stated)
        return None if ours is None or theirs is None else holds(ours, theirs)

    return compare


def _instant(text: str) -> datetime | None:
    """Return the instant that `text` states.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
    """
    if _EPOCH.fullmatch(text):
        try:
            return datetime.fromtimestamp(int(text), UTC)
        except (OverflowError, ValueError, OSError):
            return None
    match = _W3C.fullmatch(text)
    if match is None:
        return None
    try:
        if match["hour"] is not None:
            return datetime.fromisoformat(text)
        return datetime(
            int(match["year"]), int(match["month"] or 1), int(match["day"] or 1), tzinfo=UTC
        )
    except ValueError:
        return None
