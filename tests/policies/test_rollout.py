"""What may be rolled out over what is deployed: no state on the way reaches more than before."""

import json

import pytest

from policies.checkpoint import Deployed, deployed
from policies.every_account import Isolation, Proved, every_account
from policies.known_types import GROUP as GROUP_TYPE
from policies.known_types import POLICY, ROLE, SECRET, STORED_ACCESS_KEY, USER
from tests.policies.cases import STATE_ROOT, allow, from_users, trust, with_statement
from tests.policies.checkpoints import as_deployed, checkpoint, resources
from tests.policies.worlds import World, profiles, rendered

HOLDERS = (ROLE, GROUP_TYPE, USER)
ACCOUNTS = ("state", "sandbox", "nonprod", "prod")
BOUNDARY, GROUP = "boundary-nonprod", "service-platform-nonprod-assume-roles"
NONPROD = "arn:aws:iam::111111111111:user/PlatformServiceUsers/nonprod/*"
READ_SECRETS = allow("secretsmanager:GetSecretValue")


def proved(world: World, *deployed: World) -> Proved:
    return every_account(world.registered(), profiles(), world.account, as_deployed(*deployed))


def storing() -> World:
    """The state stack with its stored keys."""
    world = World("state")
    for user in rendered("state").service_users:
        world.add(
            STORED_ACCESS_KEY,
            user.name,
            accountId=world.account.id,
            region="eu-west-1",
            userName=user.name,
            store=dict(user.store),
        )
    return world


def unlocked(world: World) -> World:
    """The state stack, whose secrets are left to what policies of others allow."""
    for user in rendered("state").service_users:
        world.change(SECRET, user.name, policy=None, kmsKeyId=None)
    return world


def leaking() -> World:
    """A state stack of old in which nonprod may read the key of prod's machine."""
    world = unlocked(storing())
    world.change("Policy", BOUNDARY, policy=READ_SECRETS)
    world.change("Policy", GROUP, policy=READ_SECRETS)
    return world


def trusting(account: str, principal: str) -> World:
    """A stack in which one role trusts somebody else besides."""
    world = World(account)
    statement = json.loads(trust({"AWS": principal}))["Statement"][0]
    world.rewrite("Role", "AuditRole", "assumeRolePolicy", with_statement(**statement, Sid="Old"))
    return world


@pytest.mark.parametrize("account", ACCOUNTS)
def test_what_is_deployed_already_is_proved_again(account: str) -> None:
    assert proved(World(account), *map(World, ACCOUNTS)) == Proved()


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_first_roll_out_is_proved_in_any_order(account: str) -> None:
    assert proved(World(account)) == Proved()
    assert proved(World(account), *(World(one) for one in ACCOUNTS if one != account)) == Proved()


def test_prod_is_refused_as_long_as_an_old_grant_in_state_opens_a_path() -> None:
    assert proved(World("prod")) == Proved()
    found = proved(World("prod"), leaking())
    assert found.findings
    for finding in found.findings:
        assert "can reach `arn:aws:iam::444444444444:role/" in finding.found
        assert finding.found.startswith("with `prod` as planned and ")
        assert "`state`" in finding.found.split(" as deployed, ")[0]
        assert finding.remedy.startswith("deploy `state` first, or narrow or remove statement")
        assert "urn:pulumi:state::" in finding.remedy or "urn:pulumi:prod::" in str(finding.urn)


def test_what_mends_a_bad_state_is_not_refused_for_it_and_the_state_is_noted() -> None:
    found = proved(storing(), leaking())
    assert found.findings == ()
    assert found.notes
    assert all(one.found.startswith("as deployed, ") for one in found.notes)
    assert "secretsmanager:GetSecretValue" in found.notes[0].found
    assert found.notes[0].urn is not None


def test_once_state_is_mended_prod_is_accepted() -> None:
    assert proved(World("prod"), storing()) == Proved()


@pytest.mark.parametrize("account", ["nonprod", "sandbox"])
def test_a_bad_state_holds_nobody_up_who_does_not_make_it_worse(account: str) -> None:
    found = proved(World(account), leaking())
    assert found.findings == ()
    assert found.notes


def test_a_stack_that_changes_nothing_is_not_refused_for_the_others() -> None:
    found = proved(World("sandbox"), World("sandbox"), leaking(), World("prod"))
    assert found.findings == ()
    assert found.notes


def test_two_stacks_may_each_mend_a_part() -> None:
    """Both trusts are open: neither stack closes all, and each is let through."""
    old = [trusting(account, "arn:aws:iam::333333333333:root") for account in ("state", "prod")]
    for account in ("state", "prod"):
        found = proved(World(account), *old, World("nonprod"), World("sandbox"))
        assert found.findings == ()
        assert found.notes


def test_what_is_planned_badly_is_refused_whatever_is_deployed() -> None:
    bad = trusting("prod", "arn:aws:iam::333333333333:root")
    for there in ([], [World("prod")], [bad]):
        [finding] = proved(bad, *there).findings
        assert "can reach" in finding.found
        assert not finding.found.startswith(("with ", "as deployed"))
        assert finding.urn == bad.urn("Role", "AuditRole")


