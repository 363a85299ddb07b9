"""What `remove` takes away, in which order, and what `inspect` tells."""

from datetime import timedelta

import pytest

from credentials.ensure import ensure, inspect
from credentials.errors import ServiceError
from tests.credentials.fakes import SecretsManager, refuse
from tests.credentials.worlds import LATER, SECRET, USER, WRITES, Action, World


def test_removal_empties_the_store_before_it_deletes_the_key() -> None:
    world = World()
    ensure(world.ports())
    world.act(Action.REMOVE)
    world.check_removed()
    calls = [call for call in world.aws.calls if call in WRITES]
    assert calls.index("UpdateAccessKey") > calls.index("UpdateSecretVersionStage")
    assert world.recorded_keys() == set()


def test_removal_twice_is_removal_once() -> None:
    world = World()
    ensure(world.ports())
    world.act(Action.REMOVE)
    world.aws.clock.sleep(LATER)
    before = len(world.aws.calls)
    world.act(Action.REMOVE)
    assert not WRITES & set(world.aws.calls[before:])


def test_removal_of_what_is_gone_already_is_well() -> None:
    for gone in ("user", "secret", "both"):
        world = World()
        if gone != "secret":
            del world.aws.users[USER]
        if gone != "user":
            del world.aws.secrets[SECRET]
        world.act(Action.REMOVE)


def test_removal_deletes_keys_although_the_secret_is_scheduled_for_deletion_already() -> None:
    world = World()
    ensure(world.ports())
    SecretsManager(world.aws).delete_secret(SecretId=SECRET)
    world.act(Action.REMOVE)
    assert not world.aws.keys


def test_removal_finds_a_key_that_is_not_listed_yet() -> None:
    world = World()
    world.aws.list_delay = timedelta(seconds=60)
    ensure(world.ports())
    world.act(Action.REMOVE)
    assert not world.aws.keys


def test_a_removed_user_can_have_a_key_again() -> None:
    world = World()
    ensure(world.ports())
    world.act(Action.REMOVE)
    world.check_ensured(ensure(world.ports()))


def test_inspection_tells_a_live_key_from_none_and_writes_nothing() -> None:
    world = World()
    assert inspect(world.ports()) is None
    made = ensure(world.ports())
    before = len(world.aws.calls)
    assert inspect(world.ports()) == made
    world.act(Action.DELETE)
    assert inspect(world.ports()) == made, "too young to be taken for dead"
    world.aws.clock.sleep(LATER)
    assert inspect(world.ports()) is None
    assert not WRITES & set(world.aws.calls[before:])


@pytest.mark.parametrize("denied", ["ListAccessKeys", "DescribeSecret"])
def test_inspection_never_takes_a_refusal_for_absence(denied: str) -> None:
    def deny(_at: int, called: str) -> None:
        if called == denied:
            refuse(called, "AccessDenied", "", 403)

    world = World()
    ensure(world.ports())
    world.aws.before = deny
    with pytest.raises(ServiceError, match="AccessDenied"):
        inspect(world.ports())
