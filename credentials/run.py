"""One run: look, decide, do one step, look again, until there is nothing left to do."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from credentials.errors import (
    CredentialsError,
    KeyLimitError,
    MintNotStoredError,
    NotConvergedError,
    ServiceError,
    StoreNotFoundError,
    UserNotFoundError,
    VerificationError,
)
from credentials.keys import AccessKeyId
from credentials.look import Look
from credentials.ports import Ports, Urgency
from credentials.rotation import asked
from credentials.store import Label, StoredKey, Version
from credentials.tenure import Leases, Tenure
from credentials.trial import failure
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

_MINTS = 2
_STEPS = 60
"""More than any world needs: a bound on fighting over it with somebody else."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What was seen last, what is current, and whether this run made it so."""

    world: World
    current: Version | None
    changed: bool = False


class Run:
    """One run of `ensure` or `remove`; which of them is a matter of `choose`."""

    def __init__(
        self,
        ports: Ports,
        choose: Callable[[World], Step],
        urgency: Urgency = Urgency.DUE,
        *,
        absence_is_fine: bool = False,
    ) -> None:
        self.ports = ports
        self.choose = choose
        self.urgency = urgency
        self.look = Look(ports, absence_is_fine, Leases(ports.store))
        self.tenure: Tenure | None = None
        self.fenced = False
        self.mints_left = _MINTS
        self.minted: AccessKeyId | None = None
        self.promoted = False
        self.trouble: CredentialsError | None = None

    def to_the_end(self) -> Finished:
        """Take steps until none is left. Raises: CredentialsError."""
        seen = self.first_look()
        wanted = asked(seen, self.urgency)
        rotation = seen.rotation.condemning(wanted.condemned, wanted.leaked)
        world = replace(seen, rotation=rotation)
        step = self.choose(world)
        if isinstance(step, Refuse):
            raise step.error
        if world.snapshot is None or world.snapshot.closed:
            return self.steps()
        tenure = Tenure(self.ports, self.look.leases, wanted)
        if isinstance(step, Done) and not wanted.condemned and tenure.is_quiet(world.snapshot):
            return Finished(world, step.current)
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
                return self.look.world(self.tenure)
            except (UserNotFoundError, StoreNotFoundError):
                if self.ports.clock() >= until:
                    raise
            self.ports.sleep(self.ports.timing.poll.total_seconds())

    def steps(self) -> Finished:
        """Take steps, each from a fresh look."""
        for _ in range(_STEPS):
            world = self.look.world(self.tenure)
            step = self.choose(world)
            if isinstance(step, Refuse):
                raise step.error
            if isinstance(step, Mint | Done) and self.tenure and self.tenure.settle():
                continue
            if isinstance(step, Done):
                self.forget_gone(world)
                return Finished(world, step.current, changed=self.promoted)
            self.hold()
            self.take(step, world)
        raise NotConvergedError(self.ports.keys.user)

    def forget_gone(self, world: World) -> None:
        """Have the record of the rotation name only keys that are still there."""
        if self.tenure:
            labelled = world.snapshot.labelled if world.snapshot else frozenset[AccessKeyId]()
            there = (labelled | set(world.keys)) - self.look.deleted
            self.tenure.amend(self.tenure.rotation.among(there))

    def take(self, step: Step, world: World) -> None:
        """Do one step."""
        match step:
            case Mint():
                self.mint()
            case Verify(version):
                self.verify(version, world)
            case Promote(version):
                self.promote(version, world)
            case Deactivate(key):
                self.deactivate(key)
            case Retire(key):
                self.retire(key, world)
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
            self.look.unlabelled.add(key.access_key_id)
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

    def verify(self, version: Version, world: World) -> None:
        """Use the key as readers will get it."""
        current = world.current if version.id != world.current.id else None
        reason = failure(self.ports, version, current, self.hold)
        key = version.access_key_id
        if reason is None or key is None:
            self.look.verified.add(version.id)
            return
        self.look.unusable.add(key)
        if key == self.minted:
            # Minting another would not help: the next step is to delete this one, then to say so.
            self.trouble = VerificationError(key, reason.found)
            self.mints_left = 0

    def promote(self, version: Version, world: World) -> None:
        """Make a version current, if what is current is still what this run saw.

        When its predecessor's grace begins is written before, for the case that this run dies; and
        once more with the lease's release, for the case that it was held up.
        """
        key, held = world.current_key, self.held
        if key is not None and (key in world.keys or world.current.id in world.verified):
            began = replace(held.rotation, previous=key, deactivated_at=None)
            held.note(replace(began, superseded_at=self.ports.clock()))
            self.ports.store.promote(version, expected=world.current)
            held.amend(replace(began, superseded_at=self.ports.clock()))
        else:
            self.ports.store.promote(version, expected=world.current)
        self.promoted = True
        self.moved(version)

    def deactivate(self, key: AccessKeyId) -> None:
        """Make a previous key unusable, and write down when."""
        self.held.note(replace(self.held.rotation, deactivated_at=self.ports.clock()))
        self.ports.keys.deactivate(key)
        self.look.stopped.add(key)

    def retire(self, key: AccessKeyId, world: World) -> None:
        """Take a previous key's label off, then strike it off the record: it is nobody's now."""
        labelled = world.snapshot.previous if world.snapshot else None
        if labelled is not None and labelled.access_key_id == key:
            self.ports.store.clear(Label.PREVIOUS, labelled)
        held = self.held
        held.note(replace(held.rotation.condemning(frozenset({key})), previous=None))
        self.look.unlabelled.add(key)

    def empty(self, world: World) -> None:
        """Make the empty marker current."""
        held = self.held
        self.moved(self.ports.store.empty(expected=world.current, generation=held.generation))

    def clear(self, label: Label, version: Version) -> None:
        """Take a label off; its key is to be deleted then, unless another label names it."""
        if version.access_key_id is None:
            self.ports.store.clear(label, version)
            return
        # A store forgets what it held: by the lease, the next run knows that the key was ours.
        self.held.note(self.held.rotation.condemning(frozenset({version.access_key_id})))
        self.ports.store.clear(label, version)
        self.look.unlabelled.add(version.access_key_id)

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
        self.look.deleted.add(key)

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
