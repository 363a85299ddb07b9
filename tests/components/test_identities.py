"""Identities: protected while they have a key, bounded, and gone without a trace when they go."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.totp import code
from tests.components.registered import changes, order, resources, urn
from tests.engine import Project, client

pytestmark = pytest.mark.engine

MACHINE = "  build-machine: {class: nonprod, rotate_after: 7d}\n"
GRANT = "  - {service_user: build-machine, role: BuildRole, on: [sandbox, nonprod]}\n"
BUILD = "profiles/teams/build.yaml"
TOOLS = "profiles/teams/tools.yaml"


def keys(project: Project) -> list[str]:
    """The ids of the machine's access keys."""
    found = client(project.home, "iam", "state").list_access_keys(UserName="build-machine")
    return [key["AccessKeyId"] for key in found["AccessKeyMetadata"]]


def machine(project: Project) -> dict[str, Any]:
    """The machine's user, as IAM has it."""
    return client(project.home, "iam", "state").get_user(UserName="build-machine")["User"]


def test_every_user_has_a_boundary(deployed: Project) -> None:
    users = [one for one in resources(deployed, "state") if one["type"] == "aws:iam/user:User"]
    unbounded = [one["urn"] for one in users if not one["inputs"].get("permissionsBoundary")]
    assert users != []
    assert unbounded == []


def test_a_service_user_says_where_its_key_is_and_which_never_the_key(small_state: Project) -> None:
    (user,) = (
        one for one in resources(small_state, "state") if one["type"].endswith("ServiceUser")
    )
    assert user["outputs"] == {
        "userArn": machine(small_state)["Arn"],
        "secretName": "iam-profiles/nonprod/build-machine",
        "accessKeyId": keys(small_state)[0],
    }


def test_a_service_user_taken_out_of_the_model_is_refused_and_keeps_its_key(
    small_state: Project,
) -> None:
    before = keys(small_state)
    small_state.edit(BUILD, f"service_users:\n{MACHINE}", "")
    small_state.edit(BUILD, GRANT, "")
    for ran in (small_state.preview("state"), small_state.up("state")):
        assert ran.code != 0
        assert "cannot be deleted" in ran.output
        assert "pulumi state unprotect" in ran.output
    assert (len(before), keys(small_state)) == (1, before)


def test_a_move_to_another_team_changes_nothing(small_state: Project) -> None:
    small_state.edit(BUILD, f"service_users:\n{MACHINE}", "")
    small_state.edit(BUILD, GRANT, "")
    with (small_state.folder / TOOLS).open("a", encoding="utf-8") as file:
        file.write(f"service_users:\n{MACHINE}grants:\n{GRANT}")
    assert changes(small_state.preview("state").checked()) == {}


def test_a_new_class_moves_the_user_in_place_but_not_its_key(small_state: Project) -> None:
    user, key = machine(small_state), keys(small_state)
    small_state.edit(BUILD, "class: nonprod", "class: prod")
    refused = small_state.preview("state")
    assert refused.code != 0
    assert changes(refused)["User", "build-machine"] == "update"
    assert "unable to replace" in refused.output

    for kind in ("Secret", "StoredAccessKey"):
        kept = urn(small_state, "state", kind, "build-machine")
        small_state.pulumi("state", "unprotect", kept, "--yes", "--stack", "state").checked()
    small_state.up("state").checked()

    moved, new_key = machine(small_state), keys(small_state)
    assert (moved["Path"], moved["UserId"]) == ("/PlatformServiceUsers/prod/", user["UserId"])
    assert len(new_key) == 1
    assert new_key != key


def test_a_person_who_leaves_takes_the_mfa_device_along(small_state: Project) -> None:
    iam = client(small_state.home, "iam", "state")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="mira")["VirtualMFADevice"]
    seed, now = device["Base32StringSeed"].decode(), datetime.now(UTC)
    iam.enable_mfa_device(
        UserName="mira",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=code(seed, now - timedelta(seconds=30)),
        AuthenticationCode2=code(seed, now),
    )
    small_state.edit(TOOLS, "people: [mira]\n", "")
    small_state.up("state").checked()
    left = {user["UserName"] for user in iam.list_users()["Users"]}
    assert left == {"ana", "build-machine", "li"}
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_an_unprotected_stack_is_destroyed_key_first_then_secret_then_user(
    small_state: Project,
) -> None:
    assert small_state.destroy("state").code != 0
    small_state.pulumi("state", "unprotect", "--all", "--yes", "--stack", "state").checked()
    deleted = order(small_state.destroy("state").checked(), "delete")
    kept = ("StoredAccessKey", "Secret", "User")
    assert [kind for kind, name in deleted if name == "build-machine" and kind in kept] == [*kept]
    iam = client(small_state.home, "iam", "state")
    assert iam.list_users(PathPrefix="/Platform")["Users"] == []
    assert iam.list_groups()["Groups"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_roles(PathPrefix="/PlatformRoles/")["Roles"] == []
