"""One run: look, decide, do one step, look again, until there is nothing left to do."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from credentials.decide import (
    Clear,
    Done,
    Drop,
    Empty,
    Mint,
    Promote,
    Refuse,
    Step,
    Verify,
    World,
)
from credentials.errors import (
    CredentialsError,
    KeyLimitError,
    MintNotStoredError,
    NotConvergedError,
    NotYetUsableError,
    ServiceError,
    StoreNotFoundError,
    UserNotFoundError,
    VerificationError,
)
from credentials.keys import AccessKey, AccessKeyId, LastUse
from credentials.ports import Ports
from credentials.store import Label, Snapshot, StoredKey, Version, VersionId
from credentials.tenure import Tenure

_MINTS = 2
_STEPS = 60
"""More than any world needs: a bound on fighting over it with somebody else."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What was seen last, and what is current."""

    snapshot: Snapshot | None
    current: Version | None


class Run:
    """One run of `ensure` or `remove`; which of them is a matter of `choose`."""

    def __init__(
        self, ports: Ports, choose: Callable[[World], Step], *, absence_is_fine: bool = False
    ) -> None:
        self.ports = ports
        self.choose = choose
        self.absence_is_fine = absence_is_fine
        self.tenure: Tenure | None = None
        self.verified: set[VersionId] = set()
        self.unusable: set[AccessKeyId] = set()
        self.unlabelled: set[AccessKeyId] = set()
        self.deleted: set[AccessKeyId] = set()
        self.fenced = False
        self.mints_left = _MINTS
        self.minted: AccessKeyId | None = None
        self.trouble: CredentialsError | None = None

    def to_the_end(self) -> Finished:
        """Take steps until none is left. Raises: CredentialsError."""
        world = self.first_look()
        step = self.choose(world)
        if isinstance(step, Refuse):
            raise step.error
        if world.snapshot is None or world.snapshot.closed:
            return self.steps()
        tenure = Tenure(self.ports)
        if isinstance(step, Done) and tenure.is_quiet(world.snapshot):
            return Finished(world.snapshot, step.current)
        tenure.acquire()
        self.tenure = tenure
        try:
            finished = self.steps()
        except CredentialsError:
            # If another run took over, this changes nothing; that run settles what is left.
            self.release(tenure, unsettled=True)
            raise
        self.release(tenure, unsettled=False)
        return finished

    def first_look(self) -> World:
        """Look, with some patience for a user or a secret that was created a moment ago."""
        until = self.ports.clock() + self.ports.timing.visibility
        while True:
            try:
                return self.observe()
            except (UserNotFoundError, StoreNotFoundError):
                if self.ports.clock() >= until:
                    raise
            self.ports.sleep(self.ports.timing.poll.total_seconds())

    def steps(self) -> Finished:
        """Take steps, each from a fresh look."""
        for _ in range(_STEPS):
            world = self.observe()
            step = self.choose(world)
            if isinstance(step, Refuse):
                raise step.error
            if isinstance(step, Mint | Done) and self.tenure and self.tenure.settle():
                continue
            if isinstance(step, Done):
                return Finished(world.snapshot, step.current)
            self.hold()
            self.take(step, world)
        raise NotConvergedError(self.ports.keys.user)

    def observe(self) -> World:
        """Look at the user's keys and at the store. Raises: LeaseLostError."""
        ports = self.ports
        listed = {key.id: key for key in self.list_keys() if key.id not in self.deleted}
        snapshot = self.read_store()
        if self.tenure and snapshot:
            self.tenure.check(snapshot)
        labelled = snapshot.labelled if snapshot else frozenset[AccessKeyId]()
        return World(
            user=ports.keys.user,
            store=ports.store.name,
            snapshot=snapshot,
            keys=listed,
            strays=self.strays(set(listed) - labelled, remembered=snapshot is not None),
            loose=frozenset(self.unlabelled - self.deleted - labelled),
            verified=frozenset(self.verified),
            unusable=frozenset(self.unusable | self.deleted),
        )

    def list_keys(self) -> tuple[AccessKey, ...]:
        """The keys that AWS shows."""
        try:
            return self.ports.keys.list()
        except UserNotFoundError:
            if not self.absence_is_fine:
                raise
        return ()

    def read_store(self) -> Snapshot | None:
        """What the labels name; None if there is no secret."""
        try:
            return self.ports.store.read()
        except StoreNotFoundError:
            if not self.absence_is_fine:
                raise
        return None

    def strays(
        self, keys: set[AccessKeyId], *, remembered: bool
    ) -> dict[AccessKeyId, LastUse | None]:
        """Keys that no label names: None for those that the store remembers, else their use."""
        if not keys:
            return {}
        # Asked in this order: a key of another run is in the store before it is used.
        uses = {key: self.ports.keys.last_use(key) for key in sorted(keys)}
        ours = self.ports.store.recorded() if remembered else frozenset[AccessKeyId]()
        return {key: None if key in ours else use for key, use in uses.items()}

    def take(self, step: Step, world: World) -> None:
        """Do one step."""
        match step:
            case Mint():
                self.mint()
            case Verify(version):
                self.verify(version)
            case Promote(version):
                self.promote(version, world)
            case Drop(key):
                self.drop(key, world)
            case Clear(label, version):
                self.clear(label, version)
            case Empty():
                self.empty(world)
            case _:
                raise AssertionError(f"{step} is the end, not a step")

    def mint(self) -> None:
        """Create a key and store it as pending at once; its secret is in no other place."""
        if not self.mints_left:
            raise self.trouble or NotConvergedError(self.ports.keys.user)
        self.mints_left -= 1
        arn = self.ports.keys.user_arn()
        try:
            new = self.ports.keys.create()
        except (KeyLimitError, ServiceError) as error:
            if isinstance(error, ServiceError) and not (error.in_doubt or error.throttled):
                raise
            # There may be a key that no list shows yet: look again when it would be shown.
            self.trouble = error
            self.held.disturb()
            return
        self.put(StoredKey(new.id, new.secret, arn, new.created_at))

    def put(self, key: StoredKey) -> None:
        """Store a minted key; delete it again if the store certainly did not take it."""
        try:
            # Nobody can have promoted a key that was never sent to the store.
            self.held.check(self.ports.store.read())
        except CredentialsError as error:
            raise self.discarded(key.access_key_id, error) from None
        try:
            self.ports.store.add(key, self.held.generation)
        except CredentialsError as error:
            if not (isinstance(error, ServiceError) and error.in_doubt):
                raise self.discarded(key.access_key_id, error) from None
            # The next look tells whether it is stored; if not, it is deleted, listed or not.
            self.unlabelled.add(key.access_key_id)
            self.trouble = MintNotStoredError(key.access_key_id, error, deleted=True)
            return
        self.minted = key.access_key_id

    def discarded(self, key: AccessKeyId, cause: CredentialsError) -> MintNotStoredError:
        """Delete a key whose secret is about to be lost; the error names its id only."""
        try:
            self.ports.keys.delete(key)
        except CredentialsError:
            return MintNotStoredError(key, cause, deleted=False)
        return MintNotStoredError(key, cause, deleted=True)

    def verify(self, version: Version) -> None:
        """Use the key as readers will get it, until it works or has had all the time there is."""
        ports = self.ports
        key = ports.store.fetch(version)
        until = ports.clock() + ports.timing.propagation
        while True:
            try:
                ports.verify(key)
            except VerificationError as error:
                reason = error
                break
            except NotYetUsableError as error:
                reason = error
            else:
                self.verified.add(version.id)
                return
            if ports.clock() >= until:
                break
            ports.sleep(ports.timing.poll.total_seconds())
            self.hold()
        self.unusable.add(key.access_key_id)
        if key.access_key_id == self.minted:
            # Minting another would not help: the next step is to delete this one, then to say so.
            self.trouble = VerificationError(key.access_key_id, reason.found)
            self.mints_left = 0

    def promote(self, version: Version, world: World) -> None:
        """Make a version current, if what is current is still what this run saw."""
        self.ports.store.promote(version, expected=world.current)
        self.moved(version)

    def empty(self, world: World) -> None:
        """Make the empty marker current."""
        held = self.held
        self.moved(self.ports.store.empty(expected=world.current, generation=held.generation))

    def clear(self, label: Label, version: Version) -> None:
        """Take a label off; its key is to be deleted then, unless another label names it."""
        self.ports.store.clear(label, version)
        if version.access_key_id is not None:
            self.unlabelled.add(version.access_key_id)

    def drop(self, key: AccessKeyId, world: World) -> None:
        """Deactivate a key and delete it, once nobody can make it current any more.

        A run that was held up just before promoting this very key would promote a dead one; so what
        it takes for current is made stale first.
        """
        if self.tenure and not self.fenced:
            current = world.current
            generation = self.tenure.generation
            self.moved(self.ports.store.restate(expected=current, generation=generation))
            return
        self.ports.keys.deactivate(key)
        self.hold()
        self.ports.keys.delete(key)
        self.deleted.add(key)

    def moved(self, current: Version) -> None:
        """Note that this run has changed what is current: nobody else's promotion can succeed."""
        self.held.moved(current)
        self.fenced = True

    def hold(self) -> None:
        """Renew the lease if there is one and it needs it."""
        if self.tenure:
            self.tenure.hold()

    @property
    def held(self) -> Tenure:
        """The lease, for the steps that are never taken without one."""
        if self.tenure is None:
            raise AssertionError("a step that needs the lease was taken without it")
        return self.tenure

    @staticmethod
    def release(tenure: Tenure, *, unsettled: bool) -> None:
        """Let go of the lease; if that fails, it ends by itself."""
        with contextlib.suppress(CredentialsError):
            tenure.release(unsettled=unsettled)
