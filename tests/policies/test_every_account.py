"""The proof over all accounts: this stack as registered, nothing deployed yet."""

from typing import Any

import pytest

from policies.every_account import Proved, every_account
from policies.finding import Finding
from tests.policies.checkpoints import as_deployed
from tests.policies.worlds import UNKNOWN_INPUT, Document, World, profiles, rendered

ACCOUNTS = ("state", "sandbox", "nonprod", "prod")
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*", "Sid": "Opened"}
NONPROD_GROUP = "service-platform-nonprod-assume-roles"


def found(world: World) -> list[Finding]:
    return list(every_account(world.registered(), profiles(), world.account).findings)


def add(statement: dict[str, Any], *, only: bool = False) -> Any:
    def edit(document: Document) -> None:
        document["Statement"] = [statement] if only else [*document["Statement"], statement]

    return edit


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_example_is_proved_from_every_stack(account: str) -> None:
    assert found(World(account)) == []


def test_a_stack_whose_identity_side_is_open_is_refused_for_the_trusts_alone() -> None:
    world = World("state")
    assume = {**EVERYTHING, "Action": "sts:AssumeRole"}
    for name in ("boundary-nonprod", NONPROD_GROUP):
        world.rewrite("Policy", name, "policy", add(assume, only=True))
    [finding] = found(world)
    assert finding.found.startswith("were every role to trust the whole state account, ")


@pytest.mark.parametrize("account", ["state", "prod"])
def test_a_stack_whose_trusts_are_open_is_refused_for_the_identity_side_alone(account: str) -> None:
    world = World(account)
    root = {"AWS": "arn:aws:iam::111111111111:root"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": root, "Sid": "Opened"}
    for role in profiles().roles:
        world.rewrite("Role", role.name, "assumeRolePolicy", add(trust, only=True))
    [finding] = found(world)
    assert finding.found.startswith("were every identity allowed to assume any role, ")
    assert finding.urn in {world.urn("Role", role.name) for role in profiles().roles}


@pytest.mark.parametrize("origin", ["222222222222", "333333333333"])
@pytest.mark.parametrize("account", ["state", "prod"])
def test_a_trust_in_an_account_that_nonprod_controls_is_a_way_in(account: str, origin: str) -> None:
    world = World(account)
    principal = {"AWS": f"arn:aws:iam::{origin}:root"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Sid": "Opened"}
    world.rewrite("Role", "AuditRole", "assumeRolePolicy", add(trust))
    [finding] = found(world)
    assert finding.urn == world.urn("Role", "AuditRole")
    assert "can reach" in finding.found
    assert "AuditRole" in finding.found
    assert "`Opened`" in finding.remedy


def storing() -> World:
    """The state stack with its stored keys."""
    world = World("state")
    for user in rendered("state").service_users:
        world.add(
            "iamprofiles:index:StoredAccessKey",
            user.name,
            accountId=world.account.id,
            region="eu-west-1",
            userName=user.name,
            store=dict(user.store),
        )
    return world


@pytest.mark.parametrize(
    "action",
    [
        "iam:CreateAccessKey",
        "iam:UpdateAssumeRolePolicy",
        "iam:CreatePolicyVersion",
        "secretsmanager:GetSecretValue",
    ],
)
def test_what_yields_another_identity_is_a_way_in(action: str) -> None:
    world = storing()
    world.rewrite("Policy", "boundary-nonprod", "policy", add(EVERYTHING, only=True))
    way = {**EVERYTHING, "Action": action}
    world.rewrite("Policy", NONPROD_GROUP, "policy", add(way))
    [finding] = found(world)
    assert action in finding.found
    assert finding.urn is not None


def test_to_join_the_prod_identity_s_group_is_no_way_in_since_trusts_know_users_only() -> None:
    world = storing()
    world.rewrite("Policy", "boundary-nonprod", "policy", add(EVERYTHING, only=True))
    way = {**EVERYTHING, "Action": "iam:AddUserToGroup"}
    world.rewrite("Policy", NONPROD_GROUP, "policy", add(way))
    there = as_deployed(world, *(World(one) for one in ACCOUNTS if one != "state"))
    assert every_account(world.registered(), profiles(), world.account, there) == Proved()


@pytest.mark.parametrize("action", ["iam:CreateAccessKey", "secretsmanager:GetSecretValue"])
def test_the_boundary_alone_shuts_that_way(action: str) -> None:
    world = storing()
    world.rewrite("Policy", NONPROD_GROUP, "policy", add({**EVERYTHING, "Action": action}))
    assert found(world) == []


def test_a_policy_that_is_unknown_proves_nothing() -> None:
    world = World("state")
    world.change("Policy", "boundary-nonprod", policy=UNKNOWN_INPUT)
    world.change("Policy", NONPROD_GROUP, policy=UNKNOWN_INPUT)
    [finding] = found(world)
    assert "undecided" in finding.found


def test_a_trust_that_is_unknown_proves_nothing() -> None:
    world = World("prod")
    world.change("Role", "AuditRole", assumeRolePolicy=UNKNOWN_INPUT)
    [finding] = found(world)
    assert "undecided" in finding.found
    assert finding.urn == world.urn("Role", "AuditRole")


def test_an_inline_policy_is_taken_for_everything() -> None:
    world = World("state")
    world.rewrite("Policy", "boundary-nonprod", "policy", add(EVERYTHING, only=True))
    world.add("UserPolicy", "inline", name="inline", user="platform-nonprod", policy="{}")
    [finding] = found(world)
    assert "inline" in finding.found
