"""The provider's answers to the engine that need no AWS."""

import asyncio
from datetime import UTC, datetime, timedelta
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
    "store": {
        "kind": PropertyValue("aws-secrets-manager"),
        "name": PropertyValue("iam-profiles/nonprod/payments-nonprod"),
    },
    "rotateAfterSeconds": 604800.0,
    "graceSeconds": 3600.0,
    "probeRoleArn": "arn:aws:iam::222222222222:role/PlatformRoles/PlatformVPCRole",
    "applying": True,
}
OUTPUTS: dict[str, Any] = {
    "accessKeyId": "AKIA0000000000000001",
    "versionId": "key-AKIA0000000000000001-1769860800-1",
    "createdAt": "2026-01-31T12:00:00+00:00",
    "storeArn": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:s",
    "nextDue": "2226-02-07T12:00:00+00:00",
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
        ("store", None),
        ("store", ""),
        ("store", {}),
        ("store", {"kind": PropertyValue("keychain")}),
        ("store", {"kind": PropertyValue("vault"), "name": PropertyValue("with space")}),
        ("rotateAfterSeconds", 0.0),
        ("rotateAfterSeconds", "7d"),
        ("graceSeconds", -1.0),
        ("probeRoleArn", "PlatformVPCRole"),
        ("applying", False),
        ("profile", ""),
        ("secretAccessKey", "no"),
    ],
)
def test_bad_inputs_are_refused_by_name(name: str, value: object) -> None:
    assert set(failures(**{name: value})) == {name}


def test_all_bad_inputs_are_refused_at_once() -> None:
    assert set(failures(accountId="1", region="x", other="y")) == {"accountId", "region", "other"}


def test_inputs_that_are_not_known_yet_pass() -> None:
    assert failures(userName=UNKNOWN, store=UNKNOWN, rotateAfterSeconds=UNKNOWN) == {}


def test_nothing_changed_is_no_change() -> None:
    found = diff({**INPUTS, **OUTPUTS})
    assert (found.changes, found.replaces, found.diffs) == (False, [], [])


@pytest.mark.parametrize("name", ["accountId", "userName"])
def test_another_account_or_user_is_another_key_made_first(name: str) -> None:
    found = diff({**INPUTS, **OUTPUTS}, **{name: "222222222222"})
    assert (found.replaces, found.delete_before_replace) == ([name], False)


@pytest.mark.parametrize("name", ["region", "store"])
def test_another_place_is_another_key_and_the_old_one_goes_first(name: str) -> None:
    found = diff({**INPUTS, **OUTPUTS}, **{name: "us-east-1"})
    assert (found.replaces, found.delete_before_replace) == ([name], True)


@pytest.mark.parametrize("name", ["kms_key", "timeout_seconds"])
def test_a_store_that_is_only_used_otherwise_is_the_same_place(name: str) -> None:
    kept = {**INPUTS["store"], name: PropertyValue("before")}
    found = diff({**INPUTS, **OUTPUTS, "store": kept}, store={**kept, name: PropertyValue("after")})
    assert (found.changes, found.replaces, found.diffs) == (True, [], ["store"])


@pytest.mark.parametrize(
    "changed", [{"name": PropertyValue("iam-profiles/prod/x")}, {"address": PropertyValue("x")}]
)
def test_another_place_in_a_store_replaces_the_key(changed: dict[str, PropertyValue]) -> None:
    found = diff({**INPUTS, **OUTPUTS}, store={**INPUTS["store"], **changed})
    assert (found.replaces, found.delete_before_replace) == (["store"], True)


EARLIER: dict[str, Any] = {
    **{name: INPUTS[name] for name in ("accountId", "region", "profile", "userName")},
    "secretName": "iam-profiles/nonprod/payments-nonprod",
    "rotateAfterSeconds": 604800.0,
    **{name: OUTPUTS[name] for name in ("accessKeyId", "versionId")},
    "createdAt": datetime.now(UTC).isoformat(),
    "secretArn": OUTPUTS["storeArn"],
}
"""What a version had in its state that knew no store but Secrets Manager."""


def test_a_state_of_an_earlier_version_is_written_anew_and_its_key_stays() -> None:
    found = diff(EARLIER)
    assert (found.changes, found.replaces) == (True, [])
    assert "store" in (found.diffs or [])
    moved = {**INPUTS["store"], "name": PropertyValue("iam-profiles/prod/x")}
    assert diff(EARLIER, store=moved).replaces == ["store"]


def test_a_program_of_an_earlier_version_is_told_what_to_write() -> None:
    told = failures(secretName="iam-profiles/nonprod/payments-nonprod")
    assert told.keys() == {"secretName"}
    assert "give `store` the kind `aws-secrets-manager` and this `name`" in told["secretName"]


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


def test_a_preview_of_updating_says_that_outputs_are_unknown_as_any_update_may_rotate() -> None:
    request = UpdateRequest(
        URN, "id", values({**INPUTS, **OUTPUTS}), values(INPUTS), 0, [], preview=True
    )
    answer = asyncio.run(StoredAccessKeyProvider().update(request))
    assert plain(answer.properties) == {**INPUTS, **dict.fromkeys(OUTPUTS, UNKNOWN)}


@pytest.mark.parametrize(
    ("due_in", "in_preview", "in_update"),
    [
        (timedelta(seconds=-1), True, True),
        (timedelta(hours=11), True, False),
        (timedelta(hours=13), False, False),
    ],
)
def test_a_preview_shows_what_comes_due_while_its_plan_holds(
    due_in: timedelta, *, in_preview: bool, in_update: bool
) -> None:
    due = (datetime.now(UTC) + due_in).isoformat()
    for applying, shown in ((UNKNOWN, in_preview), (True, in_update), (None, in_update)):
        found = diff({**INPUTS, **OUTPUTS, "nextDue": due}, applying=applying)
        assert (found.changes, found.diffs) == (shown, ["nextDue"] if shown else [])


def test_a_key_whose_state_does_not_say_when_it_is_due_is_due_by_its_age() -> None:
    state = {**INPUTS, **OUTPUTS, "nextDue": None}
    assert diff({**state, "createdAt": "2020-01-01T00:00:00+00:00"}).diffs == ["nextDue"]
    assert diff({**state, "createdAt": datetime.now(UTC).isoformat()}).diffs == []
    assert diff({**state, "rotateAfterSeconds": None}, rotateAfterSeconds=None).diffs == []


def test_an_import_is_told_that_declaring_is_enough() -> None:
    request = ReadRequest(URN, "111111111111/u", {}, {})
    with pytest.raises(CredentialsError, match="it adopts the key that is there"):
        asyncio.run(StoredAccessKeyProvider().read(request))


def test_an_interrupt_ends_every_wait() -> None:
    provider = StoredAccessKeyProvider()
    asyncio.run(provider.cancel())
    with pytest.raises(InterruptedRunError):
        vars(type(provider))["_sleep"](provider, 60)
