"""AWS through boto3: a session that is checked, the keys of a user, and the probe of a new key."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config as Settings
from botocore.exceptions import BotoCoreError

from credentials.calls import call
from credentials.errors import (
    KeyLimitError,
    NotYetUsableError,
    ProbeRefusedError,
    ServiceError,
    UserNotFoundError,
    VerificationError,
    WrongAccountError,
)
from credentials.keys import AccessKey, AccessKeyId, LastUse, NewKey
from credentials.owner import is_gone, this_process
from credentials.patience import patient
from credentials.ports import Ports
from credentials.secret import Secret
from credentials.store import Store, StoredKey
from credentials.stores import Config, open_store
from iam_profiles.names import AccountId, Arn, UserName

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.literals import StatusTypeType
    from mypy_boto3_iam.type_defs import AccessKeyMetadataTypeDef, ListAccessKeysResponseTypeDef
    from mypy_boto3_sts import STSClient

# A call ends before the margin that is left of a lease when it starts (`Timing.margin`).
_PATIENT = patient(attempts=3, read_timeout=8)
# An answer may be lost after a key was minted; the client must not mint another on its own.
_ONCE = Settings(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 1})

_ONE_AT_A_TIME = threading.Lock()
"""A session is not safe to make clients with from several threads; the clients are safe to use.

