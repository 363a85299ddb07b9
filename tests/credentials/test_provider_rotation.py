"""Rotation by `pulumi up` under the real engine, with update plans and without."""

import time
from pathlib import Path

import pytest

from credentials.ensure import ensure
from credentials.ports import Policy, Urgency
from tests.credentials.site import STACK, Site

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("stored-keys")]

SOON = {"TEST_ROTATE": "6", "TEST_GRACE": "3600"}
"""Due before the plan is applied; a run takes about two seconds."""
LATER = {"TEST_ROTATE": "3600", "TEST_GRACE": "60"}
"""Due while a plan holds, but not yet when it is applied."""
WEEKLY = {"TEST_ROTATE": "604800"}


def key_step(steps: dict[str, str]) -> str:
    """What was planned for the key, or done."""
    return next(op for urn, op in steps.items() if "StoredAccessKey" in urn)


def planned(site: Site, folder: Path, settings: dict[str, str]) -> tuple[str, str]:
    """Preview, saving the plan; the plan's file and what it would do to the key."""
    plan = str(folder / "plan.json")
    previewed = site.project.preview(STACK, "--save-plan", plan, **settings).checked()
    return plan, key_step(previewed.steps)


@pytest.mark.parametrize(
    ("settings", "shown", "done"),
    [
        pytest.param(WEEKLY, "same", "same", id="not due for long"),
        pytest.param(LATER, "update", "same", id="due while the plan holds, but not yet"),
        pytest.param(SOON, "update", "update", id="came due after the preview"),
    ],
)
def test_a_plan_allows_what_comes_due_while_it_holds(
    site: Site, tmp_path: Path, settings: dict[str, str], shown: str, done: str
) -> None:
    site.project.up(STACK, **settings).checked()
    first = site.outputs()
    plan, step = planned(site, tmp_path, settings)
    assert step == shown
    if settings is SOON:
        time.sleep(6)
    applied = site.project.up(STACK, "--plan", plan, **settings).checked()
    assert key_step(applied.steps) == done
    assert site.gate.calls.count("CreateAccessKey") == (1 if done == "same" else 2)
    assert (site.outputs() == first) == (done == "same")
    assert site.stored()["access_key_id"] == site.outputs()["accessKeyId"]


def test_a_rotation_that_is_due_at_the_preview_is_planned_and_done(
    site: Site, tmp_path: Path
) -> None:
    settings = SOON | {"TEST_ROTATE": "1"}
    site.project.up(STACK, **settings).checked()
    first = site.outputs()["accessKeyId"]
    time.sleep(1)
    plan, step = planned(site, tmp_path, settings)
    assert step == "update"
    site.project.up(STACK, "--plan", plan, **settings).checked()
    assert site.outputs()["accessKeyId"] != first
    assert set(site.keys().values()) == {"Active"}
    assert len(site.keys()) == 2


def test_what_the_grace_leaves_to_do_is_done_by_the_next_updates(site: Site) -> None:
    graces = {"TEST_ROTATE": "604800", "TEST_GRACE": "4"}
    site.project.up(STACK, **graces).checked()
    first = site.outputs()["accessKeyId"]
    site.project.up(STACK, TEST_ROTATE="1", TEST_GRACE="4").checked()
    second = site.outputs()["accessKeyId"]
    assert site.keys() == {first: "Active", second: "Active"}
    time.sleep(4)
    site.project.up(STACK, **graces).checked()
    assert site.keys() == {first: "Inactive", second: "Active"}
    time.sleep(4)
    site.project.up(STACK, **graces).checked()
    site.check_one_key(site.outputs())
    assert site.outputs()["accessKeyId"] == second
    assert key_step(site.project.up(STACK, **graces).checked().steps) == "same"


def test_a_key_rotated_by_the_command_is_adopted_by_a_refresh(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.project.up(STACK, **WEEKLY).checked()
    ports = site.ports(monkeypatch)
    rotated = ensure(ports, Policy(), Urgency.LEAKED)
    assert key_step(site.project.up(STACK, **WEEKLY).checked().steps) == "same"
    site.project.pulumi(
        "refresh", "--yes", "--skip-preview", "--stack", STACK, events=False, **WEEKLY
    ).checked()
    assert site.outputs()["accessKeyId"] == rotated.access_key_id
    site.check_one_key(site.outputs())


def test_a_destroy_during_the_grace_leaves_no_key(site: Site) -> None:
    site.project.up(STACK, **WEEKLY).checked()
    site.project.up(STACK, TEST_ROTATE="1", TEST_GRACE="3600").checked()
    assert len(site.keys()) == 2
    site.project.destroy(STACK).checked()
    assert site.keys() == {}
    assert site.stored() == {"empty": True}


def test_the_probe_is_a_role_that_the_new_key_really_assumes(site: Site) -> None:
    probe = "arn:aws:iam::222222222222:role/PlatformRoles/PlatformVPCRole"
    site.project.up(STACK, TEST_PROBE=probe).checked()
    at = site.gate.calls.index("AssumeRole")
    assert site.gate.calls.index("GetCallerIdentity", 1) < at
    assert "UpdateSecretVersionStage" in site.gate.calls[at:]
