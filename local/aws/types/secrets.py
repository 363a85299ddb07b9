"""`aws.secretsmanager.Secret`: the secret's shell; its value never passes through here."""

from typing import Any

from local.aws import rules
from local.aws.cloud import Cloud
from local.aws.table import Kind, Property, Resource, Values
from local.aws.types import common


def _create(cloud: Cloud, inputs: Values) -> str:
    region = _region(cloud, inputs)
    request: dict[str, Any] = {
        "Name": common.chosen_name(inputs),
        "Tags": common.tag_list(inputs["tagsAll"]),
        "Description": inputs.get("description", ""),
    }
    if inputs.get("kmsKeyId"):
        request["KmsKeyId"] = inputs["kmsKeyId"]
    return cloud.call("secretsmanager.CreateSecret", region=region, **request)["ARN"]


def _finish(cloud: Cloud, identifier: str, inputs: Values) -> None:
    if inputs.get("policy") not in (None, "", "{}"):
        _put_policy(cloud, _region(cloud, inputs), identifier, inputs["policy"])


def _read(cloud: Cloud, identifier: str, state: Values) -> dict[str, Any] | None:
    region = state.get("region") or identifier.split(":")[3]
    found = cloud.call("secretsmanager.DescribeSecret", region=region, SecretId=identifier)
    if found.get("DeletedDate"):
        return None
    policy = cloud.call("secretsmanager.GetResourcePolicy", region=region, SecretId=identifier)
    return {
        "arn": found["ARN"],
        "description": found.get("Description", ""),
        "kmsKeyId": found.get("KmsKeyId", ""),
        "name": found["Name"],
        "policy": policy.get("ResourcePolicy") or "",
        "region": region,
        "tagsAll": common.tag_map(found.get("Tags")),
    }


def _update(cloud: Cloud, identifier: str, old: Values, new: Values) -> None:
    region = _region(cloud, new)
    described = ("description", "kmsKeyId")
    if any(old.get(one, "") != new.get(one, "") for one in described):
        request = {"Description": new.get("description", "")}
        if new.get("kmsKeyId"):
            request["KmsKeyId"] = new["kmsKeyId"]
        cloud.call("secretsmanager.UpdateSecret", region=region, SecretId=identifier, **request)
    if new.get("policy") and old.get("policy", "") != new["policy"]:
        if new["policy"] == "{}":
            cloud.call("secretsmanager.DeleteResourcePolicy", region=region, SecretId=identifier)
        else:
            _put_policy(cloud, region, identifier, new["policy"])
    _update_tags(cloud, region, identifier, old, new)


def _update_tags(cloud: Cloud, region: str, arn: str, old: Values, new: Values) -> None:
    before, after = old.get("tagsAll", {}), new["tagsAll"]
    gone = sorted(before.keys() - after.keys())
    if gone:
        cloud.call("secretsmanager.UntagResource", region=region, SecretId=arn, TagKeys=gone)
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    if changed:
        tags = common.tag_list(changed)
        cloud.call("secretsmanager.TagResource", region=region, SecretId=arn, Tags=tags)


def _delete(cloud: Cloud, identifier: str, state: Values) -> None:
    days = state.get("recoveryWindowInDays", 30)
    when = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    region = state["region"]
    found = cloud.call("secretsmanager.DescribeSecret", region=region, SecretId=identifier)
    # One that waits for its end is gone already, as it is when read: a second try must not fail.
    if not found.get("DeletedDate"):
        cloud.call("secretsmanager.DeleteSecret", region=region, SecretId=identifier, **when)


def _put_policy(cloud: Cloud, region: str, arn: str, policy: str) -> None:
    cloud.call(
        "secretsmanager.PutResourcePolicy", region=region, SecretId=arn, ResourcePolicy=policy
    )


def _region(cloud: Cloud, inputs: Values) -> str:
    return inputs.get("region") or cloud.region


RESOURCES = (
    Resource(
        type="aws:secretsmanager/secret:Secret",
        title="Secrets Manager Secret",
        properties=(
            Property(name="description", shape="secretsmanager.CreateSecret.Description"),
            Property(name="kmsKeyId", shape="secretsmanager.CreateSecret.KmsKeyId"),
            Property(
                name="name",
                shape="secretsmanager.CreateSecret.Name",
                rules=(rules.secret_name,),
                force_new=True,
                computed=True,
                autoname=True,
            ),
            common.name_prefix("secretsmanager.CreateSecret.Name"),
            Property(
                name="policy",
                kind=Kind.POLICY,
                shape="secretsmanager.PutResourcePolicy.ResourcePolicy",
                rules=(rules.json_policy,),
                computed=True,
            ),
            Property(
                name="recoveryWindowInDays",
                kind=Kind.INTEGER,
                rules=(rules.recovery_window,),
                default=30,
                local=True,
            ),
            Property(name="region", computed=True, force_new=True),
            common.tags("secretsmanager.CreateSecret.Tags"),
        ),
        outputs=("arn",),
        unsupported=("forceOverwriteReplicaSecret", "replicas", "type"),
        conflicts=common.NAME_OR_PREFIX,
        create=_create,
        finish=_finish,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
