"""A person's trust asks for MFA: a code of the caller's own device lets in, nothing else does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.totp import code
from tests.engine import client
from tests.local.world import ASSUME, World, allow, only, root, trust


@pytest.fixture(scope="module")
def people(world: World) -> dict[str, Any]:
    needs = trust(root("state"), **only("aws:MultiFactorAuthPresent", "true", "Bool"))
    for person in ("mfa-ana", "mfa-li"):
        world.user(person, allow(ASSUME))
    serial, seed = world.mfa_device("mfa-ana")
    return {
        "serial": serial,
        "seed": seed,
        "key": world.key("mfa-ana"),
        "other": world.key("mfa-li"),
        "role": world.role("nonprod", "mfa", needs),
    }


def _code(people: dict[str, Any], seconds_ago: int = 0) -> dict[str, str]:
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return {
        "SerialNumber": people["serial"],
        "TokenCode": code(people["seed"], at),
    }


def test_the_code_of_now_lets_in(world: World, people: dict[str, Any]) -> None:
    assert world.refusal(people["key"], people["role"], **_code(people)) is None


def test_no_code_is_refused(world: World, people: dict[str, Any]) -> None:
    assert world.refusal(people["key"], people["role"]) == "AccessDenied"


def test_an_old_code_is_refused(world: World, people: dict[str, Any]) -> None:
    old = _code(people, seconds_ago=300)
    assert world.refusal(people["key"], people["role"], **old) == "AccessDenied"


def test_a_code_without_its_device_is_refused(world: World, people: dict[str, Any]) -> None:
    alone = {"TokenCode": _code(people)["TokenCode"]}
    assert world.refusal(people["key"], people["role"], **alone) == "AccessDenied"


def test_somebody_else_s_device_is_refused(world: World, people: dict[str, Any]) -> None:
    assert world.refusal(people["other"], people["role"], **_code(people)) == ("AccessDenied")


def test_a_device_is_enabled_only_by_two_codes_in_a_row(world: World) -> None:
    world.user("mfa-no-codes")
    iam = client(world.home, "iam", "state")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="mfa-no-codes")
    with pytest.raises(ClientError, match="InvalidAuthenticationCode"):
        iam.enable_mfa_device(
            UserName="mfa-no-codes",
            SerialNumber=made["VirtualMFADevice"]["SerialNumber"],
            AuthenticationCode1="123456",
            AuthenticationCode2="654321",
        )


def test_a_session_carries_no_mfa_on(world: World, people: dict[str, Any]) -> None:
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"""
    world.allow_role("nonprod", "mfa", allow(ASSUME))
    needs = only("aws:MultiFactorAuthPresent", "true", "Bool")
    next_role = world.role("prod", "mfa-next", trust(root("nonprod"), **needs))
    session = world.assume(people["key"], people["role"], **_code(people))
    assert world.refusal(session, next_role) == "AccessDenied"
