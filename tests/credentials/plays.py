"""Histories of one user's world: what is done in it, one after the other, whatever fails."""

from collections.abc import Sequence

from credentials.ports import Policy
from tests.credentials.disturbances import Action, Schedule
from tests.credentials.example import USER, WEEKLY
from tests.credentials.fakes import Iam
from tests.credentials.worlds import World


def mint_by_hand(world: World, *, used: bool) -> str:
    """Mint a key as somebody else does, and perhaps use it; return its id."""
    key = Iam(world.aws).create_access_key(UserName=USER)["AccessKey"]
    if used:
        world.aws.sts(key["AccessKeyId"], key["SecretAccessKey"]).get_caller_identity()
    return str(key["AccessKeyId"])


def index_of(called: str, nth: int = 0, history: Sequence[Action] = (Action.ENSURE,)) -> int:
    """Which call it is in a history that nothing disturbs."""
    world = World()
    for action in history:
        world.act(action)
    return [at for at, name in enumerate(world.aws.calls) if name == called][nth]


def play(
    actions: Sequence[Action],
    schedule: Schedule,
    *,
    one_machine: bool = True,
    policy: Policy = WEEKLY,
) -> World:
    """Do the actions, whatever fails; then the last one undisturbed.

    Raises:
        BrokenInvariantError: What must never be was.
    """
    played = World(schedule, one_machine, policy)
    for action in actions:
        played.attempt(action)
    last = actions[-1]
    if last is Action.REMOVE:
        played.converge(last)
        played.check_removed()
    else:
        played.check_ensured(played.converge(Action.ENSURE))
    return played
