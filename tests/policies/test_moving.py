"""Identities that a roll-out moves, as the first one of what was adopted does: the same before."""

import json

import pytest

from access.prove import Refuted
from pipeline.judge import judge
from policies.every_account import Proved, every_account
from tests.policies.cases import STATE_ROOT, trust
from tests.policies.checkpoints import as_deployed
from tests.policies.test_rollout import storing, unlocked
from tests.policies.worlds import World, profiles

ACCOUNTS = ("state", "sandbox", "nonprod", "prod")
NONPROD, PROD = "platform-nonprod", "platform-prod"
OLD = "arn:aws:iam::111111111111:user/payments-nonprod"


def adopted(account: str) -> World:
    """A stack as it is imported: trust in all of `state`, users on no class's path, unbounded."""
    world = unlocked(World(account)) if account == "state" else World(account)
    for (type_, name), inputs in world.resources.items():
        if type_.endswith(":Role"):
            world.change("Role", name, assumeRolePolicy=trust({"AWS": STATE_ROOT}))
        if type_.endswith(":User"):
            inputs.update(path="/", permissionsBoundary=None)
    return world


def proved(world: World, *there: World) -> Proved:
    return every_account(world.registered(), profiles(), world.account, as_deployed(*there))


@pytest.mark.parametrize("account", ACCOUNTS)
def test_each_first_stack_of_what_was_adopted_may_go_and_what_is_open_is_noted(
    account: str,
) -> None:
    found = proved(World(account), *map(adopted, ACCOUNTS))
    assert found.findings == ()
    [note] = found.notes
    assert note.found.startswith("as deployed, were every identity allowed to assume any role, ")
    assert f"1. `{OLD}`: sts:AssumeRole on " in note.found


def test_all_of_what_was_adopted_goes_in_one_delivery() -> None:
    before = as_deployed(*map(adopted, ACCOUNTS))
    found = judge(profiles(), before, as_deployed(*map(World, ACCOUNTS)))
    assert (found.verdict, {one.verdict for one in found.findings}) == ("proved", {"noted"})
    assert sorted(name for stage in found.order for name in stage) == sorted(ACCOUNTS)


def test_what_a_moving_identity_comes_to_reach_on_the_way_is_refused() -> None:
    """Its old group reads every secret, and the first delivery stores the key of prod in one."""
    old = adopted("state")
    reading = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [reading]})
    old.change("Policy", f"service-{NONPROD}-assume-roles", policy=document)
    before = as_deployed(old, *map(adopted, ACCOUNTS[1:]))
    found = judge(profiles(), before, as_deployed(unlocked(storing()), *map(World, ACCOUNTS[1:])))
    assert found.verdict != "proved"
    assert any("secretsmanager:GetSecretValue" in one.message for one in found.findings)


def test_an_identity_is_not_moved_into_a_class_that_reaches_more() -> None:
    """It keeps its key: who has that of nonprod would be prod's."""
    promoted = World("state")
    prod = promoted.resources["aws:iam/user:User", PROD]
    promoted.change(
        "User", NONPROD, path=prod["path"], permissionsBoundary=prod["permissionsBoundary"]
    )
    promoted.remove("GroupMembership", f"service-{NONPROD}")
    members = promoted.resources["aws:iam/groupMembership:GroupMembership", f"service-{PROD}"]
    members["users"] = [PROD, NONPROD]
    found = proved(promoted, *map(World, ACCOUNTS))
    assert found.findings
    assert all("while old and new documents are mixed, " in one.found for one in found.findings)
    assert not any(isinstance(one, Refuted) for one in found.notes)
