"""The provider's answers to the engine that need no AWS."""

import asyncio
from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CreateRequest,
    DiffRequest,
    DiffResponse,
    ReadRequest,
    UpdateRequest,
)
from pulumi.runtime.rpc import UNKNOWN

from credentials.errors import CredentialsError, InterruptedRunError
from credentials.provider.stored_access_key import StoredAccessKeyProvider

URN = "urn:pulumi:state::iam-profiles::iamprofiles:index:StoredAccessKey::payments-nonprod"
INPUTS: dict[str, Any] = {
    "accountId": "111111111111",
    "region": "eu-west-1",
    "profile": "iam-profiles-state",
    "userName": "payments-nonprod",
    "secretName": "iam-profiles/nonprod/payments-nonprod",
    "rotateAfterSeconds": 604800.0,
}
OUTPUTS: dict[str, Any] = {
    "accessKeyId": "AKIA0000000000000001",
    "versionId": "key-AKIA0000000000000001-1769860800-1",
    "createdAt": "2026-01-31T12:00:00+00:00",
    "secretArn": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:s",
}


def values(plain: dict[str, Any]) -> dict[str, PropertyValue]:
    return {name: PropertyValue(value) for name, value in plain.items()}


def plain(properties: dict[str, PropertyValue]) -> dict[str, Any]:
    return {name: value.value for name, value in properties.items()}


def failures(**changed: Any) -> dict[str, str]:
    new = values({**INPUTS, **changed})
    asked = StoredAccessKeyProvider().check(CheckRequest(URN, {}, new, b""))
    return {failure.property: failure.reason for failure in asyncio.run(asked).failures or []}


def diff(old: dict[str, Any], **changed: Any) -> DiffResponse:
    new = values({**INPUTS, **changed})
    return asyncio.run(StoredAccessKeyProvider().diff(DiffRequest(URN, "id", values(old), new, [])))


def test_good_inputs_pass_and_outputs_asked_for_are_not_inputs() -> None:
    new = values({**INPUTS, **dict.fromkeys(OUTPUTS), "profile": None})
    checked = asyncio.run(StoredAccessKeyProvider().check(CheckRequest(URN, {}, new, b"")))
    assert checked.failures == []
    assert plain(checked.inputs or {}) == {k: v for k, v in INPUTS.items() if k != "profile"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accountId", 111111111111.0),
        ("accountId", "11111111111"),
        ("accountId", "１１１１１１１１１１１１"),  # noqa: RUF001 - digits that are not ASCII
        ("accountId", None),
        ("region", "Ireland"),
        ("userName", "path/user"),
        ("userName", "pаyments"),  # noqa: RUF001 - a Cyrillic letter
        ("userName", "x" * 65),
        ("userName", "user\n"),
        ("secretName", ""),
        ("secretName", "with space"),
        ("rotateAfterSeconds", 0.0),
        ("rotateAfterSeconds", "7d"),
        ("profile", ""),
        ("secretAccessKey", "no"),
    ],
)
def test_bad_inputs_are_refused_by_name(name: str, value: object) -> None:
    assert set(failures(**{name: value})) == {name}


def test_all_bad_inputs_are_refused_at_once() -> None:
    assert set(failures(accountId="1", region="x", other="y")) == {"accountId", "region", "other"}


def test_inputs_that_are_not_known_yet_pass() -> None:
    assert failures(userName=UNKNOWN, secretName=UNKNOWN, rotateAfterSeconds=UNKNOWN) == {}


def test_nothing_changed_is_no_change() -> None:
    found = diff({**INPUTS, **OUTPUTS})
    assert (found.changes, found.replaces, found.diffs) == (False, [], [])


@pytest.mark.parametrize("name", ["accountId", "userName"])
def test_another_account_or_user_is_another_key_made_first(name: str) -> None:
    found = diff({**INPUTS, **OUTPUTS}, **{name: "222222222222"})
    assert (found.replaces, found.delete_before_replace) == ([name], False)


@pytest.mark.parametrize("name", ["region", "secretName"])
def test_another_place_is_another_key_and_the_old_one_goes_first(name: str) -> None:
    found = diff({**INPUTS, **OUTPUTS}, **{name: "us-east-1"})
    assert (found.replaces, found.delete_before_replace) == ([name], True)


@pytest.mark.parametrize(("name", "value"), [("rotateAfterSeconds", 1.0), ("profile", None)])
def test_other_inputs_are_updated_in_place(name: str, value: object) -> None:
    found = diff({**INPUTS, **OUTPUTS}, **{name: value})
    assert (found.changes, found.replaces, found.diffs) == (True, [], [name])


def test_a_key_that_a_refresh_found_missing_is_a_change() -> None:
    found = diff(INPUTS)
    assert (found.changes, found.replaces, found.diffs) == (True, [], ["accessKeyId"])


def test_a_preview_of_creating_mints_nothing_and_says_that_outputs_are_unknown() -> None:
    request = CreateRequest(URN, values(INPUTS), 0, preview=True)
    answer = asyncio.run(StoredAccessKeyProvider().create(request))
    assert plain(answer.properties) == {**INPUTS, **dict.fromkeys(OUTPUTS, UNKNOWN)}


def test_a_preview_of_updating_keeps_a_healthy_key_and_not_a_missing_one() -> None:
    def previewed(old: dict[str, Any]) -> dict[str, Any]:
        request = UpdateRequest(URN, "id", values(old), values(INPUTS), 0, [], preview=True)
        return plain(asyncio.run(StoredAccessKeyProvider().update(request)).properties)

    assert previewed({**INPUTS, **OUTPUTS}) == {**INPUTS, **OUTPUTS}
    assert previewed(INPUTS) == {**INPUTS, **dict.fromkeys(OUTPUTS, UNKNOWN)}


def test_an_import_is_told_that_declaring_is_enough() -> None:
    request = ReadRequest(URN, "111111111111/u", {}, {})
    with pytest.raises(CredentialsError, match="it adopts the key that is there"):
        asyncio.run(StoredAccessKeyProvider().read(request))


def test_an_interrupt_ends_every_wait() -> None:
    provider = StoredAccessKeyProvider()
    asyncio.run(provider.cancel())
    with pytest.raises(InterruptedRunError):
        vars(type(provider))["_sleep"](provider, 60)
