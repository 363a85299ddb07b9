"""The role set: alike everywhere, and renamed without an interval in which neither role exists."""

import json
from typing import Any

import pytest

from tests.components.registered import changes, name_of, order, resources
from tests.engine import ACCOUNTS, Project, client

pytestmark = pytest.mark.engine

RENAMED = {"Policy": "AssembleRolePolicy", "Role": "AssembleRole"}


def role_set(project: Project, account: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The inputs of everything in an account's RoleSet but trust, with account ids taken out."""
    found = {
        name_of(one["urn"]): one["inputs"]
        for one in resources(project, account)
        if "RoleSet$" in one["urn"]
    }
    for inputs in found.values():
        inputs.pop("assumeRolePolicy", None)
    text = json.dumps([[key, inputs] for key, inputs in sorted(found.items())])
    for account_id in (ACCOUNTS[account], ACCOUNTS["state"]):
        text = text.replace(account_id, "ACCOUNT")
    return {(key[0], key[1]): inputs for key, inputs in json.loads(text)}


@pytest.mark.parametrize("account", [name for name in ACCOUNTS if name != "state"])
def test_every_account_has_the_same_role_set_but_for_whom_it_trusts(
    deployed: Project, account: str
) -> None:
    assert role_set(deployed, account) == role_set(deployed, "state")


def test_a_renamed_role_is_replaced_by_its_successor_which_is_created_first(small: Project) -> None:
    small.up("nonprod").checked()
    profiles = small.folder / "profiles"
    old = profiles / "roles" / "BuildRole.yaml"
    old.rename(old.with_name("AssembleRole.yaml"))
    small.edit("profiles/roles/AssembleRole.yaml", "session: 1h", "renamed_from: BuildRole")
    team = profiles / "teams" / "build.yaml"
    team.write_text(team.read_text("utf-8").replace("BuildRole", "AssembleRole"), "utf-8")

    ran = small.up("nonprod").checked()

    assert set(order(ran, "create")) | set(order(ran, "delete")) == set()
    successors = {*RENAMED.items()}
    assert successors <= set(order(ran, "create-replacement"))
    ops = [
        (step["op"], name_of(step["urn"])[0])
        for event in ran.events
        if (step := event.get("resourcePreEvent", {}).get("metadata"))
    ]
    assert ops.index(("create-replacement", "Role")) < ops.index(("delete-replaced", "Role"))
    assert ops.index(("delete-replaced", "Role")) < ops.index(("delete-replaced", "Policy"))
    iam = client(small.home, "iam", "nonprod")
    roles = iam.list_roles(PathPrefix="/PlatformRoles/")["Roles"]
    assert [role["RoleName"] for role in roles] == ["AssembleRole"]
    attached = iam.list_attached_role_policies(RoleName="AssembleRole")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AssembleRolePolicy"]


def test_a_new_purpose_and_session_change_a_role_in_place(small: Project) -> None:
    small.up("nonprod").checked()
    small.edit("profiles/roles/BuildRole.yaml", "Builds what", "Makes what")
    small.edit("profiles/roles/BuildRole.yaml", "session: 1h", "session: 2h")
    assert changes(small.preview("nonprod").checked()) == {("Role", "BuildRole"): "update"}
