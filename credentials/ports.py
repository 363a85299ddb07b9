"""What `ensure` and `remove` need from outside: keys, store, probe, time and identity."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from credentials.keys import Keys
from credentials.store import Owner, Store, StoredKey

Verify = Callable[[StoredKey], None]
"""Uses a key; raises NotYetUsableError while AWS does not know it, ProbeRefusedError while it is
refused what the user is granted, VerificationError if it is not the user's."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a key lives."""

    rotate_after: timedelta | None = None
    """The age at which a successor is due; None for never."""
    grace: timedelta = timedelta(hours=1)
    """How long the previous key works on after its successor became current; and how long it then
    stays, inactive, before it is deleted: so long it can be activated again."""


class Urgency(StrEnum):
    """What a run does about the keys that it finds."""

    DUE = "due"
    """What is due, and nothing else."""
    EARLY = "early"
    """Replace the current key although it is not due; jobs in flight keep the grace."""
    LEAKED = "leaked"
    """Replace every key that a reader can have seen, at once and without any grace."""

    @property
    def flag(self) -> str:
        """How `iam-profiles credentials rotate` is told, as it follows the user's name."""
        return {"due": "", "early": " --early", "leaked": " --now"}[self]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long to wait for what."""

    propagation: timedelta = timedelta(minutes=2)
    """Until AWS knows a new key everywhere; seconds, as a rule."""
    visibility: timedelta = timedelta(seconds=10)
    """Until IAM lists what was created, or finds a user created a moment ago."""
    lease: timedelta = timedelta(seconds=90)
    """How long a lease lasts that is not renewed."""
    margin: timedelta = timedelta(seconds=40)
    """What must be left of it when a call starts: longer than any call lasts."""
    skew: timedelta = timedelta(minutes=5)
    """How far two machines' clocks can be apart: AWS refuses requests that are further off."""
    patience: timedelta = timedelta(minutes=10)
    """How long to wait for another run."""
    poll: timedelta = timedelta(seconds=2)
    """Between two looks."""


@dataclass(frozen=True, slots=True)
class Ports:
    """One user's keys, the store they go to, and the world around."""

    keys: Keys
    store: Store
    verify: Verify
    clock: Callable[[], datetime]
    """The time, in UTC."""
    sleep: Callable[[float], None]
    """Waits so many seconds, or raises InterruptedRunError."""
    owner: Owner
    is_gone: Callable[[Owner], bool]
    """Whether a process has certainly ended."""
    timing: Timing = Timing()
