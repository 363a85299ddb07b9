"""A store of one service user's key: what it holds, its labels, its lease, and its port.

The stored value is one JSON object, so that key id and secret are never read apart:

    {"access_key_id": "AKIA…", "created_at": "2026-01-31T12:00:00+00:00",
     "secret_access_key": "…", "user_arn": "arn:aws:iam::…:user/…"}

A store that holds no key yet, or no longer, holds `{"empty": true}`: whoever reads it knows that
there is no key, and never takes anything else for one.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType, Protocol, cast

from credentials.keys import AccessKeyId
from credentials.secret import Secret
from iam_profiles.names import Arn

VersionId = NewType("VersionId", str)
"""Names one value that the store has held; a version never changes."""

EMPTY = json.dumps({"empty": True})


class Label(StrEnum):
    """What a version is to its readers."""

    CURRENT = "current"
    """What readers get: a live key or the empty marker, nothing else ever."""
    PENDING = "pending"
    """A minted key that was not seen to work yet."""
    PREVIOUS = "previous"
    """What was current before; jobs in flight may still use it."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """The value of a version, with its secret."""

    access_key_id: AccessKeyId
    secret_access_key: Secret
    user_arn: Arn
    created_at: datetime

    def to_json(self) -> Secret:
        """The value as it is stored; the same key is always the same text."""
        return Secret(
            json.dumps(
                {
                    "access_key_id": self.access_key_id,
                    "created_at": self.created_at.isoformat(timespec="seconds"),
                    "secret_access_key": self.secret_access_key.reveal(),
                    "user_arn": self.user_arn,
                }
            )
        )

    @staticmethod
    def from_json(text: Secret) -> "StoredKey | None":
        """What a stored value says; None for the empty marker.

        Raises:
            ValueError: It is neither a key nor the marker. The text is not part of the message.
        """
        try:
            fields = cast("dict[str, Any]", json.loads(text.reveal()))
            if fields == {"empty": True}:
                return None
            return StoredKey(
                AccessKeyId(fields["access_key_id"]),
                Secret(fields.pop("secret_access_key")),
                Arn(fields["user_arn"]),
                datetime.fromisoformat(fields["created_at"]),
            )
        except (ValueError, LookupError, TypeError, AttributeError):
            fields = None
        raise ValueError("not a stored access key")


@dataclass(frozen=True, slots=True)
class Version:
    """A version without its secret; `access_key_id` is None for the empty marker."""

    id: VersionId
    access_key_id: AccessKeyId | None = None
    created_at: datetime | None = None
    """When AWS made the key."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the labels name, and which lease was written last."""

    arn: Arn
    current: Version | None
    pending: Version | None
    previous: Version | None
    generation: int
    """Counts the leases; 0 before the first."""
    closed: bool = False
    """Scheduled for deletion: it can be looked at, not read or written."""

    @property
    def labelled(self) -> frozenset[AccessKeyId]:
        """The keys that a label names."""
        versions = (self.current, self.pending, self.previous)
        return frozenset(v.access_key_id for v in versions if v and v.access_key_id)


@dataclass(frozen=True, slots=True)
class Owner:
    """A run, and the process it runs in."""

    run: str
    machine: str
    pid: int
    started: float

    def __str__(self) -> str:
        return f"the run `{self.run}` (process {self.pid} on {self.machine})"


@dataclass(frozen=True, slots=True)
class Lease:
    """One run's right to change this user's keys, as written in the store."""

    owner: Owner
    until: datetime
    """When it ends by itself; for a released one, when it was released."""
    released: bool = False
    unsettled: bool = True
    """Whether its owner may have left a key that no list shows yet."""


class Store(Protocol):
    """Where one user's key is kept.

    Every change of what is current is a compare-and-set, and so is taking the lease: a run that was
    held up and goes on later changes nothing that another run has settled in the meantime.
    """

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def read(self) -> Snapshot:
        """What the labels name. Raises: StoreNotFoundError, StoreContentError."""
        ...

    def recorded(self) -> frozenset[AccessKeyId]:
        """Every key that the store remembers to have held, labelled or not."""
        ...

    def fetch(self, version: Version) -> StoredKey:
        """The key of a version, with its secret."""
        ...

    def prepare(self) -> None:
        """Put the empty marker into a store that has never held anything; else change nothing."""
        ...

    def lease(self, generation: int) -> Lease:
        """The lease of that generation."""
        ...

    def write_lease(self, generation: int, lease: Lease) -> bool:
        """Write the lease of a generation; False if another run has written it."""
        ...

    def add(self, key: StoredKey, generation: int) -> None:
        """Store a key as pending; doing it twice is doing it once."""
        ...

    def promote(self, version: Version, *, expected: Version) -> None:
        """Make a version current, and `expected` previous. Raises: StoreConflictError."""
        ...

    def restate(self, *, expected: Version, generation: int) -> Version:
        """Store the current value as a new version and make that current.

        No run that saw `expected` as current can promote anything from then on.
        Raises: StoreConflictError.
        """
        ...

    def empty(self, *, expected: Version, generation: int) -> Version:
        """Make the empty marker current, and `expected` previous. Raises: StoreConflictError."""
        ...

    def clear(self, label: Label, version: Version) -> None:
        """Take a label off a version; well if it is not there."""
        ...
