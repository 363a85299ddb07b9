"""The example organisation keeps the rules that it is there to show."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml

from iam_profiles.names import AccountName
from iam_profiles.render import render, render_all
from tests.domain.example import EXAMPLE, FOLDER

STATE = render(EXAMPLE, AccountName("state"))


def _allows(role: str) -> Iterator[dict[str, Any]]:
    documents = next(entry for entry in STATE.roles if entry.name == role)
    for policy in documents.policies:
        for statement in json.loads(policy.document)["Statement"]:
            if statement["Effect"] == "Allow":
                yield statement


def _allowing(role: str, action: str) -> list[dict[str, Any]]:
    return [
        statement
        for statement in _allows(role)
        if any(fnmatchcase(action.lower(), entry.lower()) for entry in statement["Action"])
    ]


def test_the_role_set_is_the_reference_s_and_the_domain_team_s() -> None:
    assert [role.name for role in EXAMPLE.roles] == [
        "AuditRole",
        "ControlPlaneBaseRole",
        "IamProfilesRole",
        "PaymentsDeployRole",
        "PlatformHostedZonesRole",
        "PlatformObservabilityBaseRole",
        "PlatformVPCRole",
    ]


def test_the_crossplane_provider_is_off_and_no_administrator_when_on() -> None:
    role = yaml.safe_load((FOLDER / "roles/CrossplaneProviderRole.yaml").read_text())
    assert role["enabled"] is False
    assert "managed_policies" not in role


def test_everything_is_exact_no_document_had_to_be_coarser() -> None:
    assert render_all(EXAMPLE).notes == ()


def test_each_user_is_made_with_its_class_s_boundary_or_not_at_all() -> None:
    for action in ("iam:CreateUser", "iam:PutUserPermissionsBoundary"):
        classes: dict[str, str] = {}
        for statement in _allowing("IamProfilesRole", action):
            (resource,) = statement["Resource"]
            (boundary,) = statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"]
            classes[resource.split(":user")[1]] = boundary.rsplit("/", 1)[1]
        assert classes == {
            "/PlatformServiceUsers/nonprod/*": "boundary-nonprod",
            "/PlatformServiceUsers/prod/*": "boundary-prod",
            "/PlatformPeople/*": "boundary-people",
        }


@pytest.mark.parametrize(
    "action",
    [
        "iam:AttachUserPolicy",
        "iam:DeleteUserPermissionsBoundary",
        "iam:PutGroupPolicy",
        "iam:PutUserPolicy",
        "iam:UpdateUser",
        "iam:PassRole",
        "sts:AssumeRole",
    ],
)
def test_the_iam_role_grants_nothing_to_a_user_and_lifts_no_boundary(action: str) -> None:
    assert not _allowing("IamProfilesRole", action)


@pytest.mark.parametrize(
    "action",
    ["iam:UpdateRole", "iam:UntagRole", "iam:UntagUser", "iam:UntagPolicy", "iam:TagRole"],
)
def test_the_iam_role_has_what_the_reference_lacked(action: str) -> None:
    assert _allowing("IamProfilesRole", action)


def test_the_iam_role_keeps_the_secrets_of_this_project_only() -> None:
    prefix = EXAMPLE.organization.secrets_store.prefix
    for statement in _allowing("IamProfilesRole", "secretsmanager:PutSecretValue"):
        assert statement["Resource"] == [
            f"arn:aws:secretsmanager:eu-west-1:111111111111:secret:{prefix}/*"
        ]


def test_no_other_role_reads_secrets_assumes_roles_or_makes_users() -> None:
    for role in EXAMPLE.roles:
        if role.name != "IamProfilesRole":
            for action in (
                "secretsmanager:GetSecretValue",
                "iam:CreateUser",
                "iam:CreateAccessKey",
            ):
                assert not _allowing(role.name, action), (role.name, action)
        assert not _allowing(role.name, "sts:AssumeRole")


@pytest.mark.parametrize(
    "action", ["iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary"]
)
def test_the_control_plane_makes_roles_under_its_path_with_the_workload_boundary(
    action: str,
) -> None:
    (statement,) = _allowing("ControlPlaneBaseRole", action)
    assert statement["Resource"] == ["arn:aws:iam::111111111111:role/PlatformWorkloads/*"]
    assert statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"] == [
        policy.arn for policy in STATE.boundaries if policy.name == "boundary-workloads"
    ]


def test_the_control_plane_touches_no_iam_outside_the_workloads_path() -> None:
    for statement in _allows("ControlPlaneBaseRole"):
        changes = [
            action
            for action in statement["Action"]
            if action.startswith("iam:") and not action.startswith(("iam:List", "iam:Get"))
        ]
        if changes:
            assert all(
                "/PlatformWorkloads/" in resource
                or ":role/aws-service-role/" in resource
                or ":oidc-provider/oidc.eks." in resource
                for resource in statement["Resource"]
            ), statement


@pytest.mark.parametrize("role", ["ControlPlaneBaseRole", "PaymentsDeployRole"])
def test_roles_are_passed_to_named_services_only(role: str) -> None:
    (statement,) = _allowing(role, "iam:PassRole")
    assert "iam:PassedToService" in statement["Condition"]["StringEquals"]
    assert all("/PlatformWorkloads/" in resource for resource in statement["Resource"])


def test_roles_name_only_their_own_account() -> None:
    for role in EXAMPLE.roles:
        for statement in role.permissions:
            for resource in statement.resources:
                account = resource.split(":")[4] if resource != "*" else ""
                assert account in {"", "{account}"}, resource
