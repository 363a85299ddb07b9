"""When a key gets a successor and how its predecessor goes: pure, from what is seen.

    made … rotate_after    superseded … grace      deactivated … as long again
    in use              →  successor current;   →  predecessor            →  predecessor
                           predecessor works       inactive                  deleted

A run does what is due when it runs, whoever starts it. The overlap of two active keys never ends
before the grace, and with the first run after it. The cool-down is there for whoever finds that
something still used the old key: it can be activated again. A rotation that is due ends the
cool-down, never the grace. A key said to be leaked has neither.
"""

from dataclasses import dataclass
from datetime import datetime

from credentials.keys import AccessKeyId
from credentials.ports import Policy, Timing, Urgency
from credentials.store import NO_ROTATION, Rotation
from credentials.world import Deactivate, Retire, Step, World


@dataclass(frozen=True, slots=True)
class Finishing:
    """A previous key that is still there, and when its next step is due."""

    access_key_id: AccessKeyId
    active: bool
    """Whether it still works: until its grace is over; then it is inactive until it is deleted."""
    due: datetime
    """When it is to be deactivated; for an inactive one, deleted."""


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is left to do, and when."""

    next_due: datetime | None = None
    """When the next run has something to do; None for never."""
    finishing: Finishing | None = None
    successor: datetime | None = None
    """When the current key is to be replaced, whatever may have to come first; None for never."""


def asked(world: World, urgency: Urgency) -> Rotation:
    """Which of the keys that are there somebody asks to replace: none that is minted meanwhile."""
    match urgency:
        case Urgency.DUE:
            return NO_ROTATION
        case Urgency.EARLY:
            return NO_ROTATION.condemning(frozenset(k for k in (world.current_key,) if k))
        case Urgency.LEAKED:
            return NO_ROTATION.condemning(known_keys(world), known_keys(world))


def known_keys(world: World) -> frozenset[AccessKeyId]:
    """The keys that a label or the record names."""
    labelled = world.snapshot.labelled if world.snapshot else frozenset[AccessKeyId]()
    return labelled | world.rotation.keys


def replaced_at(world: World, policy: Policy) -> datetime | None:
    """When the current key is to get a successor; None for never."""
    key = world.current_key
    if key is None:
        return None
    made = world.keys[key].created_at if key in world.keys else world.current.created_at
    if made is None or key in world.rotation.condemned:
        return made
    return None if policy.rotate_after is None else made + policy.rotate_after


def is_due(world: World, policy: Policy, now: datetime) -> bool:
    """Whether the current key is to get a successor by now."""
    at = replaced_at(world, policy)
    return at is not None and at <= now


def predecessor(world: World, policy: Policy, timing: Timing, now: datetime) -> Finishing | None:
    """The previous key, unless it is gone; one that no list may show yet is there."""
    key = world.previous_key
    if key is None:
        return None
    superseded = _superseded_at(world, key, now)
    if key not in world.keys and not _may_be_hidden(world, key, timing, now):
        return None
    active = key not in world.stopped and (key not in world.keys or world.keys[key].active)
    if key in world.rotation.leaked:
        return Finishing(key, active, now)
    over = superseded + policy.grace
    due = over if active else (world.rotation.deactivated_at or over) + policy.grace
    return Finishing(key, active, due)


def retire(world: World, leaving: Finishing, policy: Policy, now: datetime) -> Step | None:
    """The next step towards a previous key's end; None while it is to stay as it is."""
    if leaving.active:
        return Deactivate(leaving.access_key_id) if leaving.due <= now else None
    if leaving.due <= now or is_due(world, policy, now):
        return Retire(leaving.access_key_id)
    return None


def agenda(world: World, policy: Policy, timing: Timing, now: datetime) -> Agenda:
    """What is left to do when nothing is to be done by now."""
    leaving = predecessor(world, policy, timing, now)
    successor = replaced_at(world, policy)
    if leaving is None:
        return Agenda(successor, successor=successor)
    # There is never a third key: a successor waits for the grace, and ends the cool-down.
    waits = leaving.active or successor is None
    due = leaving.due if waits or successor is None else min(leaving.due, successor)
    return Agenda(due, leaving, successor)


def _may_be_hidden(world: World, key: AccessKeyId, timing: Timing, now: datetime) -> bool:
    """Whether a key that is not listed may be too new for it: it was alive when it was recorded."""
    recorded = key == world.rotation.previous and key not in world.unusable
    return recorded and now - _superseded_at(world, key, now) < timing.propagation


def _superseded_at(world: World, key: AccessKeyId, now: datetime) -> datetime:
    """When the previous key ceased to be current; one that somebody put by hand is not recorded."""
    if key == world.rotation.previous and world.rotation.superseded_at is not None:
        return world.rotation.superseded_at
    return world.current.created_at or now
