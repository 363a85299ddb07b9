"""What the ledger tells of a user's keys."""

from datetime import timedelta

import pytest

from credentials.errors import StoreNotFoundError
from credentials.ledger import Ledger, Standing, examine
from tests.credentials.fakes import Iam
from tests.credentials.plays import index_of
from tests.credentials.worlds import (
    SECRET,
    USER,
    WEEKLY,
    WRITES,
    Action,
    CrashedError,
    Fault,
    World,
)

ENSURE, EARLY = Action.ENSURE, Action.EARLY


def standings(ledger: Ledger) -> list[tuple[str, bool]]:
    return [(entry.standing.value, entry.active) for entry in ledger.keys]


def test_a_rotation_is_told_step_by_step_and_nothing_is_written() -> None:
    world = World()
    told = [standings(examine(world.ports(), WEEKLY))]
    for action in (ENSURE, EARLY, Action.HOUR, ENSURE, Action.HOUR, ENSURE):
        world.act(action)
        before = len(world.aws.calls)
        told.append(standings(examine(world.ports(), WEEKLY)))
        assert not WRITES & set(world.aws.calls[before:])
    rotating = [("previous", True), ("current", True)]
    cooling = [("previous", False), ("current", True)]
    assert told == [
        [],
        [("current", True)],
        rotating,
        rotating,
        cooling,
        cooling,
        [("current", True)],
    ]


def test_what_was_due_and_not_done_is_overdue() -> None:
    world = World()
    assert examine(world.ports(), WEEKLY).overdue(timedelta(0)), "there is no key"
    world.act(ENSURE)
    ledger = examine(world.ports(), WEEKLY)
    assert not ledger.overdue(timedelta(0))
    assert (ledger.keys[0].last_use.service, ledger.lease and ledger.lease.released) == (
        "sts",
        True,
    )
    world.act(Action.WEEK)
    late = examine(world.ports(), WEEKLY)
    assert late.overdue(timedelta(hours=1))
    assert not late.overdue(timedelta(days=2))


def test_foreign_keys_and_leftovers_are_told_apart() -> None:
    world = World()
    world.act(ENSURE)
    for used, standing in ((False, Standing.LEFTOVER), (True, Standing.FOREIGN)):
        key = Iam(world.aws).create_access_key(UserName=USER)["AccessKey"]
        if used:
            world.aws.sts(key["AccessKeyId"], key["SecretAccessKey"]).get_caller_identity()
        ledger = examine(world.ports(), WEEKLY)
        assert ledger.keys[1].standing is standing
        assert len(ledger.foreign) == used
        Iam(world.aws).delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])


def test_a_key_that_a_dead_run_stored_is_pending_and_its_run_is_named() -> None:
    world = World()
    world.schedule = {index_of("GetCallerIdentity"): Fault.CRASH_BEFORE}
    with pytest.raises(CrashedError):
        world.act(ENSURE)
    ledger = examine(world.ports(), WEEKLY)
    assert standings(ledger) == [("pending", True)]
    assert ledger.current is None
    assert ledger.lease is not None
    assert (ledger.lease.owner.run, ledger.lease.released) == ("run-1", False)


def test_a_dead_current_key_is_none_and_a_missing_secret_an_error() -> None:
    world = World()
    world.act(ENSURE)
    world.act(Action.DELETE)
    world.act(Action.HOUR)
    assert examine(world.ports(), WEEKLY).current is None
    del world.aws.secrets[SECRET]
    with pytest.raises(StoreNotFoundError):
        examine(world.ports(), WEEKLY)
