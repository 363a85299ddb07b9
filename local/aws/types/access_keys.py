"""`aws.iam.AccessKey`: served so that the rule that forbids it can be seen to work.

Unlike the official plugin's, it has no `secret`: no secret key passes through here into a state.
"""

from typing import Any

from local.aws.cloud import Cloud
from local.aws.table import Property, Resource, Values


def _create(cloud: Cloud, inputs: Values) -> str:
    return cloud.call("iam.CreateAccessKey", UserName=inputs["user"])["AccessKey"]["AccessKeyId"]


def _read(cloud: Cloud, identifier: str, state: Values) -> dict[str, Any] | None:
    user = state.get("user") or _user_of(cloud, identifier)
    keys = cloud.pages("iam.ListAccessKeys", "AccessKeyMetadata", UserName=user)
    key = next((one for one in keys if one["AccessKeyId"] == identifier), None)
    if key is None:
        return None
    return {
        "createDate": key["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "status": key["Status"],
        "user": user,
    }


def _user_of(cloud: Cloud, identifier: str) -> str:
    return cloud.call("iam.GetAccessKeyLastUsed", AccessKeyId=identifier)["UserName"]


def _update(cloud: Cloud, identifier: str, _: Values, new: Values) -> None:
    _set_status(cloud, identifier, new)


def _finish(cloud: Cloud, identifier: str, inputs: Values) -> None:
    if inputs["status"] != "Active":
        _set_status(cloud, identifier, inputs)


def _set_status(cloud: Cloud, identifier: str, inputs: Values) -> None:
    cloud.call(
        "iam.UpdateAccessKey",
        UserName=inputs["user"],
        AccessKeyId=identifier,
        Status=inputs["status"],
    )


def _delete(cloud: Cloud, identifier: str, state: Values) -> None:
    cloud.call("iam.DeleteAccessKey", UserName=state["user"], AccessKeyId=identifier)


RESOURCES = (
    Resource(
        type="aws:iam/accessKey:AccessKey",
        title="IAM Access Key",
        properties=(
            Property(name="status", shape="iam.UpdateAccessKey.Status", default="Active"),
            Property(
                name="user",
                shape="iam.CreateAccessKey.UserName",
                required=True,
                force_new=True,
            ),
        ),
        outputs=("createDate",),
        unsupported=("pgpKey",),
        create=_create,
        finish=_finish,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
