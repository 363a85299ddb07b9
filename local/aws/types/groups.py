"""`aws.iam.Group` and the two kinds of membership."""

from typing import Any

from local.aws.cloud import Cloud
from local.aws.errors import GONE, AwsError, ImportIdError
from local.aws.table import Kind, Property, Resource, Values
from local.aws.types import common, names, quotas


def _create(cloud: Cloud, inputs: Values) -> str:
    name = inputs["name"]
    with names.claimed(cloud, "CreateGroup", "Group", name):
        cloud.call("iam.CreateGroup", GroupName=name, Path=inputs["path"])
    return name


def _name(identifier: str, state: Values) -> str:
    """Return the group's name; after a renaming the engine keeps the id that it knows."""
    return state.get("name", identifier)


def _read(cloud: Cloud, identifier: str, state: Values) -> dict[str, Any]:
    group = cloud.call("iam.GetGroup", GroupName=_name(identifier, state))["Group"]
    return {
        "arn": group["Arn"],
        "name": group["GroupName"],
        "path": group["Path"],
        "uniqueId": group["GroupId"],
    }


def _update(cloud: Cloud, identifier: str, old: Values, new: Values) -> None:
    before, name = _name(identifier, old), new["name"]
    request = {"GroupName": before, "NewPath": new["path"]}
    if name == before:
        cloud.call("iam.UpdateGroup", **request)
    else:
        with names.claimed(cloud, "UpdateGroup", "Group", name):
            cloud.call("iam.UpdateGroup", **request, NewGroupName=name)


def _delete(cloud: Cloud, identifier: str, state: Values) -> None:
    key = {"GroupName": _name(identifier, state)}
    if cloud.call("iam.GetGroup", **key)["Users"]:
        raise _conflict("remove users from group")
    if cloud.pages("iam.ListAttachedGroupPolicies", "AttachedPolicies", **key):
        raise _conflict("detach all policies")
    if cloud.pages("iam.ListGroupPolicies", "PolicyNames", **key):
        raise _conflict("delete policies")
    cloud.call("iam.DeleteGroup", **key)


def _conflict(first: str) -> AwsError:
    message = f"Cannot delete entity, must {first} first."
    return common.refusal("DeleteGroup", "DeleteConflict", message)


def _add(cloud: Cloud, group: str, user: str) -> None:
    joined = cloud.pages("iam.ListGroupsForUser", "Groups", UserName=user)
    others = [one for one in joined if one["GroupName"] != group]
    quotas.require_count("AddUserToGroup", "GroupsPerUser", len(others) + 1)
    cloud.call("iam.AddUserToGroup", GroupName=group, UserName=user)


def _remove(cloud: Cloud, group: str, user: str) -> None:
    try:
        cloud.call("iam.RemoveUserFromGroup", GroupName=group, UserName=user)
    except AwsError as error:
        if error.code not in GONE:
            raise


def _create_membership(cloud: Cloud, inputs: Values) -> str:
    for user in inputs["users"]:
        _add(cloud, inputs["group"], user)
    return inputs["name"]


def _read_membership(cloud: Cloud, _: str, state: Values) -> dict[str, Any]:
    users = cloud.pages("iam.GetGroup", "Users", GroupName=state["group"])
    return {"group": state["group"], "users": sorted(user["UserName"] for user in users)}


def _update_membership(cloud: Cloud, _: str, old: Values, new: Values) -> None:
    before, after = set(old["users"]), set(new["users"])
    for user in sorted(before - after):
        _remove(cloud, new["group"], user)
    for user in sorted(after - before):
        _add(cloud, new["group"], user)


def _delete_membership(cloud: Cloud, _: str, state: Values) -> None:
    for user in state["users"]:
        _remove(cloud, state["group"], user)


def _create_user_membership(cloud: Cloud, inputs: Values) -> str:
    for group in inputs["groups"]:
        _add(cloud, group, inputs["user"])
    return common.chosen_name({"namePrefix": "terraform-"})


def _read_user_membership(cloud: Cloud, identifier: str, state: Values) -> dict[str, Any] | None:
    if state:
        user, wanted = state["user"], set(state["groups"])
    else:
        user, *groups = identifier.split("/")
        wanted = set(groups)
        if not wanted:
            raise ImportIdError("IAM User Group Membership", identifier, "user/group/group…")
    joined = cloud.pages("iam.ListGroupsForUser", "Groups", UserName=user)
    groups = sorted(one["GroupName"] for one in joined if one["GroupName"] in wanted)
    return {"user": user, "groups": groups}


def _update_user_membership(cloud: Cloud, _: str, old: Values, new: Values) -> None:
    before, after = set(old["groups"]), set(new["groups"])
    for group in sorted(before - after):
        _remove(cloud, group, new["user"])
    for group in sorted(after - before):
        _add(cloud, group, new["user"])


def _delete_user_membership(cloud: Cloud, _: str, state: Values) -> None:
    for group in state["groups"]:
        _remove(cloud, group, state["user"])


RESOURCES = (
    Resource(
        type="aws:iam/group:Group",
        title="IAM Group",
        properties=(
            common.name("iam.CreateGroup.GroupName", force_new=False),
            common.path("iam.CreateGroup.Path", force_new=False),
        ),
        outputs=("arn", "uniqueId"),
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
    Resource(
        type="aws:iam/groupMembership:GroupMembership",
        title="IAM Group Membership",
        properties=(
            Property(
                name="group",
                shape="iam.AddUserToGroup.GroupName",
                required=True,
                force_new=True,
            ),
            Property(name="name", force_new=True, autoname=True, computed=True, local=True),
            Property(
                name="users",
                kind=Kind.SET,
                shape="iam.AddUserToGroup.UserName",
                required=True,
            ),
        ),
        importable=False,
        create=_create_membership,
        read=_read_membership,
        update=_update_membership,
        delete=_delete_membership,
    ),
    Resource(
        type="aws:iam/userGroupMembership:UserGroupMembership",
        title="IAM User Group Membership",
        properties=(
            Property(
                name="groups",
                kind=Kind.SET,
                shape="iam.AddUserToGroup.GroupName",
                required=True,
            ),
            Property(
                name="user",
                shape="iam.AddUserToGroup.UserName",
                required=True,
                force_new=True,
            ),
        ),
        create=_create_user_membership,
        read=_read_user_membership,
        update=_update_user_membership,
        delete=_delete_user_membership,
    ),
)
