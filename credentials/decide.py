"""What to do next: a pure function from what is seen to one step.

There is no other state than the world's. A run that died is resumed by looking again, and each step
leaves a world from which the next look goes on:

| died after                    | what is seen                     | step                        |
| ----------------------------- | -------------------------------- | --------------------------- |
| taking the lease              | no key                           | Mint                        |
| minting, or its answer lost   | a key in no label, never used    | Drop, Mint                  |
| storing                       | a pending key                    | Verify, Promote             |
| verifying                     | a pending key                    | Verify, Promote             |
| promoting                     | a current key                    | Done                        |
| taking a label off a key      | a key in no label, but recorded  | Drop                        |
| deactivating it               | the same, inactive               | Drop                        |
| (keys nobody recorded, used)  | a key in no label, in use        | Refuse, naming it           |

A key is deleted only when no label names it. So no run can be about to make a key current that
another run is about to delete: the first would have to take it from a label.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from credentials.errors import (
    CredentialsError,
    ForeignKeysError,
    InactiveKeyError,
    StoreClosedError,
)
from credentials.keys import AccessKey, AccessKeyId, LastUse
from credentials.ports import Policy, Timing
from credentials.store import Label, Snapshot, Version, VersionId


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
    loose: frozenset[AccessKeyId] = frozenset()
    """Keys that this run knows to be in no label and has not deleted yet, listed or not."""
    verified: frozenset[VersionId] = frozenset()
    unusable: frozenset[AccessKeyId] = frozenset()
    """Keys that AWS refused for as long as a new key can need, or that this run has deleted."""

    @property
    def current(self) -> Version:
        """What is current, for the steps that are never taken without it."""
        if self.snapshot is None or self.snapshot.current is None:
            raise AssertionError("a store was to be changed that holds nothing")
        return self.snapshot.current


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
    """All is as it should be; `current` is None after a removal."""

    current: Version | None = None


Step = Refuse | Mint | Verify | Promote | Drop | Clear | Empty | Done


def decide(world: World, policy: Policy, timing: Timing, now: datetime) -> Step:
    """The next step towards one live key in the store."""
    snapshot = world.snapshot
    if snapshot is None or snapshot.closed:
        return Refuse(StoreClosedError(world.store))
    current = _key_of(snapshot.current)
    if refusal := _foreign(world) or _deactivated(world, current):
        return Refuse(refusal)
    if unnamed := world.loose | set(world.strays):
        return Drop(min(unnamed))
    pending = snapshot.pending if _key_of(snapshot.pending) not in {None, current} else None
    match life(world, snapshot.current, timing, now):
        case "unknown":
            return Verify(world.current)
        case "live":
            return _with_current(world, snapshot, pending, policy, now)
        case "dead":
            return Mint() if pending is None else _with_pending(world, pending, timing, now)


def decide_removal(world: World) -> Step:
    """The next step towards no key at all; readers learn first that there is none."""
    if foreign := _foreign(world):
        return Refuse(foreign)
    snapshot = world.snapshot
    if snapshot is not None and not snapshot.closed:
        if _key_of(snapshot.current) is not None:
            return Empty()
        labelled = {Label.PENDING: snapshot.pending, Label.PREVIOUS: snapshot.previous}
        for label, version in labelled.items():
            if version is not None and version.access_key_id is not None:
                return Clear(label, version)
    keys = world.loose | set(world.keys)
    return Drop(min(keys)) if keys else Done()


def life(
    world: World, version: Version | None, timing: Timing, now: datetime
) -> Literal["live", "dead", "unknown"]:
    """Whether a version's key works; unknown is one too new for the list to count."""
    key = _key_of(version)
    if version is None or key is None or key in world.unusable:
        return "dead"
    if key in world.keys:
        return "live" if world.keys[key].active else "dead"
    if version.id in world.verified:
        return "live"
    made = version.created_at
    return "unknown" if made and now - made < timing.propagation else "dead"


def _with_current(
    world: World, snapshot: Snapshot, pending: Version | None, policy: Policy, now: datetime
) -> Step:
    """A live current key needs no successor; its predecessor goes when its time is over."""
    if pending is not None:
        return Clear(Label.PENDING, pending)
    current, previous = world.current, snapshot.previous
    key = _key_of(previous)
    if previous and key and key in world.keys and key != current.access_key_id:
        promoted = current.created_at or now
        if not world.keys[key].active or now - promoted >= policy.grace:
            return Clear(Label.PREVIOUS, previous)
    return Done(current)


def _with_pending(world: World, pending: Version, timing: Timing, now: datetime) -> Step:
    if life(world, pending, timing, now) == "dead":
        return Clear(Label.PENDING, pending)
    return Promote(pending) if pending.id in world.verified else Verify(pending)


def _foreign(world: World) -> ForeignKeysError | None:
    used = [
        f"`{key}` (last used {use.at:%Y-%m-%d %H:%M} UTC for {use.service})"
        for key, use in sorted(world.strays.items())
        if use is not None and use.at is not None
    ]
    return ForeignKeysError(world.user, used) if used else None


def _deactivated(world: World, current: AccessKeyId | None) -> InactiveKeyError | None:
    if current is None or current not in world.keys or world.keys[current].active:
        return None
    return InactiveKeyError(world.user, current)


def _key_of(version: Version | None) -> AccessKeyId | None:
    return None if version is None else version.access_key_id
