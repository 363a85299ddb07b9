"""The lease: one run at a time changes a user's keys, and a run that was held up is shut out."""

from datetime import datetime

from credentials.errors import LeaseHeldError, LeaseLostError, StoreClosedError
from credentials.ports import Ports
from credentials.store import Lease, Snapshot, Version


class Tenure:
    """A lease that this run holds.

    Two things shut out a run that was held up beyond its lease: each observation finds the
    generation or the current version changed; and what it would promote is refused, as promoting is
    a compare-and-set on the current version that it saw when it began, or has itself made current
    since (`moved`).
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._generation = 0
        self._until = ports.clock()
        self._current: Version | None = None
        self._quiet_from = self._until

    @property
    def generation(self) -> int:
        """The lease's number."""
        return self._generation

    def is_quiet(self, snapshot: Snapshot) -> bool:
        """Whether no earlier run can have left a key that no list shows yet."""
        predecessor = self._lease(snapshot.generation)
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
            predecessor = self._lease(snapshot.generation)
            if predecessor is None or self._is_free(predecessor, unchanged_since=seen[1]):
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
        lease = Lease(self._ports.owner, now, released=True, unsettled=unsettled)
        self._ports.store.write_lease(self._generation + 1, lease)

    def _prepared(self) -> Snapshot:
        store = self._ports.store
        snapshot = store.read()
        if snapshot.closed:
            raise StoreClosedError(store.name)
        if snapshot.current is None:
            store.prepare()
            return store.read()
        return snapshot

    def _lease(self, generation: int) -> Lease | None:
        return self._ports.store.lease(generation) if generation else None

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
        if not self._ports.store.write_lease(generation, Lease(self._ports.owner, until)):
            return False
        self._generation, self._until = generation, until
        return True
