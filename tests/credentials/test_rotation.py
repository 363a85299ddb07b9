"""How a key is rotated: what is due when, what is shown as left to do, and what is never done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from credentials.ensure import Ensured, ensure, finish, inspect
from credentials.errors import InactiveKeyError, InterruptedRunError, VerificationError
from credentials.ports import Policy, Urgency
from credentials.store import Lease, Owner, Rotation
from tests.credentials.fakes import Clock
from tests.credentials.plays import index_of
from tests.credentials.worlds import ROLE, WEEKLY, WRITES, Action, CrashedError, Fault, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ENSURE, EARLY, LEAKED = Action.ENSURE, Action.EARLY, Action.LEAKED


def ensured(world: World, action: Action = ENSURE) -> Ensured:
    made = world.act(action)
    assert made is not None
    return made


def passing(world: World, time: timedelta) -> None:
    world.aws.clock.sleep(time.total_seconds())


def states(world: World) -> dict[str, bool]:
    """Each key, and whether it is active."""
    return {key.id: key.active for key in world.aws.keys.values()}


def test_a_key_that_is_due_gets_a_successor_and_goes_in_two_more_runs() -> None:
    world = World()
    old = ensured(world)
    assert old.next_due == old.created_at + 7 * DAY
    assert old.finishing is None
    passing(world, 7 * DAY)
    new = ensured(world)
    assert new.finishing is not None
    assert (new.finishing.access_key_id, new.finishing.active) == (old.access_key_id, True)
    assert new.next_due == new.finishing.due
    assert states(world) == {old.access_key_id: True, new.access_key_id: True}
    passing(world, HOUR)
    cooling = ensured(world)
    assert cooling.finishing is not None
    assert not cooling.finishing.active
    assert states(world) == {old.access_key_id: False, new.access_key_id: True}
    passing(world, HOUR)
    done = ensured(world)
    assert (done.finishing, done.next_due) == (None, new.created_at + 7 * DAY)
    assert states(world) == {new.access_key_id: True}


@pytest.mark.parametrize("passed", [timedelta(0), HOUR / 2, 3 * DAY])
def test_what_is_not_due_is_not_written(passed: timedelta) -> None:
    world = World()
    ensured(world)
    passing(world, HOUR + passed)
    before = len(world.aws.calls)
    ensured(world)
    assert not WRITES & set(world.aws.calls[before:])


def test_a_run_that_comes_late_deactivates_first_and_deletes_no_sooner_than_a_grace_later() -> None:
    world = World()
    old = ensured(world)
    ensured(world, EARLY)
    passing(world, 3 * DAY)
    ensured(world)
    assert not states(world)[old.access_key_id]
    passing(world, HOUR - timedelta(minutes=1))
    ensured(world)
    assert old.access_key_id in states(world)


def test_whoever_finds_that_the_old_key_was_needed_can_bring_it_back_for_a_while() -> None:
    world = World()
    old = ensured(world)
    ensured(world, EARLY)
    passing(world, HOUR)
    ensured(world)
    world.aws.keys[old.access_key_id].active = True
    again = ensured(world)
    assert again.finishing is not None
    assert not again.finishing.active
    assert again.finishing.due > world.aws.clock.now + HOUR - timedelta(minutes=1)


def test_the_grace_begins_when_the_successor_becomes_current_however_late_that_is() -> None:
    world = World()
    old = ensured(world)
    world.schedule = {index_of("GetCallerIdentity", 1, (ENSURE, EARLY)): Fault.CRASH_BEFORE}
    with pytest.raises(CrashedError):
        world.act(EARLY)
    passing(world, DAY)
    new = ensured(world)
    assert new.access_key_id != old.access_key_id
    assert new.finishing is not None
    assert new.finishing.due > world.aws.clock.now + HOUR - timedelta(minutes=1)
    assert len(world.aws.minted) == 2


def test_a_rotation_that_was_begun_is_finished_although_it_is_not_due() -> None:
    world = World()
    old = ensured(world)
    passing(world, 8 * DAY)
    world.schedule = {index_of("AssumeRole", 1, (ENSURE, Action.WEEK, ENSURE)): Fault.CRASH_BEFORE}
    with pytest.raises(CrashedError):
        world.act(ENSURE)
    never = ensure(world.ports(), Policy())
    assert never.access_key_id != old.access_key_id
    assert len(world.aws.minted) == 2


def test_a_successor_waits_for_the_grace_of_the_key_before() -> None:
    world = World()
    first = ensured(world)
    second = ensured(world, EARLY)
    asked = ensured(world, EARLY)
    assert asked.access_key_id == second.access_key_id
    assert asked.finishing is not None
    assert asked.next_due == asked.finishing.due
    passing(world, HOUR)
    ensured(world)
    third = ensured(world)
    assert third.access_key_id not in {first.access_key_id, second.access_key_id}
    assert set(states(world)) == {second.access_key_id, third.access_key_id}


def test_a_leaked_key_is_gone_at_once_and_so_is_the_one_in_its_grace() -> None:
    world = World()
    ensured(world)
    ensured(world, EARLY)
    fresh = ensured(world, LEAKED)
    assert states(world) == {fresh.access_key_id: True}
    assert fresh.finishing is None
    assert len(world.aws.minted) == 3


def test_a_leaked_key_works_until_its_successor_is_current() -> None:
    world = World()
    old = ensured(world)
    order: list[str] = []

    def look(_at: int, called: str) -> None:
        if called in {"UpdateSecretVersionStage", "UpdateAccessKey", "DeleteAccessKey"}:
            order.append(f"{called} {world.current_key() == old.access_key_id}")

    world.aws.after = look
    ensured(world, LEAKED)
    assert order[:3] == [
        "UpdateSecretVersionStage False",
        "UpdateAccessKey False",
        "UpdateSecretVersionStage False",
    ]


def test_two_who_say_at_once_that_a_key_is_leaked_replace_it_once() -> None:
    world = World()
    ensured(world)
    at = index_of("PutSecretValue", 0, (LEAKED,))
    begun = len(world.aws.calls)
    world.schedule = {begun + at: Fault.RIVAL_ROTATES}
    ensured(world, LEAKED)
    assert len(world.aws.minted) == 2


def test_that_a_key_is_leaked_is_not_forgotten_by_a_run_that_dies() -> None:
    world = World()
    ensured(world)
    world.schedule = {index_of("GetCallerIdentity", 1, (ENSURE, LEAKED)): Fault.CRASH_BEFORE}
    with pytest.raises(CrashedError):
        world.act(LEAKED)
    fresh = ensured(world)
    assert states(world) == {fresh.access_key_id: True}
    assert len(world.aws.minted) == 2


def test_a_key_that_somebody_deactivated_is_replaced_only_if_it_is_said_to_be_leaked() -> None:
    world = World()
    made = ensured(world)
    world.by_hand.add(made.access_key_id)
    world.aws.keys[made.access_key_id].active = False
    for action in (ENSURE, EARLY):
        with pytest.raises(InactiveKeyError, match="credentials rotate payments-nonprod --now"):
            world.act(action)
    fresh = ensured(world, LEAKED)
    assert states(world) == {fresh.access_key_id: True}


def test_a_successor_that_is_refused_what_the_old_key_gets_is_dropped_without_an_outage() -> None:
    world = World()
    old = ensured(world)
    passing(world, DAY)
    world.aws.grant_delay = DAY
    with pytest.raises(VerificationError, match=f"AWS refuses the role `{ROLE}` to the key"):
        world.act(EARLY)
    assert states(world) == {old.access_key_id: True}
    assert world.current_key() == old.access_key_id


def test_a_successor_that_is_refused_the_role_for_some_seconds_is_waited_for() -> None:
    world = World()
    ensured(world)
    passing(world, DAY)
    world.aws.grant_delay = timedelta(seconds=100)
    began = world.aws.clock.now
    ensured(world, EARLY)
    assert world.aws.clock.now - began > timedelta(seconds=100)


@pytest.mark.parametrize("history", [(ENSURE,), (ENSURE, EARLY)])
def test_a_role_that_is_refused_to_every_key_holds_nothing_up(history: tuple[Action, ...]) -> None:
    world = World()
    world.aws.refused_roles.add(ROLE)
    for action in history:
        began = world.aws.clock.now
        made = ensured(world, action)
        assert world.aws.clock.now - began < timedelta(seconds=30)
        assert world.current_key() == made.access_key_id


def test_waiting_ends_when_the_key_before_is_gone() -> None:
    world = World()
    ensured(world)
    began = world.aws.clock.now
    done = finish(world.ports(), WEEKLY, Urgency.EARLY)
    assert states(world) == {done.access_key_id: True}
    assert timedelta(0) <= world.aws.clock.now - began - 2 * HOUR < timedelta(minutes=1)


def test_waiting_that_is_interrupted_is_gone_on_with_by_the_next_run() -> None:
    world = World()
    ensured(world)

    def interrupt(seconds: float) -> None:
        if seconds > HOUR.total_seconds() / 2:
            raise InterruptedRunError
        world.aws.clock.sleep(seconds)

    with pytest.raises(InterruptedRunError):
        finish(replace(world.ports(), sleep=interrupt), WEEKLY, Urgency.EARLY)
    assert len(states(world)) == 2
    world.check_ensured(world.converge(ENSURE))


def test_inspection_says_what_is_due_and_what_is_left() -> None:
    world = World()
    ensured(world)
    new = ensured(world, EARLY)
    seen = inspect(world.ports(), WEEKLY)
    assert seen == new
    passing(world, 8 * DAY)
    overdue = inspect(world.ports(), WEEKLY)
    assert overdue is not None
    assert overdue.next_due is not None
    assert overdue.next_due < world.aws.clock.now


def test_a_lease_says_how_far_a_rotation_is_and_an_older_one_says_nothing() -> None:
    now = Clock().now
    rotation = Rotation("AKIA1", now, now, frozenset({"AKIA1", "AKIA2"}), frozenset({"AKIA2"}))  # type: ignore[arg-type] # made up
    lease = Lease(Owner("run", "here", 1, 0.5), now, rotation=rotation)
    assert Lease.from_json(lease.to_json()) == lease
    old = (
        '{"owner": {"run": "r", "machine": "m", "pid": 1, "started": 0.0},'
        ' "until": "2026-01-31T12:00:00+00:00", "released": true, "unsettled": false}'
    )
    assert Lease.from_json(old).rotation == Rotation()
