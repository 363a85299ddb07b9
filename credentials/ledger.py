"""The ledger of one user's keys: each key, what it is, and what is due; nothing is written."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from credentials.decide import decide_removal, key_of, life
from credentials.keys import AccessKeyId, LastUse
from credentials.ports import Policy, Ports
from credentials.rotation import Agenda, agenda
from credentials.run import Run
from credentials.store import Lease
from credentials.world import World
from iam_profiles.names import Arn


class Standing(StrEnum):
    """What a key is to the store."""

    CURRENT = "current"
    PENDING = "pending"
    """Minted, and not seen to work yet: a run is under way, or died."""
    PREVIOUS = "previous"
    """In its grace, or deactivated and not deleted yet."""
    LEFTOVER = "leftover"
    """In no label, and ours or never used: the next run deletes it."""
    FOREIGN = "foreign"
    """In no label, never ours, and in use: no run touches it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key, as AWS lists it."""

    access_key_id: AccessKeyId
    standing: Standing
    active: bool
    created_at: datetime
    last_use: LastUse


@dataclass(frozen=True, slots=True)
class Ledger:
    """All keys of a user, and the state of its rotation."""

    user: str
    store: str
    store_arn: Arn | None
    """None: there is no secret."""
    closed: bool
    """The secret is scheduled for deletion."""
    keys: tuple[Entry, ...]
    current: AccessKeyId | None
    """What readers get; None if that is no key, or a dead one."""
    agenda: Agenda
    lease: Lease | None
    """The lease that was written last: `released`, or of a run that is under way or died."""
    seen_at: datetime

    @property
    def foreign(self) -> tuple[Entry, ...]:
        """Keys in use that somebody else made."""
        return tuple(entry for entry in self.keys if entry.standing is Standing.FOREIGN)

    def overdue(self, tolerance: timedelta) -> bool:
        """Whether readers get no key, or what is due has not been done for longer than this."""
        due = self.agenda.next_due
        return self.current is None or (due is not None and self.seen_at - due > tolerance)


def examine(ports: Ports, policy: Policy | None = None) -> Ledger:
    """Look at a user's keys and at its store.

    Raises:
        UserNotFoundError: There is no such user, and was none for as long as a new one may need.
        CredentialsError: It could not be found out.
    """
    run = Run(ports, decide_removal)
    world = run.first_look()
    now, snapshot = ports.clock(), world.snapshot
    alive = life(world, snapshot.current if snapshot else None, ports.timing, now) != "dead"
    return Ledger(
        user=world.user,
        store=world.store,
        store_arn=snapshot.arn if snapshot else None,
        closed=snapshot is not None and snapshot.closed,
        keys=tuple(
            Entry(
                key.id,
                _standing(world, key.id),
                key.active,
                key.created_at,
                ports.keys.last_use(key.id),
            )
            for key in sorted(world.keys.values(), key=lambda key: key.created_at)
        ),
        current=world.current_key if alive else None,
        agenda=agenda(world, policy or Policy(), ports.timing, now) if alive else Agenda(now),
        lease=run.look.leases.of(snapshot) if snapshot and not snapshot.closed else None,
        seen_at=now,
    )


def _standing(world: World, key: AccessKeyId) -> Standing:
    if key == world.current_key:
        return Standing.CURRENT
    if key == world.previous_key:
        return Standing.PREVIOUS
    if world.snapshot is not None and key == key_of(world.snapshot.pending):
        return Standing.PENDING
    use = world.strays.get(key)
    return Standing.FOREIGN if use is not None and use.at is not None else Standing.LEFTOVER
