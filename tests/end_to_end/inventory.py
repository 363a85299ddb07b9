"""What is really in the accounts of a cloud, beside what the engine recorded."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3

from iam_profiles.load import load
from iam_profiles.names import AccountName
from iam_profiles.render import render
from local.cloud import running
from local.home import LocalHome
from tests.engine import REPOSITORY, client

PROFILES = load(REPOSITORY / "profiles")
SERVICE_USERS = render(PROFILES, AccountName("state")).service_users

_BY_TYPE = {
    "aws:iam/role:Role": "arn",
    "aws:iam/policy:Policy": "arn",
    "aws:iam/user:User": "arn",
    "aws:iam/group:Group": "arn",
    "aws:secretsmanager/secret:Secret": "arn",
}


def recorded(state: dict[str, Any]) -> set[str]:
    """The ARNs that a stack's state knows of."""
    resources = state["deployment"].get("resources", [])
    return {
        resource["outputs"][_BY_TYPE[resource["type"]]]
        for resource in resources
        if resource["type"] in _BY_TYPE
    }


def present(home: LocalHome, account: str) -> set[str]:
    """The ARNs of what there is of ours in an account: roles, policies, users, groups, secrets."""
    iam = client(home, "iam", account)
    secrets = client(home, "secretsmanager", account)
    return {
        arn
        for arn in (
            *_pages(iam, "list_roles", "Roles"),
            *_pages(iam, "list_users", "Users"),
            *_pages(iam, "list_groups", "Groups"),
            *_pages(iam, "list_policies", "Policies", Scope="Local"),
            *(found["ARN"] for found in secrets.list_secrets()["SecretList"]),
        )
        if "/Platform" in arn or ":secret:" in arn
    }


def _pages(iam: Any, call: str, kind: str, **arguments: str) -> Iterator[str]:
    for page in iam.get_paginator(call).paginate(**arguments):
        yield from (found["Arn"] for found in page[kind])


@dataclass(frozen=True, slots=True)
class Keys:
    """One service user's keys at AWS, and the one in the store."""

    user: str
    active: tuple[str, ...]
    inactive: tuple[str, ...]
    stored: str | None
    works: bool


def keys(home: LocalHome) -> list[Keys]:
    """The keys of every service user that exists."""
    iam = client(home, "iam", "state")
    secrets = client(home, "secretsmanager", "state")
    return [_keys_of(home, iam, secrets, user.name, user.secret_name) for user in SERVICE_USERS]


def stored_secrets(home: LocalHome) -> list[str]:
    """The secret part of every stored key: what must be found nowhere else."""
    secrets = client(home, "secretsmanager", "state")
    return [_stored(secrets, user.secret_name)["secret_access_key"] for user in SERVICE_USERS]


def _keys_of(home: LocalHome, iam: Any, secrets: Any, user: str, secret_name: str) -> Keys:
    listed = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    stored = _stored(secrets, secret_name)
    return Keys(
        user=user,
        active=tuple(key["AccessKeyId"] for key in listed if key["Status"] == "Active"),
        inactive=tuple(key["AccessKeyId"] for key in listed if key["Status"] != "Active"),
        stored=stored.get("access_key_id"),
        works=_works(home, stored, user),
    )


def _stored(secrets: Any, name: str) -> dict[str, str]:
    answer = secrets.get_secret_value(SecretId=name, VersionStage="AWSCURRENT")
    return json.loads(answer["SecretString"])


def _works(home: LocalHome, stored: dict[str, str], user: str) -> bool:
    if "access_key_id" not in stored:
        return False
    cloud = running(home)
    any_service: Any = boto3.client
    sts = any_service(
        "sts",
        region_name=cloud.region,
        endpoint_url=cloud.endpoint,
        aws_access_key_id=stored["access_key_id"],
        aws_secret_access_key=stored["secret_access_key"],
    )
    return sts.get_caller_identity()["Arn"].endswith(f"/{user}")


def assert_converged(home: LocalHome, states: dict[str, dict[str, Any]]) -> None:
    """Each service user has one key, active and stored; nothing is there that no state records."""
    for account, state in states.items():
        assert present(home, account) == recorded(state), account
        assert not state["deployment"].get("pending_operations"), account
    if "state" in states:
        for found in keys(home):
            assert found.active == (found.stored,), found
            assert found.inactive == (), found
            assert found.works, found
