"""All stacks are judged together, and go in an order of which each state is proved."""

from collections.abc import Mapping

import pytest

from access.prove import Answer
from access.rollout import either
from access.verified import verified
from pipeline.judge import Judged, judge
from pipeline.together import AllStacks, Together
from policies.checkpoint import Deployed
from tests.policies.checkpoints import as_deployed
from tests.policies.test_rollout import ACCOUNTS, leaking, storing, trusting
from tests.policies.worlds import World, profiles

Stacks = Mapping[str, Deployed | None]
NONPROD_ROOT = "arn:aws:iam::333333333333:root"
PLANNED = as_deployed(storing(), *(World(name) for name in ACCOUNTS if name != "state"))


def judged(before: Stacks, after: Stacks = PLANNED) -> Judged:
    return judge(profiles(), before, after)


def together(before: Stacks, after: Stacks = PLANNED) -> Together:
    return AllStacks(profiles()).together(before, after)


def test_a_first_roll_out_goes_side_by_side() -> None:
    found = judged({})
    assert (found.verdict, found.order) == ("proved", (("nonprod", "prod", "sandbox", "state"),))
    assert found.access
    assert all(change.gains for change in found.access)


def test_where_nothing_changes_nothing_is_to_be_done() -> None:
    found = judged(PLANNED)
    assert (found.verdict, found.order, found.access) == ("proved", (), ())


@pytest.mark.parametrize("exactly", [0, 4], ids=["of many accounts", "of few"])
def test_what_takes_an_old_grant_off_goes_before_what_it_would_open(
    exactly: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.together.EXACTLY", exactly)
    before = as_deployed(leaking())
    found = judged(before)
    assert found.verdict == "proved"
    stage = {name: number for number, names in enumerate(found.order) for name in names}
    assert stage["state"] < stage["prod"]
    assert sorted(stage) == sorted(ACCOUNTS)


@pytest.mark.parametrize("exactly", [0, 4], ids=["of many accounts", "of few"])
def test_each_state_on_the_way_is_proved(exactly: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.together.EXACTLY", exactly)
    mending = as_deployed(*(World(name) for name in ("sandbox", "nonprod")), leaking())
    rollout = together(mending)
    stages = rollout.stages()
    assert stages is not None
    turned = frozenset[str]()
    for stage in stages:
        mixed = either(rollout.state(turned), rollout.state(turned | set(stage)))
        known = {rule for rule in rollout.rules if _broken(rollout, rule)}
        for rule in rollout.rules:
            assert rule in known or verified(mixed, [rule]).answer is Answer.PROVED
        turned |= set(stage)
    assert turned == rollout.changing


def _broken(rollout: Together, rule: object) -> bool:
    return any(one.result.rule == rule for one in rollout.noted())


def test_what_only_tightens_goes_first_though_any_order_is_safe() -> None:
    before = dict(PLANNED) | as_deployed(trusting("nonprod", "arn:aws:iam::111111111111:root"))
    found = judged(dict(before) | {"sandbox": None})
    assert found.verdict == "proved"
    assert found.order == (("nonprod",), ("sandbox",))


def test_what_opens_a_path_is_refused_with_its_steps() -> None:
    planned = dict(PLANNED) | as_deployed(trusting("prod", NONPROD_ROOT))
    found = judged(PLANNED, planned)
    assert (found.verdict, found.order) == ("refused", ())
    [finding] = [one for one in found.findings if one.verdict == "refused"]
    assert finding.path
    assert "can reach `arn:aws:iam::444444444444:role/" in finding.message
    assert (finding.stack, finding.file) == ("prod", "profiles/roles/AuditRole.yaml")


def test_a_path_that_is_open_already_is_noted_and_not_held_against_its_mend() -> None:
    before = dict(PLANNED) | as_deployed(trusting("prod", NONPROD_ROOT))
    found = judged(before)
    assert (found.verdict, found.order) == ("proved", (("prod",),))
    assert {one.verdict for one in found.findings} == {"noted"}


def test_a_stack_that_is_not_previewed_stays_as_it_is_deployed() -> None:
    """A path through two stacks is seen though only one of them is previewed."""
    before = dict(PLANNED) | as_deployed(leaking()) | {"prod": None}
    found = judged(before, {"prod": PLANNED["prod"]})
    assert found.verdict == "refused"
    assert judged(before, {"prod": PLANNED["prod"], "state": PLANNED["state"]}).verdict == "proved"


def unread(account: str) -> World:
    """A stack with something of which no rule knows what it grants."""
    world = storing() if account == "state" else World(account)
    world.add("aws:iam/samlProvider:SamlProvider", "old", name="old")
    return world


def test_what_takes_away_what_nobody_can_read_goes_first_and_alone() -> None:
    before = dict(PLANNED) | as_deployed(unread("state")) | {"prod": None, "sandbox": None}
    found = judged(before)
    assert found.verdict == "proved"
    assert found.order[0] == ("state",)
    assert sorted(name for stage in found.order[1:] for name in stage) == ["prod", "sandbox"]
    # Where nobody takes it away, nobody goes.
    stays = dict(PLANNED) | as_deployed(unread("state"))
    assert judged(before, stays).verdict == "undecided"


def test_what_nobody_can_read_of_what_is_planned_proves_nothing() -> None:
    planned = dict(PLANNED) | as_deployed(unread("sandbox"))
    found = judged(PLANNED, planned)
    assert (found.verdict, found.order) == ("undecided", ())
    assert any("samlProvider" in one.message for one in found.findings)
