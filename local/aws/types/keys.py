"""`aws.kms.Key` and `aws.kms.Alias`: keys of one's own, and their names."""

from typing import Any
from uuid import uuid4

from local.aws import rules
from local.aws.cloud import Cloud
from local.aws.table import Kind, Property, Resource, Values
from local.aws.types import common

_PENDING = "PendingDeletion"


def _create(cloud: Cloud, inputs: Values) -> str:
    tags = [
        {"TagKey": name, "TagValue": value} for name, value in sorted(inputs["tagsAll"].items())
    ]
    request: dict[str, Any] = {"Description": inputs.get("description", ""), "Tags": tags}
    if inputs.get("policy"):
        request["Policy"] = inputs["policy"]
    return cloud.call("kms.CreateKey", **request)["KeyMetadata"]["KeyId"]


def _finish(cloud: Cloud, identifier: str, inputs: Values) -> None:
    if inputs.get("enableKeyRotation"):
        cloud.call("kms.EnableKeyRotation", KeyId=identifier)


def _read(cloud: Cloud, identifier: str, _: Values) -> dict[str, Any] | None:
    found = cloud.call("kms.DescribeKey", KeyId=identifier)["KeyMetadata"]
    if found["KeyState"] == _PENDING:
        return None
    policy = cloud.call("kms.GetKeyPolicy", KeyId=identifier, PolicyName="default")
    rotation = cloud.call("kms.GetKeyRotationStatus", KeyId=identifier)
    tags = cloud.call("kms.ListResourceTags", KeyId=identifier).get("Tags", [])
    return {
        "arn": found["Arn"],
        "description": found.get("Description", ""),
        "enableKeyRotation": rotation["KeyRotationEnabled"],
        "keyId": found["KeyId"],
        "policy": policy["Policy"],
        "tagsAll": {tag["TagKey"]: tag["TagValue"] for tag in tags},
    }


def _update(cloud: Cloud, identifier: str, old: Values, new: Values) -> None:
    key = {"KeyId": identifier}
    if old.get("description", "") != new.get("description", ""):
        cloud.call("kms.UpdateKeyDescription", **key, Description=new.get("description", ""))
    if new.get("policy") and old.get("policy") != new["policy"]:
        cloud.call("kms.PutKeyPolicy", **key, PolicyName="default", Policy=new["policy"])
    rotates = bool(new.get("enableKeyRotation"))
    if bool(old.get("enableKeyRotation")) != rotates:
        cloud.call(f"kms.{'Enable' if rotates else 'Disable'}KeyRotation", **key)
    before, after = old.get("tagsAll", {}), new["tagsAll"]
    if gone := sorted(before.keys() - after.keys()):
        cloud.call("kms.UntagResource", **key, TagKeys=gone)
    if changed := [name for name in sorted(after) if before.get(name) != after[name]]:
        tags = [{"TagKey": name, "TagValue": after[name]} for name in changed]
        cloud.call("kms.TagResource", **key, Tags=tags)


def _delete(cloud: Cloud, identifier: str, state: Values) -> None:
    days = state.get("deletionWindowInDays", 30)
    # One that waits for its end is gone already, as it is when read: a second try must not fail.
    if _read(cloud, identifier, state) is not None:
        cloud.call("kms.ScheduleKeyDeletion", KeyId=identifier, PendingWindowInDays=days)


def _create_alias(cloud: Cloud, inputs: Values) -> str:
    name = inputs.get("name") or f"alias/{uuid4().hex}"
    cloud.call("kms.CreateAlias", AliasName=name, TargetKeyId=inputs["targetKeyId"])
    return name


def _read_alias(cloud: Cloud, identifier: str, _: Values) -> dict[str, Any] | None:
    token: dict[str, str] = {}
    while True:
        page = cloud.call("kms.ListAliases", **token)
        for alias in page["Aliases"]:
            if alias["AliasName"] == identifier:
                key = cloud.call("kms.DescribeKey", KeyId=alias["TargetKeyId"])["KeyMetadata"]
                return {
                    "arn": alias["AliasArn"],
                    "name": identifier,
                    "targetKeyArn": key["Arn"],
                    "targetKeyId": alias["TargetKeyId"],
                }
        if not page.get("NextMarker"):
            return None
        token = {"Marker": page["NextMarker"]}


def _update_alias(cloud: Cloud, identifier: str, _: Values, new: Values) -> None:
    cloud.call("kms.UpdateAlias", AliasName=identifier, TargetKeyId=new["targetKeyId"])


def _delete_alias(cloud: Cloud, identifier: str, _: Values) -> None:
    cloud.call("kms.DeleteAlias", AliasName=identifier)


RESOURCES = (
    Resource(
        type="aws:kms/key:Key",
        title="KMS Key",
        properties=(
            Property(name="deletionWindowInDays", kind=Kind.INTEGER, default=30, local=True),
            Property(name="description", shape="kms.CreateKey.Description", computed=True),
            Property(name="enableKeyRotation", kind=Kind.FLAG),
            Property(
                name="policy",
                kind=Kind.POLICY,
                shape="kms.CreateKey.Policy",
                rules=(rules.json_policy,),
                computed=True,
            ),
            # The limits are the same; KMS calls a tag's parts by other names.
            common.tags("secretsmanager.CreateSecret.Tags"),
        ),
        outputs=("arn", "keyId"),
        unsupported=(
            *("bypassPolicyLockoutSafetyCheck", "customerMasterKeySpec", "customKeyStoreId"),
            *("isEnabled", "keyUsage", "multiRegion", "region", "rotationPeriodInDays", "xksKeyId"),
        ),
        create=_create,
        finish=_finish,
        read=_read,
        update=_update,
        delete=_delete,
    ),
    Resource(
        type="aws:kms/alias:Alias",
        title="KMS Alias",
        properties=(
            Property(name="name", shape="kms.CreateAlias.AliasName", computed=True, force_new=True),
            Property(name="targetKeyId", shape="kms.CreateAlias.TargetKeyId", required=True),
        ),
        outputs=("arn", "targetKeyArn"),
        unsupported=("namePrefix", "region"),
        create=_create_alias,
        read=_read_alias,
        update=_update_alias,
        delete=_delete_alias,
    ),
)
