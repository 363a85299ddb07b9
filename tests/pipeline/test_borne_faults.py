"""Faults that a pipeline must bear, by the commands and with the real engine.

It stops cleanly: no lock, no pending operation, no key without a user. A rerun converges.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from local.cloud import running
from local.home import LocalHome
from tests.cli.pipelines import Said, Site, site_of
from tests.credentials.gate import Gate
from tests.engine import Project, client
from tests.small import shrunk

pytestmark = pytest.mark.engine

DENIED = (403, b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")
TESTERS = """groups:
  testers: {people: [li]}
"""
TEAM = "profiles/teams/build.yaml"
PROVIDER = "components/account_provider.py"


@pytest.fixture
def site(fresh_cloud: LocalHome, project_in: Callable[[LocalHome], Project]) -> Site:
    """The small organisation, and accounts that are empty."""
    return site_of(shrunk(project_in(fresh_cloud)))


@pytest.fixture
def gate(site: Site) -> Iterator[Gate]:
    """A gate before the cloud, by which all of the site's calls go."""
    gate = Gate(running(site.project.home).endpoint)
    site.project.environment["AWS_ENDPOINT_URL"] = gate.url
    yield gate
    gate.close()


def delivered(site: Site, *stacks: str) -> None:
    """Preview these stacks, apply that, and see that nothing is left to be done."""
    site.preview(*stacks).checked()
    site.up().checked()
    assert not changes(site, *stacks)


def changes(site: Site, *stacks: str) -> bool:
    asked = [part for stack in stacks for part in ("--stack", stack)]
    said = site.run("preview", *asked, "--no-skip", "--format", "json").checked()
    return json.loads(said.stdout)["changes"]


def stopped_cleanly(site: Site, said: Said, stack: str) -> None:
    assert "Traceback" not in said.all
    assert (site.locks(stack), site.pending(stack)) == ([], [])


def keys(site: Site) -> set[str]:
    listed = client(site.project.home, "iam", "state").list_access_keys(UserName="build-machine")
    return {key["AccessKeyId"] for key in listed["AccessKeyMetadata"]}


@pytest.mark.parametrize(
    ("edit", "status", "verdict"),
    [
        (
            (
                "components/group_trust.py",
                "policy_arns=[policy.arn for policy in group.policies],",
                "policy_arns=[a.id for a in attachments],",
            ),
            *(1, "refused"),
        ),
        (("policies/gate.py", "return validate", "raise RuntimeError"), 69, "failed"),
        (("policies/PulumiPolicy.yaml", "runtime:", "run_time:"), 69, "failed"),
    ],
    ids=["22 an unknown value", "23 the pack crashes", "23 the pack is none"],
)
def test_22_23_what_hides_a_check_or_breaks_the_pack_is_never_proved(
    site: Site, edit: tuple[str, str, str], status: int, verdict: str
) -> None:
    site.edit(*edit)
    preview = site.preview("state").checked(status)
    assert verdict in preview.stdout
    refused = site.up().checked(1)
    assert f"its preview was `{verdict}`" in refused.stderr
    assert site.recorded("state") == 0


def test_24_an_update_that_is_denied_in_the_middle_stops_and_a_rerun_of_it_converges(
    site: Site, gate: Gate
) -> None:
    site.preview("state").checked()
    gate.before = lambda called, _: DENIED if called == "AttachGroupPolicy" else None
    said = site.up().checked(1)
    assert "AccessDenied" in said.stderr
    assert "run the same command again to go on" in said.stderr
    stopped_cleanly(site, said, "state")
    assert site.recorded("state") > 10
    before = keys(site)
    gate.before = lambda _called, _body: None
    site.up().checked()
    assert not changes(site, "state")
    assert len(keys(site)) == 1
    assert before <= keys(site)