@pytest.mark.parametrize("account", ["state", "prod"])
def test_either_lock_that_is_open_in_what_is_planned_is_refused(account: str) -> None:
    world = World(account)
    if account == "prod":
        world.change("Role", "AuditRole", assumeRolePolicy=trust({"AWS": STATE_ROOT}))
        opened = "were every identity allowed to assume any role, "
    else:
        for name in (BOUNDARY, GROUP):
            world.change("Policy", name, policy=allow("sts:AssumeRole"))
        opened = "were every role to trust the whole state account, "
    [finding] = proved(world, *map(World, ACCOUNTS)).findings
    assert finding.found.startswith(opened)


def test_of_a_lock_that_is_open_as_deployed_the_one_that_is_shut_lets_the_mend_through() -> None:
    old = World("prod")
    old.change("Role", "AuditRole", assumeRolePolicy=trust({"AWS": STATE_ROOT}))
    found = proved(World("prod"), old, World("state"))
    assert found.findings == ()
    [note] = found.notes
    assert note.found.startswith("as deployed, were every identity allowed to assume any role, ")


def test_to_swap_one_lock_for_the_other_is_refused_in_between() -> None:
    """Deployed, only the trusts keep nonprod out; planned, only the identities are kept in."""
    old, new = World("prod"), World("prod")
    new.change("Role", "AuditRole", assumeRolePolicy=trust({"AWS": STATE_ROOT}))
    state = World("state")
    for name in (BOUNDARY, GROUP):
        state.change("Policy", name, policy=allow("sts:AssumeRole"))
    findings = proved(new, old, state).findings
    assert findings


def denying(operator: str, pattern: str) -> World:
    """A prod stack in which a role trusts the whole state account, but for some."""
    world = World("prod")
    denied = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Sid": "But"}
    admitted = {"Effect": "Allow", "Principal": {"AWS": STATE_ROOT}, "Action": "sts:AssumeRole"}
    statements = [admitted, {**denied, "Condition": from_users(pattern, operator)}]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    world.change("Role", "AuditRole", assumeRolePolicy=text)
    return world


def test_a_deny_that_is_written_otherwise_is_in_force_all_the_time() -> None:
    old, new = denying("ArnLike", NONPROD), denying("StringLike", NONPROD)
    assert proved(new, old, World("state")) == Proved()


def test_a_deny_of_other_users_leaves_a_moment_that_nothing_is_proved_of() -> None:
    old, new = denying("ArnLike", NONPROD), denying("ArnLike", NONPROD.replace("/*", "*"))
    found = proved(new, old, *(World(one) for one in ACCOUNTS if one != "prod"))
    [finding] = found.findings
    assert finding.found.startswith("while old and new documents are mixed, were every identity ")
    assert "it is undecided whether" in finding.found
    assert finding.urn == new.urn("Role", "AuditRole")


def changing(account: str, *, pending: bool) -> Deployed:
    """A stack whose role may have been opened when the engine was last heard of."""
    opened = trusting(account, "arn:aws:iam::333333333333:root")
    (role,) = [
        one
        for one in resources(opened)
        if one["urn"].endswith("::AuditRole") and one["type"] == ROLE
    ]
    about = [{"resource": role, "type": "updating"}] if pending else []
    found = deployed(checkpoint(World(account), pending=about))
    assert found is not None
    return found


@pytest.mark.parametrize("pending", [True, False], ids=["under way", "settled"])
def test_what_an_update_was_about_when_last_heard_of_may_be_there(*, pending: bool) -> None:
    there = as_deployed(*map(World, ACCOUNTS)) | {"prod": changing("prod", pending=pending)}
    world = World("state")
    found = every_account(world.registered(), profiles(), world.account, there)
    assert found.findings == ()
    assert bool(found.notes) is pending


def test_what_no_rule_can_read_in_another_stack_proves_nothing_until_it_is_mended() -> None:
    odd = World("sandbox")
    odd.add("SamlProvider", "ci", url="https://ci.example.com")
    urn = odd.urn("SamlProvider", "ci")
    [finding, *_] = proved(World("prod"), odd).findings
    assert f"`{urn}`: no rule knows what" in finding.found
    assert finding.remedy.startswith("deploy `sandbox` first, or ")
    mending = proved(World("sandbox"), odd)
    assert mending.findings == ()
    assert mending.notes


@pytest.mark.parametrize("made", [5, 20])
def test_a_stack_that_is_half_made_holds_nobody_up(made: int) -> None:
    """Policies, roles and users are there before what attaches one to the other."""
    found = resources(World("state"))
    holders = [one for one in found if one["type"] in (*HOLDERS, POLICY)]
    rest = [one for one in found[2:] if one not in holders]
    whole = {"version": 3, "deployment": {"resources": [*found[:2], *holders, *rest[:made]]}}
    there = {"state": deployed(json.dumps(whole))}
    world = World("prod")
    assert every_account(world.registered(), profiles(), world.account, there) == Proved()


def test_a_proof_that_was_begun_counts_for_the_same_world_only() -> None:
    isolation = Isolation(profiles())
    bad = trusting("prod", "arn:aws:iam::333333333333:root")
    isolation.begin(bad.account, {})
    assert isolation.judge(bad.registered(), bad.account, {}).findings
    assert isolation.judge(World("prod").registered(), bad.account, {}) == Proved()
    assert isolation.judge(World("prod").registered(), bad.account, as_deployed(leaking())).findings
