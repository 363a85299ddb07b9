"""What is attached by other means than this program is taken off by the next update."""

import json
from typing import Any

import pytest

from tests.engine import Project, client

pytestmark = pytest.mark.engine

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
INLINE = {
    "PolicyName": "smuggled",
    "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": EVERYTHING}),
}
HOLDERS = {"role": "BuildRole", "group": "builders", "user": "build-machine"}


def holdings(iam: Any) -> dict[str, object]:
    """All that roles, groups and users have or belong to, as IAM says."""
    found: dict[str, object] = {
        f"members of {group['GroupName']}": sorted(
            user["UserName"] for user in iam.get_group(GroupName=group["GroupName"])["Users"]
        )
        for group in iam.list_groups()["Groups"]
    }
    for kind, name in [*HOLDERS.items(), ("user", "ana")]:
        holder = {f"{kind.title()}Name": name}
        attached = getattr(iam, f"list_attached_{kind}_policies")(**holder)["AttachedPolicies"]
        found[f"attached to {name}"] = sorted(policy["PolicyName"] for policy in attached)
        found[f"inside {name}"] = getattr(iam, f"list_{kind}_policies")(**holder)["PolicyNames"]
    return found


def tamper(iam: Any) -> None:
    """Give everybody everything, one way each."""
    for kind, name in [*HOLDERS.items(), ("user", "ana")]:
        holder = {f"{kind.title()}Name": name}
        getattr(iam, f"attach_{kind}_policy")(**holder, PolicyArn=ADMIN)
        getattr(iam, f"put_{kind}_policy")(**holder, **INLINE)
    iam.add_user_to_group(GroupName="builders", UserName="build-machine")
    iam.add_user_to_group(GroupName="service-build-machine", UserName="li")
    iam.remove_user_from_group(GroupName="builders", UserName="ana")


def test_what_is_attached_out_of_band_is_taken_off_by_the_next_update(small_state: Project) -> None:
    iam = client(small_state.home, "iam", "state")
    declared = holdings(iam)
    tamper(iam)
    tampered = holdings(iam)
    assert {what for what in declared if tampered[what] == declared[what]} == {"members of people"}

    small_state.up("state", "--refresh").checked()

    assert holdings(iam) == declared
