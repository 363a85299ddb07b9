"""One user's world with faults before and after every call, and what must hold at every moment."""

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, cast

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from credentials.aws import IamKeys, identify
from credentials.ensure import Ensured, ensure, remove
from credentials.errors import CredentialsError
from credentials.ports import Policy, Ports
from credentials.secrets_manager import SecretsManagerStore
from credentials.store import Owner, StoredKey
from iam_profiles.names import UserName
from tests.credentials.fakes import ACCOUNT, FakeAws, Held, Iam, SecretsManager, refuse

USER = UserName("payments-nonprod")
SECRET = "iam-profiles/nonprod/payments-nonprod"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/PlatformServiceUsers/nonprod/{USER}"
LATER = timedelta(hours=2).total_seconds()
"""Beyond every wait and the grace, so that what one run leaves to the next is due."""

WRITES = frozenset(
    {
        "CreateAccessKey",
        "DeleteAccessKey",
        "PutSecretValue",
        "UpdateAccessKey",
        "UpdateSecretVersionStage",
    }
)
_STORE_CALLS = frozenset(
    {
        "DescribeSecret",
        "GetSecretValue",
        "ListSecretVersionIds",
        "PutSecretValue",
        "UpdateSecretVersionStage",
    }
)
_DOWN_CALLS = 3


class CrashedError(BaseException):
    """The process was killed: nothing of it runs any more."""


class BrokenInvariantError(AssertionError):
    """Something that must never be was."""


class Fault(StrEnum):
    """What can go wrong with one call."""

    CRASH_BEFORE = "killed before the call"
    CRASH_AFTER = "killed after the call"
    REFUSED = "refused"
    FAILED = "failed, without effect"
    LOST = "done, but the answer lost"
    THROTTLED = "throttled"
    STORE_DOWN = "store unreachable for some calls"
    SLOW = "keys minted from now on work after half a minute"
    USELESS = "keys minted from now on work after an hour"
    HIDDEN = "keys minted from now on are listed after some seconds"
    RIVAL_ENSURES = "another run of ensure before the call"
    RIVAL_REMOVES = "a run of remove before the call"


class Action(StrEnum):
    """What is done about the user's key."""

    ENSURE = "ensure"
    REMOVE = "remove"
    DELETE = "the current key is deleted by hand"


_ANSWERS: Mapping[Fault | None, tuple[str, str, int]] = {
    Fault.REFUSED: ("AccessDenied", "not authorized", 403),
    Fault.FAILED: ("InternalFailure", "", 500),
    Fault.THROTTLED: ("Throttling", "", 400),
}
_RIVALS: Mapping[Fault | None, Action] = {
    Fault.RIVAL_ENSURES: Action.ENSURE,
    Fault.RIVAL_REMOVES: Action.REMOVE,
}
_USE_DELAYS: Mapping[Fault | None, timedelta] = {
    Fault.SLOW: timedelta(seconds=30),
    Fault.USELESS: timedelta(hours=1),
}
_LIST_DELAYS: Mapping[Fault | None, timedelta] = {Fault.HIDDEN: timedelta(seconds=8)}

Schedule = Mapping[int, Fault]
"""Which call, counted from the first of the world, meets which fault."""


