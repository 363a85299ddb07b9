"""A fake of IAM's access keys, Secrets Manager and GetCallerIdentity, at least as strict as AWS.

moto accepts what AWS refuses: a token reused for other data on a pending version, a label moved
without naming where from, the deletion of a user with keys; and with moto a deleted key still
works and a new one works at once. Each rule here names the page that it comes from. The clients
have boto3's signatures and raise botocore's errors, so the adapters are tested along with the core.

Pages, under https://docs.aws.amazon.com/:
    [IAM]    IAM/latest/APIReference/API_<operation>.html
    [KEYS]   IAM/latest/UserGuide/id_credentials_access-keys.html
    [QUOTA]  IAM/latest/UserGuide/reference_iam-quotas.html
    [EVENT]  IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
    [SM]     secretsmanager/latest/apireference/API_<operation>.html
    [LABELS] secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
    [LIMITS] secretsmanager/latest/userguide/reference_limits.html
"""

# ruff: noqa: N803 - the parameters have AWS's names

import functools
from collections.abc import Callable, Iterator
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
        self.list_delay = timedelta(0)
        self.use_delay = timedelta(0)
        self.before: Callable[[int, str], None] = lambda _at, _called: None
        self.after: Callable[[int, str], None] = lambda _at, _called: None
        self.calls: list[str] = []

    def sts(self, key_id: str, secret: str) -> "Sts":
        """A client that signs with a key."""
        return Sts(self, key_id, secret)

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


