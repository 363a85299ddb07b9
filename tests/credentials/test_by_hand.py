"""What `ensure` makes of what somebody did by hand to a user's keys, or to what is stored."""

from datetime import timedelta
from typing import Any, cast

import pytest

from credentials.ensure import ensure
from credentials.errors import (
    ForeignKeysError,
    InactiveKeyError,
    StoreClosedError,
    StoreContentError,
)
from credentials.ports import Policy
from credentials.secret import Secret
from credentials.store import StoredKey
from tests.credentials.fakes import SecretsManager
from tests.credentials.plays import mint_by_hand
from tests.credentials.worlds import LATER, SECRET, USER, USER_ARN, Action, World

DAY = timedelta(days=1)


def put(world: World, value: str, token: str = "by-hand-".ljust(32, "0")) -> None:
    SecretsManager(world.aws).put_secret_value(
        SecretId=SECRET, ClientRequestToken=token, SecretString=value, VersionStages=["AWSCURRENT"]
    )


def test_a_key_deleted_by_hand_is_replaced() -> None:
    world = World()
    first = ensure(world.ports())
    world.act(Action.DELETE)
    world.aws.clock.sleep(LATER)
    second = ensure(world.ports())
    assert second.access_key_id != first.access_key_id
    world.check_ensured(second)


def test_a_key_deleted_by_hand_at_once_is_told_from_one_not_listed_yet() -> None:
    world = World()
    ensure(world.ports())
    world.act(Action.DELETE)
    world.check_ensured(ensure(world.ports()))


def test_a_deactivated_key_is_not_replaced_behind_the_back_of_who_deactivated_it() -> None:
    world = World()
    made = ensure(world.ports())
    world.by_hand.add(made.access_key_id)
    world.aws.keys[made.access_key_id].active = False
    with pytest.raises(
        InactiveKeyError, match=f"rotate {USER} --now`.* {made.access_key_id} --status Active"
    ):
        ensure(world.ports())
    assert set(world.aws.keys) == {made.access_key_id}


def test_a_key_in_use_that_the_store_does_not_know_is_named_and_left_alone() -> None:
    world = World()
    foreign = mint_by_hand(world, used=True)
    with pytest.raises(ForeignKeysError, match=rf"`{foreign}` \(last used 2026-01-31 12:00 UTC"):
        ensure(world.ports())
    assert set(world.aws.keys) == {foreign}
    assert not world.aws.secrets[SECRET].values


def test_two_keys_in_use_are_both_named() -> None:
    world = World()
    foreign = [mint_by_hand(world, used=True) for _ in range(2)]
    with pytest.raises(ForeignKeysError) as caught:
        ensure(world.ports())
    assert all(key in str(caught.value) for key in foreign)
    with pytest.raises(ForeignKeysError):
        world.act(Action.REMOVE)
    assert set(world.aws.keys) == set(foreign)


def test_keys_that_nobody_ever_used_or_stored_are_leftovers() -> None:
    world = World()
    leftovers = {mint_by_hand(world, used=False) for _ in range(2)}
    made = ensure(world.ports())
    world.check_ensured(made)
    assert made.access_key_id not in leftovers


def test_a_key_that_somebody_put_by_hand_leaves_the_one_before_its_grace() -> None:
    policy = Policy(grace=timedelta(minutes=30))
    world = World(policy=policy)
    first = ensure(world.ports())
    rotated = mint_by_hand(world, used=False)
    new = world.aws.keys[rotated]
    put(
        world,
        StoredKey(
            cast("Any", new.id), Secret(new.secret), cast("Any", USER_ARN), world.aws.clock.now
        )
        .to_json()
        .reveal(),
    )
    made = ensure(world.ports(), policy)
    assert made.access_key_id == rotated
    assert made.finishing is not None
    assert set(world.aws.keys) == {first.access_key_id, rotated}
    world.aws.clock.sleep(1801)
    assert ensure(world.ports(), policy).finishing
    assert not world.aws.keys[first.access_key_id].active
    world.aws.clock.sleep(3601)
    world.check_ensured(ensure(world.ports(), policy))
    assert set(world.aws.keys) == {rotated}


def test_a_value_put_by_hand_that_is_no_key_is_left_alone() -> None:
    world = World()
    put(world, '{"precious": "something else"}')
    with pytest.raises(StoreContentError, match="neither an access key nor the empty marker"):
        ensure(world.ports())
    assert not world.aws.keys


def test_the_marker_that_the_error_tells_to_put_by_hand_is_understood() -> None:
    world = World()
    put(world, '{"empty": true}')
    world.check_ensured(ensure(world.ports()))


def test_a_secret_scheduled_for_deletion_is_refused_with_the_command_that_restores_it() -> None:
    world = World()
    SecretsManager(world.aws).delete_secret(SecretId=SECRET)
    with pytest.raises(StoreClosedError, match=f"restore-secret --secret-id {SECRET}"):
        ensure(world.ports())
    assert not world.aws.keys
    SecretsManager(world.aws).restore_secret(SecretId=SECRET)
    world.check_ensured(ensure(world.ports()))
