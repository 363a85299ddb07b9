"""Groups: what a grant adds goes with the grant, and a group goes with what it has."""

import pytest

from tests.engine import Project, client

pytestmark = pytest.mark.engine

BUILD = "profiles/teams/build.yaml"
GRANT = "  - {group: builders, role: BuildRole, on: [nonprod], mfa: true}\n"
GROUP = "groups:\n  builders: {people: [ana]}\n"


def test_a_group_whose_grants_end_loses_its_policies_and_can_then_be_deleted(
    small_state: Project,
) -> None:
    iam = client(small_state.home, "iam", "state")
    small_state.edit(BUILD, GRANT, "")
    small_state.up("state").checked()
    assert iam.list_attached_group_policies(GroupName="builders")["AttachedPolicies"] == []
    policies = {policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]}
    assert "builders-assume-roles" not in policies

    small_state.edit(BUILD, GROUP, "")
    small_state.up("state").checked()
    assert {group["GroupName"] for group in iam.list_groups()["Groups"]} == {
        "people",
        "service-build-machine",
    }


def test_a_person_is_added_to_and_taken_from_a_group_in_place(small_state: Project) -> None:
    iam = client(small_state.home, "iam", "state")
    small_state.edit(BUILD, "builders: {people: [ana]}", "builders: {people: [li]}")
    small_state.up("state").checked()
    members = iam.get_group(GroupName="builders")["Users"]
    assert [user["UserName"] for user in members] == ["li"]
