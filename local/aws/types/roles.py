"""`aws.iam.Role`."""

import json
from typing import Any

from local.aws import rules
from local.aws.cloud import Cloud
from local.aws.table import Kind, Property, Resource, Values
from local.aws.types import attachments, common, inline, names, quotas


def _create(cloud: Cloud, inputs: Values) -> str:
    name, trust = common.chosen_name(inputs), inputs["assumeRolePolicy"]
    quotas.require_size("CreateRole", "ACLSizePerRole", trust)
    request: dict[str, Any] = {
        "RoleName": name,
        "Path": inputs["path"],
        "AssumeRolePolicyDocument": trust,
        "MaxSessionDuration": inputs["maxSessionDuration"],
        "Tags": common.tag_list(inputs["tagsAll"]),
    }
    if inputs.get("description"):
        request["Description"] = inputs["description"]
    if inputs.get("permissionsBoundary"):
        common.require_boundary(cloud, "CreateRole", inputs["permissionsBoundary"])
        request["PermissionsBoundary"] = inputs["permissionsBoundary"]
    with names.claimed(cloud, "CreateRole", "Role", name):
        cloud.call("iam.CreateRole", **request)
    return name


def _read(cloud: Cloud, identifier: str, _: Values) -> dict[str, Any]:
    role = cloud.call("iam.GetRole", RoleName=identifier)["Role"]
    return {
        "arn": role["Arn"],
        "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
        "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": role.get("Description", ""),
        "inlinePolicies": _inline(cloud, identifier),
        "managedPolicyArns": attachments.listed(cloud, "Role", identifier),
        "maxSessionDuration": role.get("MaxSessionDuration", 3600),
        "name": role["RoleName"],
        "path": role["Path"],
        "permissionsBoundary": common.boundary_of(role),
        "tagsAll": common.tag_map(role.get("Tags")),
        "uniqueId": role["RoleId"],
    }


def _inline(cloud: Cloud, role: str) -> list[dict[str, str]]:
    return [
        {"name": name, "policy": inline.document(cloud, "Role", role, name)}
        for name in inline.listed(cloud, "Role", role)
    ]


def _update(cloud: Cloud, identifier: str, old: Values, new: Values) -> None:
    key = {"RoleName": identifier}
    if old.get("assumeRolePolicy") != new["assumeRolePolicy"]:
        trust = new["assumeRolePolicy"]
        quotas.require_size("UpdateAssumeRolePolicy", "ACLSizePerRole", trust)
        cloud.call("iam.UpdateAssumeRolePolicy", **key, PolicyDocument=trust)
    if old.get("description", "") != new.get("description", ""):
        cloud.call("iam.UpdateRoleDescription", **key, Description=new.get("description", ""))
    if old.get("maxSessionDuration") != new["maxSessionDuration"]:
        # The emulator would clear a description that is not given; AWS keeps it.
        cloud.call(
            "iam.UpdateRole",
            **key,
            MaxSessionDuration=new["maxSessionDuration"],
            Description=new.get("description", ""),
        )
    common.update_boundary(cloud, "Role", key, old, new)
    common.update_tags(cloud, "Role", key, old, new)


def _delete(cloud: Cloud, identifier: str, state: Values) -> None:
    force = state.get("forceDetachPolicies")
    # The official plugin, too, takes off what its last known state shows, even unforced.
    if force or state.get("managedPolicyArns"):
        for arn in attachments.listed(cloud, "Role", identifier):
            attachments.detach(cloud, "Role", identifier, arn)
    if force or state.get("inlinePolicies"):
        for name in inline.listed(cloud, "Role", identifier):
            inline.remove(cloud, "Role", identifier, name)
    cloud.call("iam.DeleteRole", RoleName=identifier)


RESOURCES = (
    Resource(
        type="aws:iam/role:Role",
        title="IAM Role",
        properties=(
            Property(
                name="assumeRolePolicy",
                kind=Kind.POLICY,
                shape="iam.CreateRole.AssumeRolePolicyDocument",
                rules=(rules.json_policy,),
                required=True,
            ),
            Property(
                name="description",
                shape="iam.CreateRole.Description",
                rules=(rules.plain_quotes,),
            ),
            Property(name="forceDetachPolicies", kind=Kind.FLAG, default=False, local=True),
            Property(
                name="maxSessionDuration",
                kind=Kind.INTEGER,
                shape="iam.CreateRole.MaxSessionDuration",
                rules=(rules.session_seconds,),
                default=3600,
            ),
            common.name("iam.CreateRole.RoleName"),
            common.name_prefix("iam.CreateRole.RoleName"),
            common.path("iam.CreateRole.Path"),
            common.boundary("iam.CreateRole.PermissionsBoundary"),
            common.tags("iam.CreateRole.Tags"),
        ),
        outputs=("arn", "createDate", "inlinePolicies", "managedPolicyArns", "uniqueId"),
        unsupported=("inlinePolicies", "managedPolicyArns"),
        conflicts=common.NAME_OR_PREFIX,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
