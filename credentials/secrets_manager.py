"""A store in AWS Secrets Manager: one secret per service user.

A version's id says what it holds, so that which key is current is known without reading a secret:

    key-AKIA…-1769860800-7     the key, when AWS made it (seconds), under which lease it was stored
    empty-000…0                the empty marker
    lease-000…7                the seventh lease

The ids are the calls' `ClientRequestToken`: a call repeated after a lost answer changes nothing,
and of two runs that write the same lease the second is refused, as the data differ.

Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
"""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from credentials.calls import call
from credentials.errors import (
    ServiceError,
    StoreClosedError,
    StoreConflictError,
    StoreContentError,
    StoreNotFoundError,
)
from credentials.keys import AccessKeyId
from credentials.secret import Secret
from credentials.store import (
    EMPTY,
    Label,
    Lease,
    Snapshot,
    StoredKey,
    Version,
    VersionId,
)
from iam_profiles.names import Arn

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_STAGES = {
    Label.CURRENT: "AWSCURRENT",
    Label.PENDING: "AWSPENDING",
    Label.PREVIOUS: "AWSPREVIOUS",
}
_LEASE = "iam-profiles-lease"
_NEXT = "iam-profiles-next"
"""On a version that is about to become current; a version needs a label to be put with."""

_KEY_ID = re.compile(r"key-(?P<key>[A-Z0-9]+)-(?P<made>\d{10})-(?P<generation>\d+)", re.ASCII)
_EMPTY_ID = re.compile(r"empty-\d{26}", re.ASCII)
_LEASE_ID = re.compile(r"lease-(?P<generation>\d{26})", re.ASCII)


def _key_id(key: StoredKey, generation: int) -> VersionId:
    made = int(key.created_at.timestamp())
    return VersionId(f"key-{key.access_key_id}-{made:010d}-{generation}")


def _empty_id(generation: int) -> VersionId:
    return VersionId(f"empty-{generation:026d}")


def _lease_id(generation: int) -> VersionId:
    return VersionId(f"lease-{generation:026d}")


