"""What must hold after every single call, whatever went wrong."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.credentials.disturbances import BrokenInvariantError
from tests.credentials.example import HASTY, ROLE, SECRET
from tests.credentials.fakes import Held

if TYPE_CHECKING:
    from tests.credentials.worlds import World

_MOST_KEYS = 2
_REMEMBERED = 4


def hold(world: "World") -> None:
    """What must hold after every single call."""
    current = world.current_key()
    readable = world.aws.secrets.get(SECRET, Held()).deleted_at is None
    if current and readable and current not in world.by_hand:
        key = world.aws.keys.get(current)
        if key is None or not key.active:
            raise BrokenInvariantError(f"the store gives out {current}, which is dead")
        if current != world.was_current and not world.aws.usable(key):
            raise BrokenInvariantError(f"the store gives out {current}, which does not work")
    if current != world.was_current:
        _successor(world, world.was_current, current)
        world.superseded[world.was_current] = world.aws.clock.now
        world.was_current = current
    if world.ruthless:
        world.graceless |= set(world.aws.keys)
    _predecessors(world)
    if len(world.aws.keys) > _MOST_KEYS:
        raise BrokenInvariantError("there are more than two keys")


def _successor(world: "World", was: str, current: str) -> None:
    """A new current key does no less than the one before, which was alive during its trial."""
    old, new, now = world.aws.keys.get(was), world.aws.keys.get(current), world.aws.clock.now
    tried = now - timedelta(minutes=1)
    if ROLE in world.aws.refused_roles:
        return
    if old and new and old.active and old.granted_from < tried and new.granted_from > now:
        raise BrokenInvariantError(f"{current} may not do what {was} may")


def _predecessors(world: "World") -> None:
    """Who got a key can use it until the grace is over, and then it can be brought back.

    That holds as long again, unless the next rotation needs the room.
    """
    now, grace = world.aws.clock.now, world.policy.grace
    for key, since in world.superseded.items():
        age = now - since
        if not key or age >= 2 * grace or key in world.by_hand or key in world.graceless:
            continue
        there = world.aws.keys.get(key)
        if age < grace and not (there and there.active):
            raise BrokenInvariantError(f"{key} ended within its grace")
        if there is None and not _hurried_since(world, since):
            raise BrokenInvariantError(f"{key} was deleted before it had been inactive")
    if len(world.superseded) > _REMEMBERED:
        recent = {key: at for key, at in world.superseded.items() if now - at < 2 * grace}
        world.superseded = recent


def _hurried_since(world: "World", moment: datetime) -> bool:
    """Whether a rotation may have ended a cool-down."""
    asked = world.hurried_at is not None and world.hurried_at >= moment
    return asked or world.policy == HASTY or bool(world.by_hand)
