"""`aws.iam.User`."""

from typing import Any

from local.aws.cloud import Cloud
from local.aws.table import Kind, Property, Resource, Values
from local.aws.types import common, names


def _create(cloud: Cloud, inputs: Values) -> str:
    name = inputs["name"]
    request: dict[str, Any] = {
        "UserName": name,
        "Path": inputs["path"],
        "Tags": common.tag_list(inputs["tagsAll"]),
    }
    if inputs.get("permissionsBoundary"):
        common.require_boundary(cloud, "CreateUser", inputs["permissionsBoundary"])
        request["PermissionsBoundary"] = inputs["permissionsBoundary"]
    with names.claimed(cloud, "CreateUser", "User", name):
        cloud.call("iam.CreateUser", **request)
    return name


def _read(cloud: Cloud, identifier: str, state: Values) -> dict[str, Any]:
    user = cloud.call("iam.GetUser", UserName=_name(identifier, state))["User"]
    return {
        "arn": user["Arn"],
        "name": user["UserName"],
        "path": user["Path"],
        "permissionsBoundary": common.boundary_of(user),
        "tagsAll": common.tag_map(user.get("Tags")),
        "uniqueId": user["UserId"],
    }


def _name(identifier: str, state: Values) -> str:
    """Return the user's name; after a renaming the engine keeps the id that it knows."""
    return state.get("name", identifier)


def _update(cloud: Cloud, identifier: str, old: Values, new: Values) -> None:
    before, name = _name(identifier, old), new["name"]
    if (before, old["path"]) != (name, new["path"]):
        request = {"UserName": before, "NewPath": new["path"]}
        if name == before:
            cloud.call("iam.UpdateUser", **request)
        else:
            with names.claimed(cloud, "UpdateUser", "User", name):
                cloud.call("iam.UpdateUser", **request, NewUserName=name)
    key = {"UserName": name}
    common.update_boundary(cloud, "User", key, old, new)
    common.update_tags(cloud, "User", key, old, new)


def _delete(cloud: Cloud, identifier: str, state: Values) -> None:
    key = {"UserName": _name(identifier, state)}
    for group in cloud.pages("iam.ListGroupsForUser", "Groups", **key):
        cloud.call("iam.RemoveUserFromGroup", GroupName=group["GroupName"], **key)
    if state.get("forceDestroy"):
        for one in cloud.pages("iam.ListAccessKeys", "AccessKeyMetadata", **key):
            cloud.call("iam.DeleteAccessKey", **key, AccessKeyId=one["AccessKeyId"])
        for one in cloud.pages("iam.ListMFADevices", "MFADevices", **key):
            cloud.call("iam.DeactivateMFADevice", **key, SerialNumber=one["SerialNumber"])
            cloud.call("iam.DeleteVirtualMFADevice", SerialNumber=one["SerialNumber"])
    cloud.call("iam.DeleteUser", **key)


RESOURCES = (
    Resource(
        type="aws:iam/user:User",
        title="IAM User",
        properties=(
            Property(name="forceDestroy", kind=Kind.FLAG, default=False, local=True),
            common.name("iam.CreateUser.UserName", force_new=False),
            common.path("iam.CreateUser.Path", force_new=False),
            common.boundary("iam.CreateUser.PermissionsBoundary"),
            common.tags("iam.CreateUser.Tags"),
        ),
        outputs=("arn", "uniqueId"),
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
