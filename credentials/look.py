"""How a run looks at the user's keys and at the store, and remembers what it has found out."""

from dataclasses import dataclass, field

from credentials.errors import StoreNotFoundError, UserNotFoundError
from credentials.keys import AccessKey, AccessKeyId, LastUse
from credentials.ports import Ports
from credentials.store import NO_ROTATION, Rotation, Snapshot, VersionId
from credentials.tenure import Leases, Tenure
from credentials.world import World


def _no_keys() -> set[AccessKeyId]:
    return set()


@dataclass(slots=True)
class Look:
    """Looks, each from scratch but for what this run itself has done or tried."""

    ports: Ports
    absence_is_fine: bool
    """Whether a user or a secret that is not there is no error."""
    leases: Leases
    verified: set[VersionId] = field(default_factory=set[VersionId])
    unusable: set[AccessKeyId] = field(default_factory=_no_keys)
    unlabelled: set[AccessKeyId] = field(default_factory=_no_keys)
    stopped: set[AccessKeyId] = field(default_factory=_no_keys)
    deleted: set[AccessKeyId] = field(default_factory=_no_keys)

    def world(self, tenure: Tenure | None) -> World:
        """What is seen now. Raises: LeaseLostError, if it shows that another run took over."""
        ports = self.ports
        listed = {key.id: key for key in self._keys() if key.id not in self.deleted}
        snapshot = self._snapshot()
        if tenure and snapshot:
            tenure.check(snapshot)
        rotation = tenure.rotation if tenure else self._rotation(snapshot)
        named = set(snapshot.labelled if snapshot else ())
        if rotation.previous is not None:
            named.add(rotation.previous)
        return World(
            user=ports.keys.user,
            store=ports.store.name,
            snapshot=snapshot,
            keys=listed,
            strays=self.strays(set(listed) - named, snapshot, rotation),
            rotation=rotation,
            loose=frozenset(self.unlabelled - self.deleted - named),
            stopped=frozenset(self.stopped),
            verified=frozenset(self.verified),
            unusable=frozenset(self.unusable | self.deleted),
        )

    def strays(
        self, keys: set[AccessKeyId], snapshot: Snapshot | None, rotation: Rotation
    ) -> dict[AccessKeyId, LastUse | None]:
        """Keys that no label names: None for those that are on record, else their use."""
        if not keys:
            return {}
        # Asked in this order: a key of another run is in the store before it is used.
        uses = {key: self.ports.keys.last_use(key) for key in sorted(keys)}
        ours = set(rotation.condemned)
        if snapshot is not None:
            ours |= self.ports.store.recorded()
        return {key: None if key in ours else use for key, use in uses.items()}

    def _keys(self) -> tuple[AccessKey, ...]:
        try:
            return self.ports.keys.list()
        except UserNotFoundError:
            if not self.absence_is_fine:
                raise
        return ()

    def _snapshot(self) -> Snapshot | None:
        try:
            return self.ports.store.read()
        except StoreNotFoundError:
            if not self.absence_is_fine:
                raise
        return None

    def _rotation(self, snapshot: Snapshot | None) -> Rotation:
        """How far a rotation is, by the lease that was written last."""
        lease = self.leases.of(snapshot) if snapshot and not snapshot.closed else None
        return lease.rotation if lease else NO_ROTATION
