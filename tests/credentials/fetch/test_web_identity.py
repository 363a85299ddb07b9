"""Where a federated identity's token comes from, and that it is shown nowhere."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from credentials.fetch.errors import NoTokenError, TokenRefusedError
from credentials.fetch.run_context import run_context
from credentials.fetch.web_identity import assume_with_token, token
from credentials.secret import Secret
from iam_profiles.directory import Found, Listing
from iam_profiles.names import AccountId, AccountName, Arn, IdentityClass, UserName
from tests.issuer import Issuer, issuer

SUB, AUD = "repo:example/payments:environment:prod", "sts.amazonaws.com"
TOKEN = "eyJhbGciOi.canary.token"


def found(kind: str, **more: Any) -> Found:
    federation = {"kind": kind, "issuer": "https://a.example.org", "audience": AUD, **more}
    listing = Listing(IdentityClass.NONPROD, None, {}, federation)
    role = Arn("arn:aws:iam::333333333333:role/PlatformRoles/R")
    home = AccountId("111111111111")
    return Found(UserName("ci"), listing, role, AccountName("nonprod"), 3600, home)


@pytest.fixture(scope="module")
def ci() -> Iterator[Issuer]:
    with issuer("https://a.example.org") as one:
        yield one


def test_github_is_asked_for_a_token_for_the_identitys_audience(ci: Issuer) -> None:
    given = token(found("github"), ci.github(SUB)).reveal()
    assert given.count(".") == 2
    assert given.startswith(ci.token(sub=SUB, aud=AUD).partition(".")[0])


@pytest.mark.parametrize(
    "variables",
    [
        {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "another"},
        {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://token.example.org/?a=b"},
        {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/?a=b"},
    ],
)
def test_what_github_does_not_give_is_told_without_what_was_asked(
    ci: Issuer, variables: dict[str, str]
) -> None:
    asked = {**ci.github(SUB), **variables}
    with pytest.raises(NoTokenError) as refused:
        token(found("github"), asked)
    told = "".join(traceback.format_exception(refused.value))
    assert asked["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] not in told


@pytest.mark.parametrize(
    ("one", "variable"),
    [
        (found("circleci", variable="CIRCLE_OIDC_TOKEN_V2"), "CIRCLE_OIDC_TOKEN_V2"),
        (found("gitlab", variable="AWS_OIDC_TOKEN"), "AWS_OIDC_TOKEN"),
        (found("oidc", variable="ID_TOKEN"), "ID_TOKEN"),
    ],
)
def test_other_systems_have_it_in_a_variable(one: Found, variable: str) -> None:
    assert token(one, {variable: f"{TOKEN}\n"}).reveal() == TOKEN


def test_a_file_that_is_named_comes_first_and_awss_own_variable_last(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", "utf-8")
    one = found("circleci", variable="CIRCLE_OIDC_TOKEN_V2")
    environment = {"CIRCLE_OIDC_TOKEN_V2": "another", "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere"}
    assert token(one, environment, file).reveal() == TOKEN
    assert token(one, environment).reveal() == "another"
    assert token(found("oidc"), {"AWS_WEB_IDENTITY_TOKEN_FILE": str(file)}).reveal() == TOKEN


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (found("github"), "permissions: {id-token: write}"),
        (found("circleci", variable="CIRCLE_OIDC_TOKEN_V2"), "in a job of CircleCI"),
        (found("gitlab", variable="T"), "id_tokens: {T: {aud: sts.amazonaws.com}}"),
        (found("oidc"), "AWS_WEB_IDENTITY_TOKEN_FILE"),
    ],
)
def test_without_a_token_it_says_how_the_job_gets_one(one: Found, said: str) -> None:
    with pytest.raises(NoTokenError, match="there is no token of `ci` here") as refused:
        token(one, {})
    assert said in str(refused.value)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"x" * 20_001])
def test_a_file_that_holds_no_token_is_refused_by_name(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(NoTokenError, match="put it into"):
        token(found("oidc"), {}, file)


def test_a_refusal_names_the_code_and_shows_no_token() -> None:
    class Sts:
        """Answers as AWS does, with a message that echoes what was sent."""

        def assume_role_with_web_identity(self, **sent: Any) -> None:
            error: Any = {"Code": "InvalidIdentityToken", "Message": sent["WebIdentityToken"]}
            raise ClientError({"Error": error}, "AssumeRoleWithWebIdentity")

    class Unsigned:
        def sts(self) -> Sts:
            return Sts()

    clients: Any = Unsigned()
    with pytest.raises(TokenRefusedError, match="InvalidIdentityToken") as refused:
        assume_with_token(found("oidc"), Secret(TOKEN), clients, run_context("ci", {}), 900)
    told = traceback.TracebackException.from_exception(refused.value, capture_locals=True)
    assert TOKEN not in "".join(told.format())
