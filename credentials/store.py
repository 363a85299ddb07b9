"""A store of one service user's key: what it holds, its labels, its lease, and its port.

The stored value is one JSON object, so that key id and secret are never read apart:

    {"access_key_id": "AKIA…", "created_at": "2026-01-31T12:00:00+00:00",
     "secret_access_key": "…", "user_arn": "arn:aws:iam::…:user/…"}

A store that holds no key yet, or no longer, holds `{"empty": true}`: whoever reads it knows that
there is no key, and never takes anything else for one.
"""

import dataclasses
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
    """Deleted, and not for good yet: it can be looked at, not read or written."""
    reopen: str = ""
    """How it is restored, where it is closed."""

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
class Rotation:
    """How far a rotation is, carried from lease to lease so that any run can go on with it."""

    previous: AccessKeyId | None = None
    """The key that was current before, or still is if the run died before it promoted another."""
    superseded_at: datetime | None = None
    """When its successor became current, or was about to."""
    deactivated_at: datetime | None = None
    """When it was deactivated, or was about to be."""
    condemned: frozenset[AccessKeyId] = frozenset()
    """Keys that are to go whatever their age; no label need name them any more."""
    leaked: frozenset[AccessKeyId] = frozenset()
    """Those that are to have no grace."""

    @property
    def keys(self) -> frozenset[AccessKeyId]:
        """Every key on this record."""
        return self.condemned if self.previous is None else self.condemned | {self.previous}

    def condemning(
        self, keys: frozenset[AccessKeyId], leaked: frozenset[AccessKeyId] = frozenset()
    ) -> "Rotation":
        """The same, with keys that are to go."""
        condemned = self.condemned | keys | leaked
        return dataclasses.replace(self, condemned=condemned, leaked=self.leaked | leaked)

    def among(self, there: frozenset[AccessKeyId]) -> "Rotation":
        """The same, without keys that are not there any more."""
        rest = self if self.previous in there else NO_ROTATION
        condemned, leaked = self.condemned & there, self.leaked & there
        return dataclasses.replace(rest, condemned=condemned, leaked=leaked)


NO_ROTATION = Rotation()


@dataclass(frozen=True, slots=True)
class Lease:
    """One run's right to change this user's keys, as written in the store."""

    owner: Owner
    until: datetime
    """When it ends by itself; for a released one, when it was released."""
    released: bool = False
    unsettled: bool = True
    """Whether its owner may have left a key that no list shows yet."""
    rotation: Rotation = NO_ROTATION

    def to_json(self) -> str:
        """The lease as a store keeps it; the same lease is always the same text."""
        owner, rotation = self.owner, self.rotation
        fields = {
            "owner": {
                "run": owner.run,
                "machine": owner.machine,
                "pid": owner.pid,
                "started": owner.started,
            },
            "until": self.until.isoformat(),
            "released": self.released,
            "unsettled": self.unsettled,
            "rotation": {
                "previous": rotation.previous,
                "superseded_at": _text(rotation.superseded_at),
                "deactivated_at": _text(rotation.deactivated_at),
                "condemned": sorted(rotation.condemned),
                "leaked": sorted(rotation.leaked),
            },
        }
        return json.dumps(fields)

    @staticmethod
    def from_json(text: str) -> "Lease":
        """The lease that a text from a store says."""
        fields = cast("dict[str, Any]", json.loads(text))
        rotation: dict[str, Any] = fields.get("rotation", {})
        return Lease(
            owner=Owner(**fields["owner"]),
            until=datetime.fromisoformat(fields["until"]),
            released=fields["released"],
            unsettled=fields["unsettled"],
            rotation=Rotation(
                previous=rotation.get("previous"),
                superseded_at=_moment(rotation.get("superseded_at")),
                deactivated_at=_moment(rotation.get("deactivated_at")),
                condemned=frozenset(rotation.get("condemned", ())),
                leaked=frozenset(rotation.get("leaked", ())),
            ),
        )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


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
