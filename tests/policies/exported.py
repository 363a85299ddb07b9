"""A test's stack as AWS would export its account once it is deployed."""

import json
from collections.abc import Iterator
from typing import Any

from policies.known_types import GROUP, POLICY, ROLE, USER
from tests.access.exports import attached, details, managed
from tests.policies.worlds import World, token


def exported(world: World) -> dict[str, Any]:
    """What `get-account-authorization-details` would write."""
    return details(
        users=tuple(
            {**one, **_bounded(inputs), "GroupList": list(_groups(world, inputs["name"]))}
            for one, inputs in _all(world, USER, "UserName", "user")
        ),
        groups=tuple(
            {**one, **_attached(world, "group", inputs["name"])}
            for one, inputs in _all(world, GROUP, "GroupName", "group")
        ),
        roles=tuple(
            {
                **one,
                **_attached(world, "role", inputs["name"]),
                "AssumeRolePolicyDocument": inputs["assumeRolePolicy"],
            }
            for one, inputs in _all(world, ROLE, "RoleName", "role")
        ),
        policies=tuple(
            managed(one["Arn"], json.loads(inputs["policy"]))
            for one, inputs in _all(world, POLICY, "PolicyName", "policy")
        ),
    )


def _all(
    world: World, type_: str, called: str, kind: str
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for (found, _), inputs in world.resources.items():
        if found == type_:
            name, path = inputs["name"], inputs["path"]
            arn = f"arn:aws:iam::{world.account.id}:{kind}{path}{name}"
            yield {called: name, "Arn": arn, "Path": path}, inputs


def _attached(world: World, kind: str, name: str) -> dict[str, Any]:
    exclusive = world.resources[token(f"{kind.title()}PolicyAttachmentsExclusive"), name]
    return {"AttachedManagedPolicies": attached(*exclusive["policyArns"])}


def _groups(world: World, user: str) -> Iterator[str]:
    for (type_, _), inputs in world.resources.items():
        if type_ == token("GroupMembership") and user in inputs["users"]:
            yield inputs["group"]


def _bounded(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"PermissionsBoundary": {"PermissionsBoundaryArn": inputs["permissionsBoundary"]}}
