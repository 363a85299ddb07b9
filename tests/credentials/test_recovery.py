"""Faults 24 to 33: each stops cleanly, names its recovery, and a later run puts all in order."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from credentials.errors import (
    CredentialsError,
    ForeignKeysError,
    MintNotStoredError,
    ServiceError,
    StoreClosedError,
    StoreNotFoundError,
    UserNotFoundError,
)
from credentials.ports import Policy
from credentials.store import Lease
from tests.credentials.fakes import Iam, SecretsManager, refuse
from tests.credentials.plays import index_of
from tests.credentials.worlds import SECRET, USER, Action, World

ROTATE = f"`iam-profiles credentials rotate {USER}`"
ENSURE, EARLY, LEAKED = Action.ENSURE, Action.EARLY, Action.LEAKED


def answering(called: str, code: str, status: int = 400, nth: int = 0) -> Callable[[World], None]:
    """Have AWS answer so to every such call, from the nth on."""

    def prepare(world: World) -> None:
        seen: list[str] = []

        def answer(_at: int, now: str) -> None:
            if now == called:
                seen.append(now)
                if len(seen) > nth:
                    refuse(now, code, "not authorized" if status == 403 else "", status)

        world.aws.before = answer

    return prepare


def foreign_keys(world: World) -> None:
    """Two keys that somebody made by hand, and uses."""
    for _ in range(2):
        key = Iam(world.aws).create_access_key(UserName=USER)["AccessKey"]
        world.aws.sts(key["AccessKeyId"], key["SecretAccessKey"]).get_caller_identity()


def repaired(world: World) -> None:
    """Do what the message tells."""
    world.aws.before = lambda _at, _called: None
    world.aws.users.setdefault(USER, f"arn:aws:iam::111111111111:user/{USER}")
    world.aws.secrets[SECRET].deleted_at = None
    recorded = world.recorded_keys()
    for key in set(world.aws.keys) - recorded if recorded else set(world.aws.keys):
        if world.aws.keys[key].used_at:
            del world.aws.keys[key]


CASES: dict[str, tuple[Callable[[World], None], type[CredentialsError], str]] = {
    "24 a permission is missing": (
        answering("CreateAccessKey", "AccessDenied", 403),
        ServiceError,
        f"CreateAccessKey failed with `AccessDenied`: not authorized; give.*{ROTATE}",
    ),
    "25 throttled to the end": (
        answering("CreateAccessKey", "Throttling"),
        ServiceError,
        f"CreateAccessKey failed with `Throttling`.*{ROTATE}",
    ),
    "26 the user is not there yet": (
        lambda world: world.aws.users.clear(),
        UserNotFoundError,
        "run `pulumi up` on the state account's stack",
    ),
    "27 the session has expired": (
        answering("ListAccessKeys", "ExpiredToken", 403),
        ServiceError,
        f"sign in again, or set the clock, and.*{ROTATE}",
    ),
    "28 the store is down between minting and storing": (
        answering("PutSecretValue", "InternalServiceError", 400, nth=2),
        MintNotStoredError,
        f"was minted but not stored .* was deleted again; .*{ROTATE}",
    ),
    "29 the answer to minting is lost, twice": (
        answering("CreateAccessKey", "ServiceFailure", 500),
        ServiceError,
        f"CreateAccessKey failed with `ServiceFailure`.*{ROTATE}",
    ),
    "30 the limit is reached by foreign keys": (
        foreign_keys,
        ForeignKeysError,
        f"last used.*`iam-profiles credentials status` lists them.*{ROTATE}",
    ),
    "32 the secret is scheduled for deletion": (
        lambda world: SecretsManager(world.aws).delete_secret(SecretId=SECRET),
        StoreClosedError,
        f"restore-secret --secret-id {SECRET}` and run this again, or {ROTATE}",
    ),
    "33 the role is gone": (
        answering("AssumeRole", "RegionDisabledException", 403),
        ServiceError,
        f"AssumeRole failed with `RegionDisabledException`.*{ROTATE}",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_stops_a_first_run_cleanly_and_names_its_recovery(case: str) -> None:
    prepare, error, message = CASES[case]
    world = World()
    prepare(world)
    with pytest.raises(error, match=message) as caught:
        world.act(ENSURE)
    assert "canary" not in str(caught.value)
    assert world.current_key() == ""
    repaired(world)
    world.check_ensured(world.converge(ENSURE))


ROTATING = [case for case in CASES if not case.startswith(("28", "30"))]


@pytest.mark.parametrize("case", ROTATING)
@pytest.mark.parametrize("urgency", [EARLY, LEAKED])
def test_a_fault_stops_a_rotation_and_the_old_key_works_on(case: str, urgency: Action) -> None:
    world = World()
    world.act(ENSURE)
    old = world.current_key()
    world.aws.clock.sleep(timedelta(hours=1).total_seconds())
    prepare, error, _ = CASES[case]
    prepare(world)
    with pytest.raises(error):
        world.act(urgency)
    assert world.current_key() == old
    assert world.aws.keys[old].active
    repaired(world)
    world.check_ensured(world.converge(ENSURE))


def test_31_a_key_deleted_during_a_grace_is_replaced_and_the_one_before_keeps_it() -> None:
    world = World()
    world.act(ENSURE)
    first = world.current_key()
    world.act(EARLY)
    world.act(Action.DELETE)
    world.aws.clock.sleep(timedelta(minutes=10).total_seconds())
    world.act(ENSURE)
    assert set(world.aws.keys) == {first, world.current_key()}
    assert world.aws.keys[first].active
    world.check_ensured(world.converge(ENSURE))


def test_33_a_role_deleted_out_of_band_does_not_hold_a_leaked_key_in_use() -> None:
    world = World()
    world.act(ENSURE)
    world.aws.refused_roles |= {"arn:aws:iam::222222222222:role/PlatformRoles/PlatformVPCRole"}
    world.act(LEAKED)
    assert set(world.aws.keys) == {world.current_key()}


def test_a_missing_secret_names_the_stack_that_makes_it() -> None:
    world = World()
    del world.aws.secrets[SECRET]
    with pytest.raises(StoreNotFoundError, match="run `pulumi up` on the state account's stack"):
        world.act(ENSURE)


def test_the_calls_that_the_cases_break_are_made() -> None:
    for called, nth in (("CreateAccessKey", 0), ("PutSecretValue", 2), ("AssumeRole", 0)):
        assert index_of(called, nth)


@pytest.mark.parametrize(
    ("urgency", "flag"), [(ENSURE, ""), (EARLY, " --early"), (LEAKED, " --now")]
)
def test_36_a_run_that_another_holds_up_says_how_urgent_it_was(urgency: Action, flag: str) -> None:
    world = World(one_machine=False, policy=Policy(rotate_after=timedelta(hours=1)))
    world.act(ENSURE)
    world.aws.clock.sleep(timedelta(hours=2).total_seconds())
    rival = world.ports()

    def keep(at: int, called: str) -> None:
        """Another run takes the lease just before this one would, and holds it."""
        del at
        store = rival.store
        if called == "PutSecretValue" and (number := store.read().generation) < 90:
            until = world.aws.clock.now + timedelta(hours=1)
            world.aws.before = lambda _at, _called: None
            store.write_lease(number + 1, Lease(rival.owner, until))
            world.aws.before = keep

    world.aws.before = keep
    with pytest.raises(CredentialsError) as caught:
        world.act(urgency)
    assert str(caught.value).endswith(f"`iam-profiles credentials rotate {USER}{flag}`")
