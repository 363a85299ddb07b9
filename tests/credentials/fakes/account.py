"""The account: its keys, its secrets, its clock, and STS for whoever signs."""

# ruff: noqa: N803 - the parameters have AWS's names

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, ParamSpec, TypeVar

from botocore.exceptions import ClientError

P = ParamSpec("P")
R = TypeVar("R")

ACCOUNT = "111111111111"
CALL_SECONDS = 0.05


def refuse(operation: str, code: str, message: str = "", status: int = 400) -> NoReturn:
    """Raise the error that boto3 raises."""
    raise ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
                "HostId": "",
            },
        },
        operation,
    )


@dataclass
class Clock:
    """Time that passes only when somebody sleeps or calls."""

    now: datetime = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Key:
    """An access key, with what only AWS knows of it."""

    id: str
    secret: str
    user: str
    created_at: datetime
    listed_from: datetime
    usable_from: datetime
    granted_from: datetime
    active: bool = True
    used_at: datetime | None = None


@dataclass
class Held:
    """A secret of Secrets Manager."""

    values: dict[str, str] = field(default_factory=dict[str, str])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    """Each label is on one version at a time [LABELS]."""
    deleted_at: datetime | None = None


class FakeAws:
    """One account. `before` and `after` are called around every operation."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.users: dict[str, str] = {}
        self.keys: dict[str, Key] = {}
        self.secrets: dict[str, Held] = {}
        self.minted: list[Key] = []
        self.graves: dict[str, tuple[Key, datetime]] = {}
        self.list_delay = timedelta(0)
        self.use_delay = timedelta(0)
        self.grant_delay = timedelta(0)
        self.end_delay = timedelta(0)
        self.refused_roles: set[str] = set()
        self.before: Callable[[int, str], None] = lambda _at, _called: None
        self.after: Callable[[int, str], None] = lambda _at, _called: None
        self.calls: list[str] = []

    def sts(self, key_id: str, secret: str) -> "Sts":
        """A client that signs with a key."""
        return Sts(self, key_id, secret)

    def signing(self, key_id: str) -> Key | None:
        """The key, if AWS takes its signature: a deleted one may work on for a while [EVENT]."""
        now = self.clock.now
        buried, until = self.graves.get(key_id, (None, now))
        key = buried if until > now else self.keys.get(key_id)
        return key if key and key.active and key.usable_from <= now else None

    def usable(self, key: Key) -> bool:
        """Not one that is deleted, inactive, or so new that it is not known everywhere [EVENT]."""
        return key.id in self.keys and key.active and key.usable_from <= self.clock.now


def operation(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a method an API operation, with its faults."""

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(method)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            aws: FakeAws = getattr(args[0], "_aws")  # noqa: B009 - the client, first of *args
            at = len(aws.calls)
            aws.calls.append(name)
            aws.clock.sleep(CALL_SECONDS)
            aws.before(at, name)
            result = method(*args, **kwargs)
            aws.after(at, name)
            return result

        return run

    return decorate


class Sts:
    """GetCallerIdentity and AssumeRole, for whoever signs."""

    def __init__(self, aws: FakeAws, key_id: str, secret: str) -> None:
        self._aws = aws
        self._key_id = key_id
        self._secret = secret

    def _signer(self, called: str) -> Key:
        key = self._aws.signing(self._key_id)
        if key is None:
            refuse(called, "InvalidClientTokenId", "", 403)
        if key.secret != self._secret:
            refuse(called, "SignatureDoesNotMatch", "", 403)
        key.used_at = self._aws.clock.now
        return key

    @operation("GetCallerIdentity")
    def get_caller_identity(self) -> dict[str, Any]:
        key = self._signer("GetCallerIdentity")
        return {"Arn": self._aws.users[key.user], "Account": ACCOUNT, "UserId": "AIDA"}

    @operation("AssumeRole")
    def assume_role(
        self, *, RoleArn: str, RoleSessionName: str, DurationSeconds: int
    ) -> dict[str, Any]:
        """Refused alike where the role is not granted and where it is not there [ASSUME]."""
        key = self._signer("AssumeRole")
        if not 900 <= DurationSeconds <= 43200 or not 2 <= len(RoleSessionName) <= 64:
            refuse("AssumeRole", "ValidationError")
        if RoleArn in self._aws.refused_roles or key.granted_from > self._aws.clock.now:
            refuse("AssumeRole", "AccessDenied", "", 403)
        return {"Credentials": {"AccessKeyId": "ASIA", "SecretAccessKey": "session"}}
