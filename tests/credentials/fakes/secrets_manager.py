"""Secrets Manager's operations on versions and their labels."""

# ruff: noqa: N803 - the parameters have AWS's names

from datetime import timedelta
from typing import Any

from tests.credentials.fakes.account import ACCOUNT, FakeAws, Held, operation, refuse


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