Source: https://docs.aws.amazon.com/boto3/latest/guide/session.html#multithreading-or-multiprocessing-with-sessions
"""

_UNKNOWN_KEY = frozenset(
    {"InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException"}
)


def silence_wire_logs() -> None:
    """Keep requests and answers out of the logs, whatever level the root logger has."""
    for name in ("boto3", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Aws:
    """One account and region, with credentials from a profile or as boto3 finds them."""

    account: AccountId
    region: str
    profile: str | None = None

    @cached_property
    def session(self) -> boto3.Session:
        """The session; made once. Raises: ServiceError."""
        silence_wire_logs()
        try:
            return boto3.Session(profile_name=self.profile, region_name=self.region)
        except BotoCoreError as error:
            failure = ServiceError(
                "opening the session",
                type(error).__name__,
                "check the AWS profile and run this again",
                detail=f"profile `{self.profile}`",
            )
        raise failure

    def check_account(self) -> None:
        """Make sure that the credentials are the account's. Raises: WrongAccountError."""
        with _ONE_AT_A_TIME:
            sts = call(lambda: self.session.client("sts", config=_PATIENT))
        actual = call(sts.get_caller_identity)["Account"]
        if actual != self.account:
            raise WrongAccountError(self.account, actual)

    def keys(self, user: UserName) -> "IamKeys":
        """The keys of a user."""
        patient, once = self._iam
        return IamKeys(user, patient, minting=once)

    def store(self, config: Config) -> Store:
        """The store that a user's configuration names. Raises: StoreError, ServiceError."""
        return open_store(config, self._client)

    @cached_property
    def _iam(self) -> "tuple[IAMClient, IAMClient]":
        with _ONE_AT_A_TIME:
            return (
                call(lambda: self.session.client("iam", config=_PATIENT)),
                call(lambda: self.session.client("iam", config=_ONCE)),
            )

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        make = cast("Any", self.session).client
        with _ONE_AT_A_TIME:
            if service not in self._clients:
                self._clients[service] = call(make, service, config=_PATIENT)
            return self._clients[service]

    def ports(
        self,
        user: UserName,
        store: Store,
        probe: Arn | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Ports:
        """What a run of this process needs; a new key is tried by assuming `probe`, if given."""
        return Ports(
            keys=self.keys(user),
            store=store,
            verify=lambda key: self.verify(key, probe),
            clock=lambda: datetime.now(UTC),
            sleep=sleep,
            owner=this_process(),
            is_gone=is_gone,
        )

    def verify(self, key: StoredKey, probe: Arn | None = None) -> None:
        """Call AWS with the key: it must work, be its user's, and get the role `probe`, if given.

        Raises:
            NotYetUsableError: AWS does not know the key, or not yet.
            ProbeRefusedError: AWS knows it and refuses it the role.
            VerificationError: It is somebody else's.
        """

        def signing_with_it() -> "STSClient":
            return self.session.client(
                "sts",
                aws_access_key_id=key.access_key_id,
                aws_secret_access_key=key.secret_access_key.reveal(),
                config=_PATIENT,
            )

        with _ONE_AT_A_TIME:
            sts = call(signing_with_it)
        identify(sts, key)
        if probe is not None:
            assume(sts, key, probe)


def identify(sts: "STSClient", key: StoredKey) -> None:
    """Ask AWS who signs with the key. Raises: NotYetUsableError, VerificationError."""
    try:
        arn = call(sts.get_caller_identity)["Arn"]
    except ServiceError as error:
        if error.code in _UNKNOWN_KEY:
            raise NotYetUsableError(key.access_key_id, error.code) from None
        if f"User: {key.user_arn} is not authorized" in str(error):
            # AWS answers this call without asking for permission; a stricter implementation that
            # refuses it by name has verified the signature all the same.
            return
        raise
    if arn != key.user_arn:
        raise VerificationError(key.access_key_id, f"it is the key of `{arn}`")


def assume(sts: "STSClient", key: StoredKey, role: Arn) -> None:
    """Assume a role with the key, for as short as AWS lets one, and throw the session away.

    AWS answers `AccessDenied` also where the role does not exist.
    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

    Raises: NotYetUsableError, ProbeRefusedError.
    """
    name, seconds = "iam-profiles-verification", 900
    try:
        call(sts.assume_role, RoleArn=role, RoleSessionName=name, DurationSeconds=seconds)
    except ServiceError as error:
        if error.code in _UNKNOWN_KEY:
            raise NotYetUsableError(key.access_key_id, error.code) from None
        if error.code == "AccessDenied":
            raise ProbeRefusedError(key.access_key_id, role) from None
        raise


def _listed(key: "AccessKeyMetadataTypeDef") -> AccessKey:
    fields = cast("dict[str, Any]", key)
    active = fields["Status"] == "Active"
    return AccessKey(AccessKeyId(fields["AccessKeyId"]), active, fields["CreateDate"])


class IamKeys:
    """The keys of one user, in IAM."""

    def __init__(
        self, user: UserName, client: "IAMClient", *, minting: "IAMClient | None" = None
    ) -> None:
        self.user = user
        self._client = client
        self._minting = minting or client

    def user_arn(self) -> Arn:
        """The user's ARN."""
        try:
            return Arn(call(self._client.get_user, UserName=self.user)["User"]["Arn"])
        except ServiceError as error:
            raise self._meant(error) from None

    def list(self) -> tuple[AccessKey, ...]:
        """All keys, over all pages."""
        paginator = self._client.get_paginator("list_access_keys")

        def list_access_keys() -> list["ListAccessKeysResponseTypeDef"]:
            return list(paginator.paginate(UserName=self.user))

        try:
            pages = call(list_access_keys)
        except ServiceError as error:
            raise self._meant(error) from None
        return tuple(_listed(key) for page in pages for key in page["AccessKeyMetadata"])

    def create(self) -> NewKey:
        """Mint a key; the client does not retry, so that a lost answer cannot cost a second key."""
        try:
            key = call(self._minting.create_access_key, UserName=self.user)["AccessKey"]
        except ServiceError as error:
            if error.code == "LimitExceeded":
                raise KeyLimitError(self.user) from None
            raise self._meant(error) from None
        fields = cast("dict[str, Any]", key)
        secret = Secret(fields.pop("SecretAccessKey"))
        return NewKey(AccessKeyId(fields["AccessKeyId"]), secret, fields["CreateDate"])

    def deactivate(self, key: AccessKeyId) -> None:
        """Make the key unusable."""
        inactive: StatusTypeType = "Inactive"
        try:
            call(
                self._client.update_access_key,
                UserName=self.user,
                AccessKeyId=key,
                Status=inactive,
            )
        except ServiceError as error:
            self._unless_gone(error)

    def delete(self, key: AccessKeyId) -> None:
        """Delete the key."""
        try:
            call(self._client.delete_access_key, UserName=self.user, AccessKeyId=key)
        except ServiceError as error:
            self._unless_gone(error)

    def last_use(self, key: AccessKeyId) -> LastUse:
        """When the key was last used; IAM leaves the date out if it never was."""
        used = call(self._client.get_access_key_last_used, AccessKeyId=key)["AccessKeyLastUsed"]
        return LastUse(used.get("LastUsedDate"), used.get("ServiceName", "N/A"))

    def _meant(self, error: ServiceError) -> ServiceError | UserNotFoundError:
        return UserNotFoundError(self.user) if error.code == "NoSuchEntity" else error

    @staticmethod
    def _unless_gone(error: ServiceError) -> None:
        if error.code != "NoSuchEntity":
            raise error
