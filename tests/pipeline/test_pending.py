"""Creates that were never finished are recorded under the id they would have, or dropped."""

from typing import Any

import pytest

from pipeline import pending

STACK = "urn:pulumi:prod::iam-profiles::"
PROVIDER = {
    "urn": f"{STACK}pulumi:providers:aws::prod",
    "type": "pulumi:providers:aws",
    "inputs": {"allowedAccountIds": '["444444444444"]', "region": "eu-west-1"},
}


def resource(kind: str, name: str, **inputs: str) -> dict[str, Any]:
    return {
        "urn": f"{STACK}{kind}::{name}",
        "type": kind,
        "inputs": {"name": name, **inputs},
        "provider": f"{PROVIDER['urn']}::some-id",
    }


def settled(operation: dict[str, Any], *known: dict[str, Any]) -> list[dict[str, Any]]:
    deployment: dict[str, Any] = {"resources": [PROVIDER, *known]}
    pending.settle(deployment, operation, {})
    return deployment["resources"][1:]


def test_a_role_that_may_exist_is_recorded_under_its_name() -> None:
    role = resource("aws:iam/role:Role", "AuditRole")
    [found] = settled({"type": "creating", "resource": role})
    assert (found["id"], found["outputs"]) == ("AuditRole", role["inputs"])


def test_a_policy_that_may_exist_is_recorded_under_the_arn_of_the_providers_account() -> None:
    policy = resource("aws:iam/policy:Policy", "AuditRolePolicy", path="/PlatformPolicies/")
    [found] = settled({"type": "creating", "resource": policy})
    assert found["id"] == "arn:aws:iam::444444444444:policy/PlatformPolicies/AuditRolePolicy"


@pytest.mark.parametrize("kind", ["updating", "deleting", "reading"])
def test_what_was_not_being_created_is_recorded_already(kind: str) -> None:
    assert settled({"type": kind, "resource": resource("aws:iam/role:Role", "AuditRole")}) == []


@pytest.mark.parametrize(
    "kind",
    [
        "iamprofiles:index:StoredAccessKey",
        "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive",
    ],
)
def test_what_can_be_asked_for_twice_is_left_to_the_next_update(kind: str) -> None:
    assert settled({"type": "creating", "resource": resource(kind, "AuditRole")}) == []


def test_of_a_replacement_the_old_one_is_to_be_deleted_and_the_new_one_recorded() -> None:
    urn = f"{STACK}aws:iam/role:Role::AuditRole"
    old = {"urn": urn, "type": "aws:iam/role:Role", "id": "ReviewRole"}
    new = resource("aws:iam/role:Role", "AuditRole")
    assert [
        (found["id"], found.get("delete"))
        for found in settled({"type": "creating", "resource": new}, old)
    ] == [("ReviewRole", True), ("AuditRole", None)]


def test_a_resource_that_is_recorded_already_stays_as_it_is() -> None:
    role = {**resource("aws:iam/role:Role", "AuditRole"), "id": "AuditRole"}
    assert settled({"type": "creating", "resource": role}, role) == [role]
