"""`ensure` and `remove`: bring one user's keys and its store into order, from wherever they are.

Look, decide (`credentials.decide`), do one step, look again (`credentials.run`). Nothing is
remembered between runs but in AWS itself, so a run that was killed, refused or cut off is resumed
by any later one, and a retry adopts what is there instead of minting a second key.
"""

from dataclasses import dataclass
from datetime import datetime

from credentials.decide import Step, World, decide, decide_removal, life
from credentials.keys import AccessKeyId
from credentials.ports import Policy, Ports
from credentials.run import Run
from credentials.store import Snapshot, Version, VersionId
from iam_profiles.names import Arn


@dataclass(frozen=True, slots=True)
class Ensured:
    """The one key that the store gives out."""

    access_key_id: AccessKeyId
    version: VersionId
    created_at: datetime
    store_arn: Arn


def ensure(ports: Ports, policy: Policy | None = None) -> Ensured:
    """Make sure that the store gives out one live key of the user, and that no other is left.

    What is in order is left alone, without a single write.

    Raises:
        CredentialsError: Nothing was lost; what to do is in the message.
    """
    rules = policy or Policy()

    def choose(world: World) -> Step:
        return decide(world, rules, ports.timing, ports.clock())

    finished = Run(ports, choose).to_the_end()
    return _ensured(finished.snapshot, finished.current)


def remove(ports: Ports) -> None:
    """Make sure that the user has no key and that the store gives none out.

    Readers find the empty marker first, then the keys are deactivated and deleted. A user, or a
    secret, that is gone already is as good.

    Raises:
        CredentialsError: Nothing was lost; what to do is in the message.
    """
    Run(ports, decide_removal, absence_is_fine=True).to_the_end()


def inspect(ports: Ports) -> Ensured | None:
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
    return _ensured(snapshot, snapshot.current)


def _ensured(snapshot: Snapshot | None, current: Version | None) -> Ensured:
    if not (snapshot and current and current.access_key_id and current.created_at):
        raise AssertionError("what is no key was taken for one")
    return Ensured(current.access_key_id, current.id, current.created_at, snapshot.arn)
