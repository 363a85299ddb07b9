"""The proof as the real engine runs it: over what the other stacks have deployed."""

from pathlib import Path

import pytest

from iam_profiles.world import world
from policies.account_world import account_world
from policies.deployed import HANDED_OVER, Place, stacks
from policies.gate import NOTED
from tests.engine import Project, Ran
from tests.policies.cases import STATE_ROOT, allow, trust
from tests.policies.checkpoints import exported
from tests.policies.test_engine import previewed, told
from tests.policies.worlds import World, profiles, rendered

pytestmark = pytest.mark.engine

ACCOUNTS = ("state", "sandbox", "nonprod", "prod")


def leaking() -> World:
    """A state stack of old, in which nonprod may make keys for prod's machine."""
    old = World("state")
    for name in ("boundary-nonprod", "service-platform-nonprod-assume-roles"):
        old.change("Policy", name, policy=allow("iam:CreateAccessKey"))
    return old


def noted(ran: Ran) -> list[str]:
    found = [one for one in ran.violations if one["policyName"] == NOTED]
    assert {one["enforcementLevel"] for one in found} <= {"advisory"}
    return [one["message"] for one in found]


def refused(ran: Ran) -> list[str]:
    assert ran.code != 0
    return [message for _, message in told(ran, "prod_isolation")]


def deploy(project: Project, there: World) -> None:
    """Let the engine's state of the stack be that this world is deployed."""
    if not list(project.backend.glob(f".pulumi/stacks/*/{there.stack}.json")):
        project.pulumi("stack", "init", "--no-select", there.stack).checked()
    file = project.folder / "state.json"
    file.write_text(exported(there), encoding="utf-8")
    project.pulumi("stack", "import", "--stack", there.stack, "--file", str(file)).checked()


def test_prod_waits_until_an_old_grant_in_state_is_gone(project: Project) -> None:
    deploy(project, leaking())
    [message, *_] = refused(previewed(project, World("prod")))
    assert "with `prod` as planned and" in message
    assert "iam:CreateAccessKey" in message
    assert "can reach `arn:aws:iam::444444444444:" in message
    assert "deploy `state` first" in message

    mending = previewed(project, World("state")).checked()
    assert told(mending, "prod_isolation") == []
    assert "as deployed, " in noted(mending)[0]

    deploy(project, World("state"))
    assert previewed(project, World("prod")).checked().violations == []


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_stack_is_read_from_its_checkpoint_as_the_model_renders_it(
    deployed: Project, account: str
) -> None:
    place = Place(deployed.folder, "iam-profiles", account, deployed.environment)
    found = stacks([account], place)
    assert isinstance(found, dict)
    there = found[account]
    assert there is not None
    read = account_world(there.settled, profiles(), rendered(account).account)
    assert read == world([rendered(account)])


def test_a_checkpoint_that_cannot_be_read_is_refused(project: Project) -> None:
    project.pulumi("stack", "init", "--no-select", "state").checked()
    (file,) = project.backend.glob(".pulumi/stacks/*/state.json")
    file.write_text('{"version": 3, "checkpoint"', encoding="utf-8")
    [message] = refused(previewed(project, World("prod")))
    assert "what stack `state` has deployed cannot be read" in message
    assert "it is not JSON" in message


def test_what_is_handed_over_is_what_counts(project: Project, tmp_path: Path) -> None:
    for name in ACCOUNTS:
        there = leaking() if name == "state" else World(name)
        (tmp_path / f"{name}.json").write_text(exported(there), encoding="utf-8")
    given = {HANDED_OVER: str(tmp_path)}
    prod = World("prod")
    prod.change("Role", "AuditRole", assumeRolePolicy=trust({"AWS": STATE_ROOT}))
    assert noted(previewed(project, World("prod"), **given).checked())
    [message, *_] = [
        one for one in refused(previewed(project, prod, **given)) if "assume any role" in one
    ]
    assert "\nwere every identity allowed to assume any role, " in message
