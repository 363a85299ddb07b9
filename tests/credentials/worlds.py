"""One user's world with faults before and after every call, and what must hold at every moment."""

import contextlib
import functools
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from credentials.aws import IamKeys, assume, identify
from credentials.ensure import Ensured, ensure, remove
from credentials.errors import CredentialsError
from credentials.ports import Policy, Ports, Urgency
from credentials.secrets_manager import SecretsManagerStore
from credentials.store import Owner, StoredKey
from tests.credentials import laws
from tests.credentials.disturbances import (
    ANSWERS,
    END_DELAYS,
    GRANT_DELAYS,
    LIST_DELAYS,
    PASSING,
    RIVALS,
    RUTHLESS,
    URGENCIES,
    USE_DELAYS,
    Action,
    BrokenInvariantError,
    CrashedError,
    Fault,
    Schedule,
)
from tests.credentials.example import HASTY, LATER, ROLE, SECRET, USER, USER_ARN, WEEKLY
from tests.credentials.fakes import FakeAws, Held, Iam, SecretsManager, refuse

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


@functools.lru_cache(maxsize=4096)
def _parsed(value: str) -> Mapping[str, Any]:
    return json.loads(value)


@dataclass
class World:
    """A user, a secret, and runs of `ensure` and `remove` on them."""

    schedule: Schedule = field(default_factory=dict[int, Fault])
    one_machine: bool = True
    """Whether a run can see that another one's process has ended."""
    policy: Policy = WEEKLY
    aws: FakeAws = field(default_factory=FakeAws)
    dead: set[str] = field(default_factory=set[str])
    runs: int = 0
    errors: list[BaseException] = field(default_factory=list[BaseException])
    down: int = 0
    by_hand: set[str] = field(default_factory=set[str])
    was_current: str = ""
    superseded: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """When each key ceased to be what readers get."""
    graceless: set[str] = field(default_factory=set[str])
    """Keys that somebody said are leaked, or removed: jobs in flight lose them."""
    leaked: set[str] = field(default_factory=set[str])
    """Keys that a run was told are leaked, and had begun to replace."""
    hurried_at: datetime | None = None
    """When somebody last asked for a rotation that is not due."""
    ruthless: int = 0
    """How many runs that spare nothing are under way, with rivals."""

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
            assume(sts, key, ROLE)

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
        if action in PASSING:
            self.aws.clock.sleep(PASSING[action].total_seconds())
            return None
        if action is Action.DELETE:
            self.delete_by_hand()
            return None
        ports = self.ports()
        with self.sparing_nothing() if action in RUTHLESS else contextlib.nullcontext():
            try:
                if action is not Action.REMOVE:
                    return self.ensure(ports, URGENCIES[action])
                remove(ports)
            except CrashedError:
                self.dead.add(ports.owner.run)
                raise
        return None

    def ensure(self, ports: Ports, urgency: Urgency) -> Ensured:
        """Run `ensure`; what it, or one before it, must have achieved when it says so."""
        leaked = set(self.aws.keys) if urgency is Urgency.LEAKED else set[str]()
        try:
            ensured = self._ensured(ports, urgency)
        except (CredentialsError, CrashedError):
            # A new key shows that it had begun, where nobody else can have made one.
            if set(self.aws.keys) - leaked and not set(RIVALS) & set(self.schedule.values()):
                self.leaked |= leaked
            raise
        self.leaked |= leaked
        if left := self.leaked & set(self.aws.keys):
            raise BrokenInvariantError(f"{left} leaked, and is still there")
        return ensured

    def _ensured(self, ports: Ports, urgency: Urgency) -> Ensured:
        """Run `ensure`. An early rotation is asked for until it ends: it condemns what it reads."""
        early = urgency is Urgency.EARLY
        self.hurried_at = self.aws.clock.now if early else self.hurried_at
        try:
            return ensure(ports, self.policy, urgency)
        finally:
            self.hurried_at = self.aws.clock.now if early else self.hurried_at

    def delete_by_hand(self) -> None:
        """Delete the current key, as somebody does in the console."""
        key = self.current_key()
        if key in self.aws.keys:
            self.by_hand.add(key)
            del self.aws.keys[key]

    @contextlib.contextmanager
    def sparing_nothing(self) -> Generator[None]:
        """No key that exists has a grace, nor one that a rival makes meanwhile."""
        self.graceless |= set(self.aws.keys)
        rivals = bool(set(RIVALS) & set(self.schedule.values()))
        self.ruthless += rivals
        try:
            yield
        finally:
            self.ruthless -= rivals

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
        one that no list shows yet, and has until the next run. And what is left to do must come to
        an end.
        """
        rivals = set(RIVALS) & set(self.schedule.values())
        self.schedule = {}
        self.down = 0
        self.aws.use_delay = self.aws.list_delay = timedelta(0)
        self.aws.grant_delay = self.aws.end_delay = timedelta(0)
        for _ in range(3):
            with contextlib.suppress(CredentialsError):
                self.act(action)
                break
            self.aws.clock.sleep(LATER)
        else:
            raise BrokenInvariantError(f"{action} is stuck: {self.errors}")
        if not rivals and (lost := set(self.aws.keys) - self.recorded_keys()):
            raise BrokenInvariantError(f"{lost} live, and on no record")
        for _ in range(5):
            self.aws.clock.sleep(LATER)
            ensured = self.act(action)
            if ensured is None or self.policy == HASTY or ensured.finishing is None:
                return ensured
        raise BrokenInvariantError("what the grace leaves to do never ends")

    def recorded_keys(self) -> set[str]:
        """The keys that a label names, and the one before, as the lease says."""
        held = self.aws.secrets[SECRET]
        values = [_parsed(held.values[version]) for version in set(held.labels.values())]
        named = {value.get("access_key_id") for value in values}
        named |= {value.get("rotation", {}).get("previous") for value in values}
        return {key for key in named if key}

    def current_key(self) -> str:
        """What readers get: the key's id; nothing for the empty marker or an empty secret."""
        held = self.aws.secrets.get(SECRET, Held())
        value = _parsed(held.values.get(held.labels.get("AWSCURRENT", ""), "{}"))
        return str(value.get("access_key_id", ""))

    def check(self) -> None:
        """What must hold after every single call."""
        laws.hold(self)

    def check_ensured(self, ensured: Ensured | None) -> None:
        """What must hold after a run of `ensure` that nothing disturbed."""
        if ensured is None or ensured.access_key_id != self.current_key():
            raise BrokenInvariantError(f"{ensured} is not what the store gives out")
        rest = {ensured.finishing.access_key_id} if ensured.finishing else set[str]()
        if set(self.aws.keys) != {ensured.access_key_id} | rest:
            raise BrokenInvariantError(f"keys are left: {set(self.aws.keys)}")

    def check_removed(self) -> None:
        """What must hold after a run of `remove` that nothing disturbed."""
        if self.aws.keys or self.current_key():
            raise BrokenInvariantError(f"keys are left: {set(self.aws.keys)}")

    def _before(self, at: int, called: str) -> None:
        fault = self.schedule.get(at)
        if fault is Fault.CRASH_BEFORE:
            raise CrashedError
        if fault in ANSWERS:
            refuse(called, *ANSWERS[fault])
        if fault in RIVALS:
            self.attempt(RIVALS[fault])
        if fault is Fault.STORE_DOWN:
            self.down = _DOWN_CALLS
        if fault is Fault.UNDEPLOYED:
            self.aws.refused_roles.add(ROLE)
        if fault is not None:
            self._delay(fault)
        if self.down and called in _STORE_CALLS:
            self.down -= 1
            raise ConnectTimeoutError(endpoint_url="https://secretsmanager")

    def _delay(self, fault: Fault) -> None:
        aws = self.aws
        aws.use_delay = USE_DELAYS.get(fault, aws.use_delay)
        aws.list_delay = LIST_DELAYS.get(fault, aws.list_delay)
        aws.grant_delay = GRANT_DELAYS.get(fault, aws.grant_delay)
        aws.end_delay = END_DELAYS.get(fault, aws.end_delay)

    def _after(self, at: int, called: str) -> None:
        self.check()
        match self.schedule.get(at):
            case Fault.CRASH_AFTER:
                raise CrashedError
            case Fault.LOST:
                raise ReadTimeoutError(endpoint_url=f"https://{called}")
            case _:
                pass
