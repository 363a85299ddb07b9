"""What to do next: a pure function from what is seen to one step.

There is no other state than the world's. A run that died is resumed by looking again, and each step
leaves a world from which the next look goes on:

| died after                    | what is seen                      | step                       |
| ----------------------------- | --------------------------------- | -------------------------- |
| taking the lease              | no key, or one that is due        | Mint                       |
| minting, or its answer lost   | a key in no label, never used     | Drop, Mint                 |
| storing                       | a pending key                     | Verify, Promote            |
| verifying                     | a pending key                     | Verify, Promote            |
| promoting                     | a current key, a previous one     | Done, until its grace ends |
| (the grace is over)           | a previous key, active            | Deactivate                 |
| deactivating it               | a previous key, inactive          | Done, until it has cooled  |
| (it has cooled down)          | the same                          | Retire, Drop               |
| taking a label off a key      | a key in no label, but recorded   | Drop                       |
| deactivating that             | the same, inactive                | Drop                       |
| being asked to replace a key  | it, condemned in the lease        | Mint; leaked: no grace     |
| (keys nobody recorded, used)  | a key in no label, in use         | Refuse, naming it          |

A rotation that was begun is finished whether or not it is still due. There are never three keys: a
successor is minted only when no predecessor is left. A key is deleted only when no label names it.
So no run can be about to make a key current that another run is about to delete: the first would
have to take it from a label. A previous key is deactivated while it still has its label: whoever
would make it current again expects what was current before it, and is refused.
"""

from datetime import datetime
from typing import Literal

from credentials.errors import (
    CredentialsError,
    ForeignKeysError,
    InactiveKeyError,
    StoreClosedError,
    StoreNotFoundError,
)
from credentials.keys import AccessKeyId
from credentials.ports import Policy, Timing
from credentials.rotation import is_due, predecessor, retire
from credentials.store import Label, Snapshot, Version
from credentials.world import (
    Clear,
    Deactivate,
    Done,
    Drop,
    Empty,
    Mint,
    Promote,
    Refuse,
    Retire,
    Step,
    Verify,
    World,
)

_MOST_KEYS = 2
"""Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def decide(world: World, policy: Policy, timing: Timing, now: datetime) -> Step:
    """The next step towards one live key in the store that is not too old."""
    snapshot = world.snapshot
    if snapshot is None or snapshot.closed:
        return Refuse(_shut(world.store, snapshot))
    if refusal := _foreign(world) or _deactivated(world):
        return Refuse(refusal)
    if unnamed := world.loose | set(world.strays):
        return Drop(min(unnamed))
    match life(world, snapshot.current, timing, now):
        case "unknown":
            return Verify(world.current)
        case "live":
            return _with_pending(world, timing, now) or _with_current(world, policy, timing, now)
        case "dead":
            return _with_pending(world, timing, now) or _without(world, policy, timing, now)


def decide_removal(world: World) -> Step:
    """The next step towards no key at all; readers learn first that there is none."""
    if foreign := _foreign(world):
        return Refuse(foreign)
    snapshot = world.snapshot
    if snapshot is not None and not snapshot.closed:
        if world.current_key is not None:
            return Empty()
        labelled = {Label.PENDING: snapshot.pending, Label.PREVIOUS: snapshot.previous}
        for label, version in labelled.items():
            if version is not None and version.access_key_id is not None:
                return Clear(label, version)
    # Also those that no list shows yet: what is not there any more is dropped all the same.
    keys = world.loose | set(world.keys) | (world.rotation.keys - world.unusable)
    return Drop(min(keys)) if keys else Done()


def life(
    world: World, version: Version | None, timing: Timing, now: datetime
) -> Literal["live", "dead", "unknown"]:
    """Whether a version's key works; unknown is one too new for the list to count."""
    key = key_of(version)
    if version is None or key is None or key in world.unusable:
        return "dead"
    if key in world.keys:
        return "live" if world.keys[key].active else "dead"
    if version.id in world.verified:
        return "live"
    made = version.created_at
    return "unknown" if made and now - made < timing.propagation else "dead"


def key_of(version: Version | None) -> AccessKeyId | None:
    """The key that a version holds, if it holds one."""
    return None if version is None else version.access_key_id


def _with_pending(world: World, timing: Timing, now: datetime) -> Step | None:
    """A minted key becomes current once it works; one that does not, or may be known, goes.

    The label stays on what was promoted. So it also names what is current, or was until somebody
    put a key by hand: a key older than the current one was never minted to succeed it.
    """
    pending = world.snapshot.pending if world.snapshot else None
    key = key_of(pending)
    if pending is None or key in {None, world.current_key, world.previous_key}:
        return None
    leaked = key in world.rotation.leaked
    if leaked or _is_older(world, pending) or life(world, pending, timing, now) == "dead":
        return Clear(Label.PENDING, pending)
    return Promote(pending) if pending.id in world.verified else Verify(pending)


def _is_older(world: World, pending: Version) -> bool:
    current = world.snapshot.current if world.snapshot else None
    if current is None or current.created_at is None or pending.created_at is None:
        return False
    return pending.created_at < current.created_at


def _with_current(world: World, policy: Policy, timing: Timing, now: datetime) -> Step:
    """A live current key gets a successor when it is due, once its predecessor is gone."""
    leaving = predecessor(world, policy, timing, now)
    if leaving is not None:
        return retire(world, leaving, policy, now) or Done(world.current)
    return Mint() if is_due(world, policy, now) else Done(world.current)


def _without(world: World, policy: Policy, timing: Timing, now: datetime) -> Step:
    """A key is minted at once; a predecessor keeps its grace, but where there is no room."""
    leaving = predecessor(world, policy, timing, now)
    if leaving is None or len(world.keys) < _MOST_KEYS:
        return Mint()
    key = leaving.access_key_id
    return Deactivate(key) if leaving.active else Retire(key)


def _shut(store: str, snapshot: Snapshot | None) -> CredentialsError:
    if snapshot is None:
        return StoreNotFoundError(store)
    return StoreClosedError(store, snapshot.reopen)


def _foreign(world: World) -> ForeignKeysError | None:
    used = [
        f"`{key}` (last used {use.at:%Y-%m-%d %H:%M} UTC for {use.service})"
        for key, use in sorted(world.strays.items())
        if use is not None and use.at is not None
    ]
    return ForeignKeysError(world.user, used) if used else None


def _deactivated(world: World) -> InactiveKeyError | None:
    """Somebody's decision stands, unless it was that the key is leaked, as this run was told."""
    key = world.current_key
    if key is None or key not in world.keys or world.keys[key].active:
        return None
    if key in world.rotation.leaked:
        return None
    return InactiveKeyError(world.user, key)
