"""`ensure` and `remove`: bring one user's keys and its store into order, from wherever they are.

Look, decide (`credentials.decide`), do one step, look again (`credentials.run`). Nothing is
remembered between runs but in AWS itself, so a run that was killed, refused or cut off is resumed
by any later one, and a retry adopts what is there instead of minting a second key.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from credentials.decide import decide, decide_removal, life
from credentials.errors import CredentialsError
from credentials.keys import AccessKeyId
from credentials.ports import Policy, Ports, Urgency
from credentials.rotation import Finishing, agenda
from credentials.run import Run
from credentials.store import Version, VersionId
from credentials.world import Step, World
from iam_profiles.names import Arn


@dataclass(frozen=True, slots=True)
class Ensured:
    """The one key that the store gives out, and what is left to do."""

    access_key_id: AccessKeyId
    version: VersionId
    created_at: datetime
    store_arn: Arn
    next_due: datetime | None = None
    """When the next run has something to do; in the past if it should have come; None for never."""
    finishing: Finishing | None = None
    """The key before this one, while it is still there."""
    changed: bool = field(default=False, compare=False)
    """Whether this run made it the one: what was done, not what there is."""


def _ignore(_: Ensured) -> None:
    """Tell nobody."""


def ensure(ports: Ports, policy: Policy | None = None, urgency: Urgency = Urgency.DUE) -> Ensured:
    """Make sure that the store gives out one live key of the user that is not too old.

    Does what is due by now and returns: what the grace and the cool-down of the key before leave to
    do is in the result, and is done by whichever run comes then. What is in order is left alone,
    without a single write.

    Raises:
        CredentialsError: Nothing was lost; what to do is in the message.
    """
    rules = policy or Policy()

    def choose(world: World) -> Step:
        return decide(world, rules, ports.timing, ports.clock())

    run = Run(ports, choose, urgency)
    try:
        finished = run.to_the_end()
    except CredentialsError as error:
        # What a run was told is on record once it holds the lease; until then, tell it again.
        flag = "" if run.tenure else urgency.flag
        error.name_command(f"iam-profiles credentials rotate {ports.keys.user}{flag}")
        raise
    ensured = _ensured(ports, rules, finished.world, finished.current)
    return replace(ensured, changed=finished.changed)


def finish(
    ports: Ports,
    policy: Policy | None = None,
    urgency: Urgency = Urgency.DUE,
    told: Callable[[Ensured], None] = _ignore,
) -> Ensured:
    """Do as `ensure` does, and stay until the key before is deleted: the grace and the cool-down.

    `told` hears of each step on the way.

    Raises:
        InterruptedRunError: `ports.sleep` was told to stop; any later run goes on.
        CredentialsError: Nothing was lost; what to do is in the message.
    """
    ensured = ensure(ports, policy, urgency)
    changed = ensured.changed
    while ensured.finishing is not None:
        told(ensured)
        left = ensured.finishing.due - ports.clock()
        ports.sleep(max(left, ports.timing.poll).total_seconds())
        ensured = ensure(ports, policy)
        changed |= ensured.changed
    return replace(ensured, changed=changed)


def remove(ports: Ports) -> None:
    """Make sure that the user has no key and that the store gives none out.

    Readers find the empty marker first, then the keys are deactivated and deleted, those in their
    grace too. A user, or a secret, that is gone already is as good.

    Raises:
        CredentialsError: Nothing was lost; what to do is in the message.
    """
    Run(ports, decide_removal, absence_is_fine=True).to_the_end()


def inspect(ports: Ports, policy: Policy | None = None) -> Ensured | None:
    """The key that the store gives out, None if there is none or it is dead; writes nothing.

    Raises:
        UserNotFoundError: There is no such user, and was none for as long as a new one may need.
        StoreNotFoundError: Likewise the secret.
        CredentialsError: It could not be found out.
    """
    world = Run(ports, decide_removal).first_look()
    snapshot = world.snapshot
    if snapshot is None or snapshot.closed:
        return None
    if life(world, snapshot.current, ports.timing, ports.clock()) == "dead":
        return None
    return _ensured(ports, policy or Policy(), world, snapshot.current)


def _ensured(ports: Ports, policy: Policy, world: World, current: Version | None) -> Ensured:
    if not (world.snapshot and current and current.access_key_id and current.created_at):
        raise AssertionError("what is no key was taken for one")
    left = agenda(world, policy, ports.timing, ports.clock())
    return Ensured(
        current.access_key_id,
        current.id,
        current.created_at,
        world.snapshot.arn,
        left.next_due,
        left.finishing,
    )
