"""What can go wrong with one call, and what is done about a user's key."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from credentials.ports import Urgency


class CrashedError(BaseException):
    """The process was killed: nothing of it runs any more."""


class BrokenInvariantError(AssertionError):
    """Something that must never be was."""


class Fault(StrEnum):
    """What can go wrong with one call."""

    CRASH_BEFORE = "killed before the call"
    CRASH_AFTER = "killed after the call"
    REFUSED = "refused"
    FAILED = "failed, without effect"
    LOST = "done, but the answer lost"
    THROTTLED = "throttled"
    STORE_DOWN = "store unreachable for some calls"
    SLOW = "keys minted from now on work after half a minute"
    USELESS = "keys minted from now on work after an hour"
    HIDDEN = "keys minted from now on are listed after some seconds"
    UNGRANTED = "keys minted from now on are refused the role for half a minute"
    UNDEPLOYED = "the role is refused to every key from now on"
    LINGERS = "keys deleted from now on work for half a minute more"
    RIVAL_ENSURES = "another run of ensure before the call"
    RIVAL_ROTATES = "a run before the call that replaces leaked keys"
    RIVAL_REMOVES = "a run of remove before the call"


class Action(StrEnum):
    """What is done about the user's key."""

    ENSURE = "ensure"
    EARLY = "rotate early"
    LEAKED = "rotate a leaked key"
    REMOVE = "remove"
    HOUR = "an hour passes"
    WEEK = "eight days pass"
    DELETE = "the current key is deleted by hand"


ANSWERS: Mapping[Fault | None, tuple[str, str, int]] = {
    Fault.REFUSED: ("AccessDenied", "not authorized", 403),
    Fault.FAILED: ("InternalFailure", "", 500),
    Fault.THROTTLED: ("Throttling", "", 400),
}
RIVALS: Mapping[Fault | None, Action] = {
    Fault.RIVAL_ENSURES: Action.ENSURE,
    Fault.RIVAL_ROTATES: Action.LEAKED,
    Fault.RIVAL_REMOVES: Action.REMOVE,
}
PASSING: Mapping[Action, timedelta] = {
    Action.HOUR: timedelta(minutes=61),
    Action.WEEK: timedelta(days=8),
}
URGENCIES: Mapping[Action, Urgency] = {
    Action.ENSURE: Urgency.DUE,
    Action.EARLY: Urgency.EARLY,
    Action.LEAKED: Urgency.LEAKED,
}
RUTHLESS = frozenset({Action.LEAKED, Action.REMOVE})
USE_DELAYS: Mapping[Fault | None, timedelta] = {
    Fault.SLOW: timedelta(seconds=30),
    Fault.USELESS: timedelta(hours=1),
}
LIST_DELAYS: Mapping[Fault | None, timedelta] = {Fault.HIDDEN: timedelta(seconds=8)}
GRANT_DELAYS: Mapping[Fault | None, timedelta] = {Fault.UNGRANTED: timedelta(seconds=30)}
END_DELAYS: Mapping[Fault | None, timedelta] = {Fault.LINGERS: timedelta(seconds=30)}

Schedule = Mapping[int, Fault]
"""Which call, counted from the first of the world, meets which fault."""