class Iam:
    """IAM's operations on users' access keys."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def _of(self, user: str, called: str) -> list[Key]:
        if user not in self._aws.users:
            refuse(called, "NoSuchEntity", f"The user with name {user} cannot be found.", 404)
        return [key for key in self._aws.keys.values() if key.user == user]

    @operation("GetUser")
    def get_user(self, *, UserName: str) -> dict[str, Any]:
        self._of(UserName, "GetUser")
        return {"User": {"UserName": UserName, "Arn": self._aws.users[UserName]}}

    @operation("CreateAccessKey")
    def create_access_key(self, *, UserName: str) -> dict[str, Any]:
        """At most two keys, active or not [QUOTA]; the secret is shown this once [KEYS]."""
        aws = self._aws
        if len(self._of(UserName, "CreateAccessKey")) >= 2:
            refuse("CreateAccessKey", "LimitExceeded", "", 409)
        number, now = len(aws.minted) + 1, aws.clock.now
        key = Key(
            f"AKIA{number:016d}",
            f"canary/{number:04d}+{'s' * 28}",
            UserName,
            now.replace(microsecond=0),
            now + aws.list_delay,
            now + aws.use_delay,
        )
        aws.keys[key.id] = key
        aws.minted.append(key)
        return {
            "AccessKey": {
                "UserName": UserName,
                "AccessKeyId": key.id,
                "Status": "Active",
                "SecretAccessKey": key.secret,
                "CreateDate": key.created_at,
            }
        }

    def _one(self, user: str, key_id: str, called: str) -> Key:
        for key in self._of(user, called):
            if key.id == key_id:
                return key
        refuse(called, "NoSuchEntity", f"The Access Key with id {key_id} cannot be found.", 404)

    @operation("UpdateAccessKey")
    def update_access_key(self, *, UserName: str, AccessKeyId: str, Status: str) -> None:
        self._one(UserName, AccessKeyId, "UpdateAccessKey").active = Status == "Active"

    @operation("DeleteAccessKey")
    def delete_access_key(self, *, UserName: str, AccessKeyId: str) -> None:
        del self._aws.keys[self._one(UserName, AccessKeyId, "DeleteAccessKey").id]

    @operation("ListAccessKeys")
    def _list_access_keys(self, user: str) -> dict[str, Any]:
        """IAM is eventually consistent: a new key may be missing for a while [EVENT]."""
        now = self._aws.clock.now
        return {
            "AccessKeyMetadata": [
                {
                    "UserName": user,
                    "AccessKeyId": key.id,
                    "Status": "Active" if key.active else "Inactive",
                    "CreateDate": key.created_at,
                }
                for key in self._of(user, "ListAccessKeys")
                if key.listed_from <= now
            ],
            "IsTruncated": False,
        }

    def get_paginator(self, name: str) -> "Iam":
        assert name == "list_access_keys"
        return self

    def paginate(self, *, UserName: str) -> Iterator[dict[str, Any]]:
        yield self._list_access_keys(UserName)

    @operation("GetAccessKeyLastUsed")
    def get_access_key_last_used(self, *, AccessKeyId: str) -> dict[str, Any]:
        """The date is left out for a key that was never used [IAM]."""
        if AccessKeyId not in self._aws.keys:
            refuse("GetAccessKeyLastUsed", "AccessDenied", "", 403)
        used = self._aws.keys[AccessKeyId].used_at
        date = {"LastUsedDate": used} if used else {}
        return {"AccessKeyLastUsed": {**date, "ServiceName": "sts" if used else "N/A"}}

    @operation("DeleteUser")
    def delete_user(self, *, UserName: str) -> None:
        """A user with keys is not deleted [IAM]."""
        if self._of(UserName, "DeleteUser"):
            refuse("DeleteUser", "DeleteConflict", "", 409)
        del self._aws.users[UserName]


class Sts:
    """GetCallerIdentity, for whoever signs."""

    def __init__(self, aws: FakeAws, key_id: str, secret: str) -> None:
        self._aws = aws
        self._key_id = key_id
        self._secret = secret

    @operation("GetCallerIdentity")
    def get_caller_identity(self) -> dict[str, Any]:
        key = self._aws.keys.get(self._key_id)
        if key is None or not self._aws.usable(key):
            refuse("GetCallerIdentity", "InvalidClientTokenId", "", 403)
        if key.secret != self._secret:
            refuse("GetCallerIdentity", "SignatureDoesNotMatch", "", 403)
        key.used_at = self._aws.clock.now
        return {"Arn": self._aws.users[key.user], "Account": ACCOUNT, "UserId": "AIDA"}


class SecretsManager:
    """Secrets Manager's operations on versions and their labels."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def _held(self, name: str, called: str, *, writable: bool = True) -> Held:
        held = self._aws.secrets.get(name)
        if held is None:
            refuse(called, "ResourceNotFoundException")
        if writable and held.deleted_at:
            refuse(called, "InvalidRequestException", "scheduled for deletion")
        return held

    @operation("DescribeSecret")
    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:
        """Only versions with a label; works on a secret that is scheduled for deletion [SM]."""
        held = self._held(SecretId, "DescribeSecret", writable=False)
        stages: dict[str, list[str]] = {}
        for label, version in held.labels.items():
            stages.setdefault(version, []).append(label)
        answer: dict[str, Any] = {
            "ARN": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:{SecretId}-AbCdEf",
            "Name": SecretId,
        }
        # Only fields that have a value are returned [SM].
        if stages:
            answer["VersionIdsToStages"] = stages
        if held.deleted_at:
            answer["DeletedDate"] = held.deleted_at
        return answer

    @operation("ListSecretVersionIds")
    def list_secret_version_ids(
        self,
        *,
        SecretId: str,
        IncludeDeprecated: bool = False,
        NextToken: str = "",
    ) -> dict[str, Any]:
        """Versions without a label only if asked for [SM]; here one a page, to try the paging."""
        held = self._held(SecretId, "ListSecretVersionIds", writable=False)
        labelled = set(held.labels.values())
        versions = [v for v in held.values if IncludeDeprecated or v in labelled]
        at = int(NextToken or 0)
        more = {"NextToken": str(at + 1)} if at + 1 < len(versions) else {}
        return {"Versions": [{"VersionId": v} for v in versions[at : at + 1]], **more}

    @operation("GetSecretValue")
    def get_secret_value(
        self,
        *,
        SecretId: str,
        VersionId: str | None = None,
        VersionStage: str = "AWSCURRENT",
    ) -> dict[str, Any]:
        held = self._held(SecretId, "GetSecretValue")
        version = VersionId or held.labels.get(VersionStage, "")
        if version not in held.values:
            refuse("GetSecretValue", "ResourceNotFoundException")
        return {"VersionId": version, "SecretString": held.values[version]}

    @operation("PutSecretValue")
    def put_secret_value(
        self,
        *,
        SecretId: str,
        ClientRequestToken: str,
        SecretString: str,
        VersionStages: list[str],
    ) -> None:
        """A token is a version: the same data again does nothing, other data is refused [SM]."""
        held = self._held(SecretId, "PutSecretValue")
        if not 32 <= len(ClientRequestToken) <= 64 or not VersionStages:
            refuse("PutSecretValue", "InvalidParameterException")
        if ClientRequestToken in held.values:
            if held.values[ClientRequestToken] != SecretString:
                refuse("PutSecretValue", "ResourceExistsException")
            return
        # The first version of a secret becomes current whatever labels it is put with [SM].
        stages = [*VersionStages, *([] if held.values else ["AWSCURRENT"])]
        held.values[ClientRequestToken] = SecretString
        for stage in dict.fromkeys(stages):
            self._attach(held, stage, ClientRequestToken, "PutSecretValue")

    @operation("UpdateSecretVersionStage")
    def update_secret_version_stage(
        self,
        *,
        SecretId: str,
        VersionStage: str,
        RemoveFromVersionId: str | None = None,
        MoveToVersionId: str | None = None,
    ) -> None:
        """A label that is on a version is moved only by naming that version [SM]."""
        called = "UpdateSecretVersionStage"
        held = self._held(SecretId, called)
        if held.labels.get(VersionStage) != RemoveFromVersionId:
            refuse(called, "InvalidParameterException")
        if MoveToVersionId is None:
            if VersionStage == "AWSCURRENT":  # it can be moved, not removed [LABELS]
                refuse(called, "InvalidParameterException")
            del held.labels[VersionStage]
            return
        if MoveToVersionId not in held.values:
            refuse(called, "ResourceNotFoundException")
        self._attach(held, VersionStage, MoveToVersionId, called)

    def _attach(self, held: Held, stage: str, version: str, called: str) -> None:
        """Moving AWSCURRENT moves AWSPREVIOUS to where it was [SM]; at most 20 labels [LIMITS]."""
        if len({*held.labels, stage}) > 20:
            refuse(called, "LimitExceededException")
        was = held.labels.get(stage)
        held.labels[stage] = version
        if stage == "AWSCURRENT" and was not in {None, version}:
            held.labels["AWSPREVIOUS"] = str(was)

    @operation("DeleteSecret")
    def delete_secret(self, *, SecretId: str, RecoveryWindowInDays: int = 30) -> None:
        """Scheduled, seven to thirty days ahead [SM]."""
        held = self._held(SecretId, "DeleteSecret")
        if not 7 <= RecoveryWindowInDays <= 30:
            refuse("DeleteSecret", "InvalidParameterException")
        held.deleted_at = self._aws.clock.now + timedelta(days=RecoveryWindowInDays)

    @operation("RestoreSecret")
    def restore_secret(self, *, SecretId: str) -> None:
        self._held(SecretId, "RestoreSecret", writable=False).deleted_at = None
