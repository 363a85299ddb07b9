"""Builds what `aws iam get-account-authorization-details` writes, for tests."""

import json
from typing import Any
from urllib.parse import quote

from access.export import Source

ACCOUNT = "111111111111"


def allow(action: str = "*", resource: str = "*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trust(principal: str = f"arn:aws:iam::{ACCOUNT}:root") -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def encoded(policy: dict[str, Any]) -> str:
    return quote(json.dumps(policy))


def user(name: str = "ana", *, account: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:iam::{account}:user/{name}"
    return {"UserName": name, "UserId": f"AIDA{name.upper()}", "Arn": arn, "Path": "/", **more}


def group(name: str = "staff", *, account: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:iam::{account}:group/{name}"
    return {"GroupName": name, "GroupId": "AGPA1", "Arn": arn, "Path": "/", **more}


def role(name: str = "Deploy", *, account: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:iam::{account}:role/{name}"
    return {
        "RoleName": name,
        "RoleId": f"AROA{name.upper()}",
        "Arn": arn,
        "Path": "/",
        "AssumeRolePolicyDocument": trust(),
        **more,
    }


def inline(policy: Any, name: str = "own") -> list[dict[str, Any]]:
    return [{"PolicyName": name, "PolicyDocument": policy}]


def attached(*arns: str) -> list[dict[str, str]]:
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]


def managed(arn: str, *versions: Any, default: int | None = None) -> dict[str, Any]:
    """Return a policy with these versions, the last of them in force if nothing else is said."""
    number = default or len(versions)
    listed = [
        {"VersionId": f"v{at}", "Document": version, "IsDefaultVersion": at == number}
        for at, version in enumerate(versions, 1)
    ]
    return {
        "PolicyName": arn.rpartition("/")[2],
        "Arn": arn,
        "DefaultVersionId": f"v{number}",
        "PermissionsBoundaryUsageCount": 0,
        "PolicyVersionList": listed,
    }


def details(
    *,
    users: tuple[Any, ...] = (),
    groups: tuple[Any, ...] = (),
    roles: tuple[Any, ...] = (),
    policies: tuple[Any, ...] = (),
    **more: Any,
) -> dict[str, Any]:
    return {
        "UserDetailList": list(users),
        "GroupDetailList": list(groups),
        "RoleDetailList": list(roles),
        "Policies": list(policies),
        **more,
    }


def source(*pages: Any, name: str = "one.json") -> Source:
    return Source(name, "\n".join(json.dumps(page) for page in pages))