@dataclass
class World:
    """A user, a secret, and runs of `ensure` and `remove` on them."""

    schedule: Schedule = field(default_factory=dict[int, Fault])
    one_machine: bool = True
    """Whether a run can see that another one's process has ended."""
    aws: FakeAws = field(default_factory=FakeAws)
    policy: Policy = field(default_factory=Policy)
    dead: set[str] = field(default_factory=set[str])
    runs: int = 0
    errors: list[BaseException] = field(default_factory=list[BaseException])
    down: int = 0
    by_hand: set[str] = field(default_factory=set[str])
    was_current: str | None = None

    def __post_init__(self) -> None:
        self.aws.users[USER] = USER_ARN
        self.aws.secrets[SECRET] = Held()
        self.aws.before = self._before
        self.aws.after = self._after

    def ports(self) -> Ports:
        """The ports of a new process."""
        self.runs += 1
        run = f"run-{self.runs}"

        def verify(key: StoredKey) -> None:
            sts: Any = self.aws.sts(key.access_key_id, key.secret_access_key.reveal())
            identify(sts, key)

        return Ports(
            keys=IamKeys(USER, cast("Any", Iam(self.aws))),
            store=SecretsManagerStore(cast("Any", SecretsManager(self.aws)), SECRET),
            verify=verify,
            clock=self.aws.clock,
            sleep=self.aws.clock.sleep,
            owner=Owner(run, "here", self.runs, 0.0),
            is_gone=lambda owner: self.one_machine and owner.run in self.dead,
        )

    def act(self, action: Action) -> Ensured | None:
        """Do something in a process of its own, and let its error or its crash through."""
        if action is Action.DELETE:
            key = self.current_key()
            if key in self.aws.keys:
                self.by_hand.add(key)
                del self.aws.keys[key]
            return None
        ports = self.ports()
        try:
            if action is Action.ENSURE:
                return ensure(ports, self.policy)
            remove(ports)
        except CrashedError:
            self.dead.add(ports.owner.run)
            raise
        return None

    def attempt(self, action: Action) -> bool:
        """Do something that may fail or crash; whether it succeeded."""
        try:
            self.act(action)
        except (CredentialsError, CrashedError) as error:
            self.errors.append(error)
            return False
        return True

    def converge(self, action: Action) -> Ensured | None:
        """Do it at once and without further faults, until it succeeds: at most three tries.

        Then all keys must be on record; a rival that was held up at the very call may have minted
        one that no list shows yet, and has until the next run.
        """
        rivals = set(_RIVALS) & set(self.schedule.values())
        self.schedule = {}
        self.down = 0
        self.aws.use_delay = self.aws.list_delay = timedelta(0)
        for _ in range(3):
            with contextlib.suppress(CredentialsError):
                self.act(action)
                break
            self.aws.clock.sleep(LATER)
        else:
            raise BrokenInvariantError(f"{action} is stuck: {self.errors}")
        if not rivals and (lost := set(self.aws.keys) - self.recorded_keys()):
            raise BrokenInvariantError(f"{lost} live, and in no label")
        self.aws.clock.sleep(LATER)
        return self.act(action)

    def recorded_keys(self) -> set[str]:
        """The keys that a label names."""
        held = self.aws.secrets[SECRET]
        values = [json.loads(held.values[version]) for version in set(held.labels.values())]
        return {value["access_key_id"] for value in values if "access_key_id" in value}

    def current_key(self) -> str:
        """What readers get: the key's id; nothing for the empty marker or an empty secret."""
        held = self.aws.secrets.get(SECRET, Held())
        value = json.loads(held.values.get(held.labels.get("AWSCURRENT", ""), "{}"))
        return str(value.get("access_key_id", ""))

    def check(self) -> None:
        """What must hold after every single call."""
        current = self.current_key()
        readable = self.aws.secrets.get(SECRET, Held()).deleted_at is None
        if current and readable and current not in self.by_hand:
            key = self.aws.keys.get(current)
            if key is None or not key.active:
                raise BrokenInvariantError(f"the store gives out {current}, which is dead")
            if current != self.was_current and not self.aws.usable(key):
                raise BrokenInvariantError(f"the store gives out {current}, which does not work")
        self.was_current = current
        if len(self.aws.keys) > 2:
            raise BrokenInvariantError("there are more than two keys")

    def check_ensured(self, ensured: Ensured | None) -> None:
        """What must hold after a run of `ensure` that nothing disturbed."""
        if ensured is None or ensured.access_key_id != self.current_key():
            raise BrokenInvariantError(f"{ensured} is not what the store gives out")
        if set(self.aws.keys) != {ensured.access_key_id}:
            raise BrokenInvariantError(f"keys are left: {set(self.aws.keys)}")

    def check_removed(self) -> None:
        """What must hold after a run of `remove` that nothing disturbed."""
        if self.aws.keys or self.current_key():
            raise BrokenInvariantError(f"keys are left: {set(self.aws.keys)}")

    def _before(self, at: int, called: str) -> None:
        fault = self.schedule.get(at)
        if fault is Fault.CRASH_BEFORE:
            raise CrashedError
        if fault in _ANSWERS:
            refuse(called, *_ANSWERS[fault])
        if fault in _RIVALS:
            self.attempt(_RIVALS[fault])
        if fault is Fault.STORE_DOWN:
            self.down = _DOWN_CALLS
        self.aws.use_delay = _USE_DELAYS.get(fault, self.aws.use_delay)
        self.aws.list_delay = _LIST_DELAYS.get(fault, self.aws.list_delay)
        if self.down and called in _STORE_CALLS:
            self.down -= 1
            raise ConnectTimeoutError(endpoint_url="https://secretsmanager")

    def _after(self, at: int, called: str) -> None:
        self.check()
        match self.schedule.get(at):
            case Fault.CRASH_AFTER:
                raise CrashedError
            case Fault.LOST:
                raise ReadTimeoutError(endpoint_url=f"https://{called}")
            case _:
                pass


def index_of(called: str, nth: int = 0) -> int:
    """Which call it is in a first run of `ensure` that nothing disturbs."""
    world = World()
    world.act(Action.ENSURE)
    return [at for at, name in enumerate(world.aws.calls) if name == called][nth]


def play(
    actions: Sequence[Action],
    schedule: Schedule,
    *,
    one_machine: bool = True,
    world: Callable[[Schedule], World] | None = None,
) -> World:
    """Do the actions, whatever fails; then the last one undisturbed.

    Raises:
        BrokenInvariantError: What must never be was.
    """
    played = world(schedule) if world else World(schedule, one_machine)
    for action in actions:
        played.attempt(action)
    last = actions[-1]
    if last is Action.REMOVE:
        played.converge(last)
        played.check_removed()
    else:
        played.check_ensured(played.converge(Action.ENSURE))
    return played
