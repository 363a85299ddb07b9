"""The lease: one run at a time changes a user's keys, and a run that was held up is shut out."""

from datetime import datetime

from credentials.errors import LeaseHeldError, LeaseLostError, StoreClosedError
from credentials.ports import Ports
from credentials.store import NO_ROTATION, Lease, Rotation, Snapshot, Store, Version


class Leases:
    """A store's leases: what is written never changes, so each is read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[int, Lease] = {}

    def of(self, snapshot: Snapshot) -> Lease | None:
        """The lease that was written last; None before the first."""
        generation = snapshot.generation
        if generation and generation not in self._read:
            self._read[generation] = self._store.lease(generation)
        return self._read.get(generation)


class Tenure:
    """A lease that this run holds.

    Two things shut out a run that was held up beyond its lease: each observation finds the
    generation or the current version changed; and what it would promote is refused, as promoting is
    a compare-and-set on the current version that it saw when it began, or has itself made current
    since (`moved`).
    """

    def __init__(self, ports: Ports, leases: Leases, asked: Rotation) -> None:
        self._ports = ports
        self._leases = leases
        self._asked = asked
        self._rotation = asked
        self._generation = 0
        self._until = ports.clock()
        self._current: Version | None = None
        self._quiet_from = self._until

    @property
    def generation(self) -> int:
        """The lease's number."""
        return self._generation

    @property
    def rotation(self) -> Rotation:
        """How far the rotation is, as this run's next lease will say it."""
        return self._rotation

    def is_quiet(self, snapshot: Snapshot) -> bool:
        """Whether no earlier run can have left a key that no list shows yet."""
        predecessor = self._leases.of(snapshot)
        return predecessor is None or self._quiet_after(predecessor) <= self._ports.clock()

    def acquire(self) -> None:
        """Wait until nobody else holds the lease, and take it.

        Raises:
            LeaseHeldError: Somebody else does not let go of it.
        """
        clock, timing = self._ports.clock, self._ports.timing
        began = clock()
        seen = (-1, began)
        while True:
            snapshot = self._prepared()
            if snapshot.generation != seen[0]:
                seen = (snapshot.generation, clock())
            predecessor = self._leases.of(snapshot)
            if predecessor is None or self._is_free(predecessor, unchanged_since=seen[1]):
                found = predecessor.rotation if predecessor else NO_ROTATION
                self._rotation = found.condemning(self._asked.condemned, self._asked.leaked)
                if self._write(snapshot.generation + 1):
                    self._current = snapshot.current
                    self._quiet_from = self._quiet_after(predecessor)
                    # What was read before the lease was taken may be out of date.
                    self.check(self._ports.store.read())
                    return
                continue
            if clock() - began > timing.patience:
                raise LeaseHeldError(str(predecessor.owner), clock() - began)
            self._ports.sleep(timing.poll.total_seconds())

    def hold(self) -> None:
        """Renew the lease if little of it is left. Raises: LeaseLostError."""
        left = self._until - self._ports.clock()
        if left < self._ports.timing.margin and not self._write(self._generation + 1):
            raise LeaseLostError(self._ports.store.name)

    def check(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot, if it shows that nobody took over. Raises: LeaseLostError."""
        if snapshot.generation != self._generation or snapshot.current != self._current:
            raise LeaseLostError(self._ports.store.name)
        return snapshot

    def moved(self, current: Version) -> None:
        """Note what this run itself has made current."""
        self._current = current

    def note(self, rotation: Rotation) -> None:
        """Write down how far the rotation is, before it goes on. Raises: LeaseLostError."""
        self._rotation = rotation
        if not self._write(self._generation + 1):
            raise LeaseLostError(self._ports.store.name)

    def amend(self, rotation: Rotation) -> None:
        """Have the next lease that is written say how far the rotation is."""
        self._rotation = rotation

    def disturb(self) -> None:
        """Note that a key may exist that no list shows yet."""
        self._quiet_from = self._ports.clock() + self._ports.timing.visibility

    def settle(self) -> bool:
        """Wait until every key that may exist is listed; False if that is so already."""
        left = self._quiet_from - self._ports.clock()
        if left.total_seconds() <= 0:
            return False
        self._ports.sleep(min(left, self._ports.timing.poll).total_seconds())
        return True

    def release(self, *, unsettled: bool) -> None:
        """Let the next run in at once. Losing the lease first is as good."""
        now = self._ports.clock()
        lease = Lease(self._ports.owner, now, True, unsettled, self._rotation)  # noqa: FBT003 - released
        self._ports.store.write_lease(self._generation + 1, lease)

    def _prepared(self) -> Snapshot:
        store = self._ports.store
        snapshot = store.read()
        if snapshot.closed:
            raise StoreClosedError(store.name, snapshot.reopen)
        if snapshot.current is None:
            store.prepare()
            return store.read()
        return snapshot

    def _is_free(self, lease: Lease, *, unchanged_since: datetime) -> bool:
        now, timing = self._ports.clock(), self._ports.timing
        return (
            lease.released
            or now - unchanged_since >= timing.lease
            or now >= lease.until + timing.skew
            or self._ports.is_gone(lease.owner)
        )

    def _quiet_after(self, predecessor: Lease | None) -> datetime:
        now, timing = self._ports.clock(), self._ports.timing
        if predecessor is None or not predecessor.unsettled:
            return now
        ended = predecessor.until if predecessor.released else predecessor.until + timing.skew
        return min(now, ended) + timing.visibility

    def _write(self, generation: int) -> bool:
        until = self._ports.clock() + self._ports.timing.lease
        lease = Lease(self._ports.owner, until, rotation=self._rotation)
        if not self._ports.store.write_lease(generation, lease):
            return False
        self._generation, self._until = generation, until
        return True
