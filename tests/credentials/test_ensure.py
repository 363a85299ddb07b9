"""What `ensure`, `remove` and `inspect` do, row by row, and what they refuse."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from credentials.ensure import ensure
from credentials.errors import (
    CredentialsError,
    ForeignKeysError,
    InactiveKeyError,
    KeyLimitError,
    LeaseHeldError,
    MintNotStoredError,
    ServiceError,
    StoreClosedError,
    StoreContentError,
    StoreNotFoundError,
    UserNotFoundError,
    VerificationError,
)
from credentials.ports import Policy
from credentials.secret import Secret
from credentials.store import StoredKey
from tests.credentials.fakes import Iam, SecretsManager
from tests.credentials.worlds import (
    LATER,
    SECRET,
    USER,
    USER_ARN,
    WRITES,
    Action,
    CrashedError,
    Fault,
    World,
    index_of,
)

DAY = timedelta(days=1)


def put(world: World, value: str, token: str = "by-hand-".ljust(32, "0")) -> None:
    SecretsManager(world.aws).put_secret_value(
        SecretId=SECRET, ClientRequestToken=token, SecretString=value, VersionStages=["AWSCURRENT"]
    )


def mint_by_hand(world: World, *, used: bool) -> str:
    key = Iam(world.aws).create_access_key(UserName=USER)["AccessKey"]
    if used:
        world.aws.sts(key["AccessKeyId"], key["SecretAccessKey"]).get_caller_identity()
    return str(key["AccessKeyId"])


def test_a_first_key_is_minted_stored_verified_and_made_current() -> None:
    world = World()
    made = ensure(world.ports())
    world.check_ensured(made)
    held = world.aws.secrets[SECRET]
    assert json.loads(held.values[held.labels["AWSCURRENT"]]) == {
        "access_key_id": made.access_key_id,
        "created_at": made.created_at.isoformat(),
        "secret_access_key": world.aws.minted[0].secret,
        "user_arn": USER_ARN,
    }
    assert made.version == held.labels["AWSCURRENT"]
    assert made.store_arn.endswith(f"secret:{SECRET}-AbCdEf")


def test_a_second_run_writes_nothing_and_says_the_same() -> None:
    world = World()
    made = ensure(world.ports())
    world.aws.clock.sleep(LATER)
    before = len(world.aws.calls)
    assert ensure(world.ports()) == made
    assert not WRITES & set(world.aws.calls[before:])


def test_nothing_but_the_key_or_the_empty_marker_is_ever_current() -> None:
    world = World()
    seen: list[str] = []

    def look(_at: int, _called: str) -> None:
        held = world.aws.secrets[SECRET]
        if "AWSCURRENT" in held.labels:
            seen.append(held.values[held.labels["AWSCURRENT"]])

    world.aws.after = look
    ensure(world.ports())
    assert set(seen) == {'{"empty": true}', seen[-1]}
    assert StoredKey.from_json(Secret(seen[-1])) is not None


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


def test_a_current_key_that_is_not_listed_yet_is_kept() -> None:
    world = World()
    world.aws.list_delay = timedelta(seconds=60)
    made = ensure(world.ports())
    assert ensure(world.ports()) == made
    assert len(world.aws.minted) == 1


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


def test_a_key_that_never_works_is_deleted_and_the_store_unchanged() -> None:
    world = World()
    world.aws.use_delay = timedelta(hours=1)
    with pytest.raises(VerificationError, match="AKIA0000000000000001"):
        ensure(world.ports())
    assert not world.aws.keys
    assert world.current_key() == ""
    assert len(world.aws.minted) == 1


def test_a_slow_key_is_waited_for_and_the_lease_renewed_meanwhile() -> None:
    world = World()
    world.aws.use_delay = timedelta(seconds=100)
    world.check_ensured(ensure(world.ports()))


def test_a_key_whose_answer_was_lost_is_replaced_in_the_same_run() -> None:
    world = World()
    world.schedule = {index_of("CreateAccessKey"): Fault.LOST}
    made = ensure(world.ports())
    world.check_ensured(made)
    assert len(world.aws.minted) == 2


def test_a_store_that_refuses_a_minted_key_has_it_deleted_and_its_secret_unsaid() -> None:
    world = World()
    world.schedule = {index_of("PutSecretValue", 2): Fault.REFUSED}
    with pytest.raises(MintNotStoredError, match=r"AKIA0000000000000001.* was deleted again"):
        ensure(world.ports())
    assert not world.aws.keys


def test_a_stored_key_whose_answer_was_lost_is_adopted_in_the_same_run() -> None:
    world = World()
    world.schedule = {index_of("PutSecretValue", 2): Fault.LOST}
    world.check_ensured(ensure(world.ports()))
    assert len(world.aws.minted) == 1


def test_a_key_that_was_perhaps_not_stored_is_deleted_although_no_list_shows_it() -> None:
    world = World()
    world.aws.list_delay = timedelta(seconds=8)
    world.schedule = {index_of("PutSecretValue", 2): Fault.FAILED}
    made = ensure(world.ports())
    assert len(world.aws.minted) == 2
    world.check_ensured(made)


@pytest.mark.parametrize("called", ["PutSecretValue", "GetCallerIdentity"])
def test_a_run_killed_after_storing_is_adopted_without_a_second_key(called: str) -> None:
    world = World()
    world.schedule = {index_of(called, 2 if called == "PutSecretValue" else 0): Fault.CRASH_AFTER}
    with pytest.raises(CrashedError):
        world.act(Action.ENSURE)
    world.check_ensured(world.act(Action.ENSURE))
    assert len(world.aws.minted) == 1


def test_a_run_killed_on_this_machine_is_not_waited_for_and_on_another_it_is() -> None:
    for one_machine, waited in ((True, False), (False, True)):
        world = World(one_machine=one_machine)
        world.schedule = {index_of("GetCallerIdentity"): Fault.CRASH_BEFORE}
        with pytest.raises(CrashedError):
            world.act(Action.ENSURE)
        began = world.aws.clock.now
        world.check_ensured(world.act(Action.ENSURE))
        assert (world.aws.clock.now - began > timedelta(seconds=60)) == waited


def test_a_run_that_never_ends_is_named() -> None:
    world = World()
    ports = world.ports()
    world.schedule = {index_of("GetUser"): Fault.CRASH_BEFORE}
    world.one_machine = False
    with pytest.raises(CrashedError):
        world.act(Action.ENSURE)

    def sleep(seconds: float) -> None:
        world.aws.clock.sleep(seconds)
        generation = ports.store.read().generation
        lease = replace(ports.store.lease(generation), until=world.aws.clock.now + DAY)
        assert ports.store.write_lease(generation + 1, lease)

    with pytest.raises(LeaseHeldError, match="run-2"):
        ensure(replace(ports, sleep=sleep))


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


def test_a_user_or_secret_that_is_missing_is_named_after_some_patience() -> None:
    world = World()
    held = world.aws.secrets.pop(SECRET)
    began = world.aws.clock.now
    with pytest.raises(StoreNotFoundError, match=SECRET):
        ensure(world.ports())
    assert world.aws.clock.now - began > timedelta(seconds=9)
    world.aws.secrets[SECRET] = held
    del world.aws.users[USER]
    with pytest.raises(UserNotFoundError, match=USER):
        ensure(world.ports())


def test_a_limit_reached_by_keys_that_no_list_shows_is_waited_out() -> None:
    world = World()
    world.aws.list_delay = timedelta(seconds=8)
    for _ in range(2):
        mint_by_hand(world, used=False)
    world.aws.list_delay = timedelta(0)
    world.check_ensured(ensure(world.ports()))


def test_a_limit_that_stays_is_an_error_that_tells_what_to_do() -> None:
    world = World()
    world.aws.list_delay = timedelta(hours=1)
    for _ in range(2):
        mint_by_hand(world, used=False)
    with pytest.raises(KeyLimitError, match="credentials status` lists them"):
        ensure(world.ports())


def test_a_permission_that_is_missing_is_named_and_nothing_lost() -> None:
    world = World()
    world.schedule = {index_of("CreateAccessKey"): Fault.REFUSED}
    with pytest.raises(ServiceError, match="CreateAccessKey failed with `AccessDenied`: not auth"):
        ensure(world.ports())
    world.schedule = {}
    world.check_ensured(ensure(world.ports()))


def test_every_error_has_a_remedy() -> None:
    world = World()
    world.schedule = {1: Fault.REFUSED}
    with pytest.raises(CredentialsError) as caught:
        ensure(world.ports())
    assert caught.value.remedy
    assert str(caught.value) == f"{caught.value.found}; {caught.value.remedy}"
