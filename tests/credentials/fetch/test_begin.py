"""By whom the store is read: the identity's reader, unless the user asked for another."""

import json
from typing import Any

import pytest

from credentials.errors import CredentialsError
from credentials.fetch.begin import begin
from credentials.fetch.errors import NobodyReadsError, NoReadersTokenError
from iam_profiles.directory import Found, Listing
from iam_profiles.names import AccountId, AccountName, Arn, IdentityClass, UserName
from tests.issuer import issuer

HOME = AccountId("111111111111")
READER = f"arn:aws:iam::{HOME}:role/PlatformReaders/nonprod/machine"
STORE = {"kind": "aws-secrets-manager", "name": "iam-profiles/nonprod/machine"}


def found(kind: str | None, **more: Any) -> Found:
    """A machine whose key is read by its reader, if it has one of this kind."""
    tokens = {"kind": kind, "issuer": "https://a.example.org", "audience": "sts", **more}
    reader = None if kind is None else {"role": READER, **tokens}
    listing = Listing(IdentityClass.NONPROD, STORE, {}, None, reader)
    role = Arn("arn:aws:iam::333333333333:role/PlatformRoles/R")
    return Found(UserName("machine"), listing, role, AccountName("nonprod"), 3600, HOME)


class Ambient:
    """Clients that find credentials of somebody, who reads the store; it is noted that they did."""

    def __init__(self, *, asked_for: bool) -> None:
        self.asked_for = asked_for
        self.read = False

    def store(self, service: str) -> "Ambient":
        assert service == "secretsmanager"
        self.read = True
        return self

    def get_secret_value(self, **asked: str) -> dict[str, str]:
        assert asked == {"SecretId": STORE["name"]}
        return {"SecretString": json.dumps({"empty": True})}


def tried(one: Found, environment: dict[str, str], *, asked_for: bool) -> tuple[str, bool]:
    """What a job is told, and whether somebody else's credentials were used."""
    clients: Any = Ambient(asked_for=asked_for)
    with pytest.raises(CredentialsError) as told:
        begin(one, clients, 900, environment)
    return str(told.value), clients.read


NO_PERMISSION: dict[str, str] = {}
REFUSED = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://127.0.0.1:9/?a=b",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
}


@pytest.mark.parametrize("environment", [NO_PERMISSION, {**REFUSED, "AWS_PROFILE": "ambient"}])
def test_a_job_without_its_readers_token_reads_as_nobody_else(environment: dict[str, str]) -> None:
    told, read = tried(found("github"), environment, asked_for=False)
    assert not read
    assert "no token here by which the key of `machine` is read" in told
    assert "permissions: {id-token: write}" in told
    assert told.endswith(
        "or read the store as somebody else, with `--store-profile` or `--ambient`"
    )


def test_a_token_that_github_refuses_is_not_replaced_by_what_lies_about() -> None:
    with issuer("https://a.example.org") as ci:
        asked = {**ci.github("repo:a/b:ref:refs/heads/main"), "AWS_ACCESS_KEY_ID": "AKIA"}
        asked["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "another"
        clients: Any = Ambient(asked_for=False)
        with pytest.raises(NoReadersTokenError, match="GitHub gives the job none"):
            begin(found("github"), clients, 900, asked)
    assert not clients.read


def test_whoever_is_asked_for_reads_and_so_does_whoever_is_there_without_a_reader() -> None:
    for one, asked_for in ((found("github"), True), (found(None), False)):
        told, read = tried(one, {}, asked_for=asked_for)
        assert read
        assert "the store has no key of `machine`" in told


def test_without_any_credentials_it_says_how_the_store_s_reader_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from credentials.fetch.clients import Clients  # noqa: PLC0415 -- after what it must not find

    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for profile, code in ((None, "NoCredentialsError"), ("nobody", "ProfileNotFound")):
        with pytest.raises(NobodyReadsError, match=f"`{code}`.*`--store-profile` or AWS_PROFILE"):
            begin(found(None), Clients("eu-west-1", profile), 900, {})