class SecretsManagerStore:
    """One secret of AWS Secrets Manager."""

    def __init__(self, client: "SecretsManagerClient", name: str) -> None:
        self._client = client
        self.name = name
        self._reopen = f"`aws secretsmanager restore-secret --secret-id {name}` and run this again"

    def read(self) -> Snapshot:
        """What the labels name; values are read only for versions that somebody else wrote."""
        try:
            described = call(self._client.describe_secret, SecretId=self.name)
        except ServiceError as error:
            raise self._meant(error) from None
        closed = "DeletedDate" in described
        stages = described.get("VersionIdsToStages", {})
        named = {stage: version for version, labels in stages.items() for stage in labels}
        versions = {
            label: self._version(named[stage], readable=not closed)
            for label, stage in _STAGES.items()
            if stage in named
        }
        lease = _LEASE_ID.fullmatch(named.get(_LEASE, ""))
        return Snapshot(
            arn=Arn(described["ARN"]),
            current=versions.get(Label.CURRENT),
            pending=versions.get(Label.PENDING),
            previous=versions.get(Label.PREVIOUS),
            generation=int(lease["generation"]) if lease else 0,
            closed=closed,
            reopen=self._reopen if closed else "",
        )

    def recorded(self) -> frozenset[AccessKeyId]:
        """Every key among the versions, also those that lost their label.

        Secrets Manager keeps a version without a label for a day at least.
        """
        found: set[AccessKeyId] = set()
        token = ""
        while True:
            more = {"NextToken": token} if token else {}
            page = call(
                self._client.list_secret_version_ids,
                SecretId=self.name,
                IncludeDeprecated=True,
                **cast("dict[str, Any]", more),
            )
            for version in page["Versions"]:
                if match := _KEY_ID.fullmatch(version.get("VersionId", "")):
                    found.add(AccessKeyId(match["key"]))
            token = page.get("NextToken", "")
            if not token:
                return frozenset(found)

    def fetch(self, version: Version) -> StoredKey:
        """The key of a version, with its secret."""
        key = self._content(version.id)
        if key is None:
            raise StoreContentError(self.name, version.id)
        return key

    def prepare(self) -> None:
        """Put the empty marker first: Secrets Manager makes a secret's first version current."""
        self._put(_empty_id(0), Secret(EMPTY), _STAGES[Label.CURRENT])

    def lease(self, generation: int) -> Lease:
        """The lease of that generation."""
        return Lease.from_json(self._value(_lease_id(generation)).reveal())

    def write_lease(self, generation: int, lease: Lease) -> bool:
        """Write the lease of a generation; a token used for other data is refused."""
        return self._put(_lease_id(generation), Secret(lease.to_json()), _LEASE)

    def add(self, key: StoredKey, generation: int) -> None:
        """Store a key as pending."""
        self._put(_key_id(key, generation), key.to_json(), _STAGES[Label.PENDING])

    def promote(self, version: Version, *, expected: Version) -> None:
        """Move AWSCURRENT; Secrets Manager moves AWSPREVIOUS by itself."""
        self._move(Label.CURRENT, take=expected, give=version)

    def restate(self, *, expected: Version, generation: int) -> Version:
        """Store the current value as a new version and make that current."""
        if expected.access_key_id is None:
            return self.empty(expected=expected, generation=generation)
        key = self.fetch(expected)
        version = Version(_key_id(key, generation), key.access_key_id, key.created_at)
        self._put(version.id, key.to_json(), _NEXT)
        self._move(Label.CURRENT, take=expected, give=version)
        return version

    def empty(self, *, expected: Version, generation: int) -> Version:
        """Make the empty marker current."""
        version = Version(_empty_id(generation))
        self._put(version.id, Secret(EMPTY), _NEXT)
        self._move(Label.CURRENT, take=expected, give=version)
        return version

    def clear(self, label: Label, version: Version) -> None:
        """Take a label off a version, if it is there."""
        try:
            self._move(label, take=version, give=None)
        except StoreConflictError:
            return

    def _version(self, version: str, *, readable: bool) -> Version:
        if match := _KEY_ID.fullmatch(version):
            made = datetime.fromtimestamp(int(match["made"]), UTC)
            return Version(VersionId(version), AccessKeyId(match["key"]), made)
        if _EMPTY_ID.fullmatch(version) or not readable:
            return Version(VersionId(version))
        key = self._content(version)
        if key is None:
            return Version(VersionId(version))
        return Version(VersionId(version), key.access_key_id, key.created_at)

    def _content(self, version: str) -> StoredKey | None:
        value = self._value(version)
        try:
            return StoredKey.from_json(value)
        except ValueError:
            raise StoreContentError(self.name, version) from None

    def _value(self, version: str) -> Secret:
        try:
            answer = call(self._client.get_secret_value, SecretId=self.name, VersionId=version)
        except ServiceError as error:
            raise self._meant(error) from None
        if "SecretString" not in answer:
            raise StoreContentError(self.name, version)
        return Secret(cast("dict[str, Any]", answer).pop("SecretString"))

    def _put(self, version: VersionId, value: Secret, stage: str) -> bool:
        try:
            call(
                self._client.put_secret_value,
                SecretId=self.name,
                ClientRequestToken=version,
                SecretString=value.reveal(),
                VersionStages=[stage],
            )
        except ServiceError as error:
            if error.code == "ResourceExistsException":
                return False
            raise self._meant(error) from None
        return True

    def _move(self, label: Label, *, take: Version, give: Version | None) -> None:
        target = {"MoveToVersionId": give.id} if give else {}
        try:
            call(
                self._client.update_secret_version_stage,
                SecretId=self.name,
                VersionStage=_STAGES[label],
                RemoveFromVersionId=take.id,
                **target,
            )
        except ServiceError as error:
            if error.code not in {"InvalidParameterException", "InvalidRequestException"}:
                raise self._meant(error) from None
            # The client repeats a call whose answer was lost: then the label is where it should be.
            if give is None or getattr(self.read(), label) != give:
                raise StoreConflictError(self.name, label) from None

    def _meant(self, error: ServiceError) -> "ServiceError | StoreNotFoundError | StoreClosedError":
        if error.code == "ResourceNotFoundException":
            return StoreNotFoundError(self.name)
        if error.code == "InvalidRequestException":
            return StoreClosedError(self.name, self._reopen)
        return error
