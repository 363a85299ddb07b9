"""`aws.iam.Policy`: a customer-managed policy."""

import json
from typing import Any

from local.aws import rules
from local.aws.cloud import Cloud
from local.aws.table import Kind, Property, Resource, Values
from local.aws.types import common, names, quotas

_VERSIONS = 5
"""How many versions of a managed policy AWS keeps."""


def _create(cloud: Cloud, inputs: Values) -> str:
    name = common.chosen_name(inputs)
    quotas.require_size("CreatePolicy", "PolicySize", inputs["policy"])
    request: dict[str, Any] = {
        "PolicyName": name,
        "Path": inputs["path"],
        "PolicyDocument": inputs["policy"],
        "Tags": common.tag_list(inputs["tagsAll"]),
    }
    if inputs.get("description"):
        request["Description"] = inputs["description"]
    with names.claimed(cloud, "CreatePolicy", "Policy", name):
        return cloud.call("iam.CreatePolicy", **request)["Policy"]["Arn"]


def _read(cloud: Cloud, identifier: str, _: Values) -> dict[str, Any]:
    policy = cloud.call("iam.GetPolicy", PolicyArn=identifier)["Policy"]
    version = cloud.call(
        "iam.GetPolicyVersion", PolicyArn=identifier, VersionId=policy["DefaultVersionId"]
    )["PolicyVersion"]
    return {
        "arn": policy["Arn"],
        "attachmentCount": policy.get("AttachmentCount", 0),
        "description": policy.get("Description", ""),
        "name": policy["PolicyName"],
        "path": policy["Path"],
        "policy": json.dumps(version["Document"]),
        "policyId": policy["PolicyId"],
        "tagsAll": common.tag_map(policy.get("Tags")),
    }


def _update(cloud: Cloud, identifier: str, old: Values, new: Values) -> None:
    if old.get("policy") != new["policy"]:
        quotas.require_size("CreatePolicyVersion", "PolicySize", new["policy"])
        _prune(cloud, identifier)
        cloud.call(
            "iam.CreatePolicyVersion",
            PolicyArn=identifier,
            PolicyDocument=new["policy"],
            SetAsDefault=True,
        )
    common.update_tags(cloud, "Policy", {"PolicyArn": identifier}, old, new)


def _prune(cloud: Cloud, identifier: str) -> None:
    """Delete the oldest version when there is no room for another; never the default one."""
    versions = cloud.pages("iam.ListPolicyVersions", "Versions", PolicyArn=identifier)
    old = [one for one in versions if not one["IsDefaultVersion"]]
    if len(versions) >= _VERSIONS and old:
        oldest = min(old, key=lambda one: (one["CreateDate"], int(one["VersionId"][1:])))
        cloud.call("iam.DeletePolicyVersion", PolicyArn=identifier, VersionId=oldest["VersionId"])


def _delete(cloud: Cloud, identifier: str, _: Values) -> None:
    policy = cloud.call("iam.GetPolicy", PolicyArn=identifier)["Policy"]
    if policy.get("AttachmentCount"):
        message = "Cannot delete a policy attached to entities."
        raise common.refusal("DeletePolicy", "DeleteConflict", message)
    for version in cloud.pages("iam.ListPolicyVersions", "Versions", PolicyArn=identifier):
        if not version["IsDefaultVersion"]:
            cloud.call(
                "iam.DeletePolicyVersion", PolicyArn=identifier, VersionId=version["VersionId"]
            )
    cloud.call("iam.DeletePolicy", PolicyArn=identifier)


RESOURCES = (
    Resource(
        type="aws:iam/policy:Policy",
        title="IAM Policy",
        properties=(
            Property(name="description", shape="iam.CreatePolicy.Description", force_new=True),
            common.name("iam.CreatePolicy.PolicyName"),
            common.name_prefix("iam.CreatePolicy.PolicyName"),
            common.path("iam.CreatePolicy.Path"),
            Property(
                name="policy",
                kind=Kind.POLICY,
                shape="iam.CreatePolicy.PolicyDocument",
                rules=(rules.json_policy,),
                required=True,
            ),
            common.tags("iam.CreatePolicy.Tags"),
        ),
        outputs=("arn", "attachmentCount", "policyId"),
        unsupported=("delayAfterPolicyCreationInMs",),
        conflicts=common.NAME_OR_PREFIX,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
