"""What `ensure`, `remove` and `inspect` do, row by row, and what they refuse."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from credentials.ensure import ensure
from credentials.errors import (
    CredentialsError,
    KeyLimitError,
    LeaseHeldError,
    MintNotStoredError,
    ServiceError,
    StoreNotFoundError,
    UserNotFoundError,
    VerificationError,
)
from credentials.secret import Secret
from credentials.store import StoredKey
from tests.credentials.plays import index_of, mint_by_hand
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
)

DAY = timedelta(days=1)


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


def test_a_current_key_that_is_not_listed_yet_is_kept() -> None:
    world = World()
    world.aws.list_delay = timedelta(seconds=60)
    made = ensure(world.ports())
    assert ensure(world.ports()) == made
    assert len(world.aws.minted) == 1


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
