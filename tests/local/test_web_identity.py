"""AssumeRoleWithWebIdentity in the local cloud: the token is verified, and the trust decides."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.home import LocalHome
from tests.engine import ACCOUNTS, client
from tests.issuer import Issuer, issuer, new_key, unsigned_sts
from tests.local.world import World, code_of

HOST = "ci.example.org/A"
AUD, SUB = "sts.amazonaws.com", "repo:example/payments:ref:refs/heads/main"
WEB = "sts:AssumeRoleWithWebIdentity"


@pytest.fixture(scope="module")
def ci(cloud: LocalHome) -> Iterator[Issuer]:
    """An issuer that the worker's cloud knows, with an identity provider in nonprod."""
    with issuer(f"https://{HOST}") as found:
        found.known_to(cloud)
        iam = client(cloud, "iam", "nonprod")
        made = iam.create_open_id_connect_provider(Url=found.url, ClientIDList=[AUD, "other"])
        yield found
        iam.delete_open_id_connect_provider(
            OpenIDConnectProviderArn=made["OpenIDConnectProviderArn"]
        )


def admits(condition: dict[str, Any] | None = None, action: Any = WEB) -> dict[str, Any]:
    provider = f"arn:aws:iam::{ACCOUNTS['nonprod']}:oidc-provider/{HOST}"
    exact = {"StringEquals": {f"{HOST}:aud": AUD, f"{HOST}:sub": SUB}}
    return {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": action,
        "Condition": exact if condition is None else condition,
    }


def refusal(home: LocalHome, role: str, token: str, **more: Any) -> str | None:
    """Try to assume a role with a token; return the error's code, None if it was let through."""
    try:
        unsigned_sts(home).assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="run-7", WebIdentityToken=token, **more
        )
    except ClientError as error:
        return code_of(error)
    return None


def test_a_token_with_the_exact_claims_gets_the_roles_session(
    world: World, ci: Issuer, name: str
) -> None:
    role = world.role("nonprod", name, admits())
    answer = unsigned_sts(world.home).assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="run-7", WebIdentityToken=ci.token(sub=SUB, aud=AUD)
    )
    assert answer["SubjectFromWebIdentityToken"] == SUB
    assert answer["Audience"] == AUD
    assert answer["Provider"].endswith(f":oidc-provider/{HOST}")
    who = client(world.home, "sts", key=answer["Credentials"]).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNTS['nonprod']}:assumed-role/{name}/run-7"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"sub": f"{SUB}x"}, "AccessDenied"),
        ({"sub": "repo:example/*"}, "AccessDenied"),
        ({"aud": "other"}, "AccessDenied"),
        ({"aud": "https://github.com/example"}, "InvalidIdentityToken"),
        ({"iss": "https://nobody.example.org"}, "InvalidIdentityToken"),
        ({"lasts": timedelta(seconds=-1)}, "ExpiredTokenException"),
        ({"iat": 4102444800}, "InvalidIdentityToken"),
        ({"alg": "none"}, "InvalidIdentityToken"),
        ({"alg": "HS256"}, "InvalidIdentityToken"),
        ({"key": new_key()}, "InvalidIdentityToken"),
        ({"https://aws.amazon.com/source_identity": "ana"}, "AccessDenied"),
        (
            {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["payments"]}}},
            "AccessDenied",
        ),
    ],
)
def test_any_other_token_is_refused(
    world: World, ci: Issuer, name: str, changed: dict[str, Any], code: str
) -> None:
    role = world.role("nonprod", name, admits())
    claims: dict[str, Any] = {"sub": SUB, "aud": AUD, **changed}
    assert refusal(world.home, role, ci.token(**claims)) == code
    assert refusal(world.home, role, ci.token(sub=SUB, aud=AUD)) is None


def test_what_is_no_token_is_refused(world: World, ci: Issuer, name: str) -> None:
    del ci
    role = world.role("nonprod", name, admits())
    for text in ("nothing at all", "a.b.c", "e30.e30.e30", "x" * 30_000):
        assert refusal(world.home, role, text) in ("InvalidIdentityToken", "ValidationError")


def test_an_account_without_the_identity_provider_refuses_whatever_its_roles_trust(
    world: World, ci: Issuer, name: str
) -> None:
    role = world.role("prod", name, {**admits(), "Principal": "*"})
    assert refusal(world.home, role, ci.token(sub=SUB, aud=AUD)) == "InvalidIdentityToken"


def test_another_claim_of_the_issuer_is_tested_too(world: World, ci: Issuer, name: str) -> None:
    claim = f"{HOST}:oidc.circleci.com/project-id"
    role = world.role("nonprod", name, admits({"StringEquals": {claim: "one"}}))
    for project, expected in (("one", None), ("two", "AccessDenied")):
        claims: dict[str, Any] = {"oidc.circleci.com/project-id": project}
        assert refusal(world.home, role, ci.token(sub="x", aud=AUD, **claims)) == expected


def test_tags_come_in_the_token_and_pass_where_the_trust_lets_them(
    world: World, ci: Issuer, name: str
) -> None:
    role = world.role("nonprod", name, admits(action=[WEB, "sts:TagSession"]))
    tags: dict[str, Any] = {
        "https://aws.amazon.com/tags": {"principal_tags": {"team": ["payments"]}}
    }
    assert refusal(world.home, role, ci.token(sub=SUB, aud=AUD, **tags)) is None


def test_a_session_longer_than_the_role_allows_is_refused(
    world: World, ci: Issuer, name: str
) -> None:
    role = world.role("nonprod", name, admits())
    token = ci.token(sub=SUB, aud=AUD)
    assert refusal(world.home, role, token, DurationSeconds=7200) == "ValidationError"


def test_the_signed_way_does_not_take_a_token(world: World, ci: Issuer, name: str) -> None:
    role, _ = world.role("nonprod", name, admits()), world.user(f"{name}-user")
    assert refusal(world.home, role, ci.token(sub=SUB, aud=AUD)) is None
    signed = client(world.home, "sts", key=world.key(f"{name}-user"))
    with pytest.raises(ClientError, match="AccessDenied"):
        signed.assume_role(RoleArn=role, RoleSessionName="run-7")