def test_25_a_burst_that_is_throttled_is_waited_out_and_without_patience_stops_cleanly(
    site: Site,
) -> None:
    patience = "max_retries=MAX_RETRIES,"
    site.edit(PROVIDER, patience, "max_retries=0,")
    site.preview("nonprod").checked()
    throttle = site.project.home.throttle
    throttle.write_text(json.dumps({"per_second": 4, "burst": 3}), "utf-8")
    said = site.up().checked(1)
    assert "Throttling: Rate exceeded" in said.stderr
    stopped_cleanly(site, said, "nonprod")
    site.edit(PROVIDER, "max_retries=0,", patience)
    delivered(site, "nonprod")


def test_35_33_who_moves_between_groups_is_never_in_none_and_what_was_deleted_by_hand_comes_back(
    site: Site, gate: Gate
) -> None:
    site.edit(TEAM, "groups:\n", TESTERS)
    site.edit(TEAM, "builders: {people: [ana]}", "builders: {people: [ana, li]}")
    grant = "  - {group: builders, role: BuildRole, on: [nonprod], mfa: true}\n"
    site.edit(TEAM, grant, grant + grant.replace("builders", "testers"))
    delivered(site, "state", "nonprod")

    site.edit(TEAM, "testers: {people: [li]}", "testers: {people: [li, ana]}")
    site.edit(TEAM, "builders: {people: [ana, li]}", "builders: {people: [li]}")
    moves: list[tuple[str, str]] = []
    gate.after = lambda called, body: moves.extend(moved(called, body))
    delivered(site, "state")
    assert moves[0] == ("AddUserToGroup", "testers")
    assert set(moves[1:]) == {("RemoveUserFromGroup", "builders"), ("AddUserToGroup", "testers")}

    iam, there = (client(site.project.home, "iam", account) for account in ("state", "nonprod"))
    delete_group(iam, "testers")
    delete_role(there, "BuildRole")
    for stack in ("state", "nonprod"):
        site.project.pulumi("refresh", "--yes", "--skip-preview", "--stack", stack).checked()
    delivered(site, "state", "nonprod")
    members = {user["UserName"] for user in iam.get_group(GroupName="testers")["Users"]}
    assert members == {"ana", "li"}
    attached = there.list_attached_role_policies(RoleName="BuildRole")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["BuildRolePolicy"]
    assert len(keys(site)) == 1


def test_25_changes_of_one_role_never_meet(site: Site, gate: Gate) -> None:
    site.project.up("nonprod").checked()
    iam = client(site.project.home, "iam", "nonprod")
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_role_policy(
        RoleName="BuildRole",
        PolicyName="smuggled",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": everything}),
    )
    iam.attach_role_policy(
        RoleName="BuildRole", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    at_work: set[str] = set()
    seen: list[tuple[str, bool]] = []

    def begin(called: str, body: bytes) -> None:
        if changes_role(called, body):
            seen.append((called, bool(at_work)))
            at_work.add(called)
            time.sleep(0.5)

    gate.before = begin
    gate.after = lambda called, _: at_work.discard(called)
    site.project.up("nonprod", "--refresh").checked()
    assert sorted(seen) == [("DeleteRolePolicy", False), ("DetachRolePolicy", False)]


def changes_role(called: str, body: bytes) -> bool:
    reads = called.startswith(("Get", "List"))
    return not reads and parse_qs(body.decode()).get("RoleName") == ["BuildRole"]


def moved(called: str, body: bytes) -> Iterator[tuple[str, str]]:
    """What a call does to whom is moved."""
    sent = parse_qs(body.decode())
    if called in ("AddUserToGroup", "RemoveUserFromGroup") and sent["UserName"] == ["ana"]:
        yield called, sent["GroupName"][0]


def delete_group(iam: Any, name: str) -> None:
    for policy in iam.list_attached_group_policies(GroupName=name)["AttachedPolicies"]:
        iam.detach_group_policy(GroupName=name, PolicyArn=policy["PolicyArn"])
    for user in iam.get_group(GroupName=name)["Users"]:
        iam.remove_user_from_group(GroupName=name, UserName=user["UserName"])
    iam.delete_group(GroupName=name)


def delete_role(iam: Any, name: str) -> None:
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=name)
