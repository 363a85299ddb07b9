"""What a run sees, and the steps it can take: the data that `credentials.decide` works on."""

from collections.abc import Mapping
from dataclasses import dataclass

from credentials.errors import CredentialsError
from credentials.keys import AccessKey, AccessKeyId, LastUse
from credentials.store import NO_ROTATION, Label, Rotation, Snapshot, Version, VersionId


@dataclass(frozen=True, slots=True)
class World:
    """What is seen at one moment, and what this run has found out."""

    user: str
    store: str
    snapshot: Snapshot | None
    """None: there is no secret."""
    keys: Mapping[AccessKeyId, AccessKey]
    """Those that AWS lists, without those that this run has deleted."""
    strays: Mapping[AccessKeyId, LastUse | None]
    """Listed keys in no label; None for one that the store remembers, so it was ours."""
    rotation: Rotation = NO_ROTATION
    """How far earlier runs have come, and what this one was asked for."""
    loose: frozenset[AccessKeyId] = frozenset()
    """Keys that this run knows to be in no label and has not deleted yet, listed or not."""
    stopped: frozenset[AccessKeyId] = frozenset()
    """Keys that this run has deactivated, whatever the list says."""
    verified: frozenset[VersionId] = frozenset()
    unusable: frozenset[AccessKeyId] = frozenset()
    """Keys that AWS refused for as long as a new key can need, or that this run has deleted."""

    @property
    def current(self) -> Version:
        """What is current, for the steps that are never taken without it."""
        if self.snapshot is None or self.snapshot.current is None:
            raise AssertionError("a store was to be changed that holds nothing")
        return self.snapshot.current

    @property
    def current_key(self) -> AccessKeyId | None:
        """The key that the store gives out, dead or alive."""
        return (
            self.snapshot.current.access_key_id if self.snapshot and self.snapshot.current else None
        )

    @property
    def previous_key(self) -> AccessKeyId | None:
        """The key that was current before this one: as recorded, else as labelled."""
        labelled = self.snapshot.previous if self.snapshot else None
        for key in (self.rotation.previous, labelled.access_key_id if labelled else None):
            if key not in {None, self.current_key}:
                return key
        return None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Change nothing and say why."""

    error: CredentialsError


@dataclass(frozen=True, slots=True)
class Mint:
    """Create a key and store it as pending."""


@dataclass(frozen=True, slots=True)
class Verify:
    """Use the key of this version until it works, or should have."""

    version: Version


@dataclass(frozen=True, slots=True)
class Promote:
    """Make this version current."""

    version: Version


@dataclass(frozen=True, slots=True)
class Deactivate:
    """Make a previous key unusable, reversibly; its label stays."""

    key: AccessKeyId


@dataclass(frozen=True, slots=True)
class Retire:
    """Strike a previous key off the record and its label, so that it can be dropped."""

    key: AccessKeyId


@dataclass(frozen=True, slots=True)
class Drop:
    """Deactivate a key that no label names, and delete it."""

    key: AccessKeyId


@dataclass(frozen=True, slots=True)
class Clear:
    """Take a label off a version whose key is to go, or gone."""

    label: Label
    version: Version


@dataclass(frozen=True, slots=True)
class Empty:
    """Make the empty marker current."""


@dataclass(frozen=True, slots=True)
class Done:
    """All is as it should be by now; `current` is None after a removal."""

    current: Version | None = None


Step = Refuse | Mint | Verify | Promote | Deactivate | Retire | Drop | Clear | Empty | Done
