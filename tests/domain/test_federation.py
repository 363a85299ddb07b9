"""Federated identities: exact claims in the trust of granted roles, and nothing anywhere else."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from iam_profiles.directory import Directory, DirectoryError
from iam_profiles.errors import ProfilesInvalidError
from iam_profiles.federation import overlap
from iam_profiles.load import load
from iam_profiles.matrix import matrix
from iam_profiles.model import Federation, Profiles, Quotas
from iam_profiles.names import AccountName, IdentityClass
from iam_profiles.render import render, render_all
from iam_profiles.render_directory import directory
from tests.domain.federated import (
    CI,
    CIRCLE,
    CIRCLECI,
    GITHUB,
    GUARDED,
    MAIN,
    NEXT,
    ORG,
    PROJECT,
    WEB,
    federated,
    tokens,
)
from tests.domain.load_world import BASE, Case, said
from tests.domain.organisation import (
    NONPROD,
    NONPROD_MACHINE,
    PROD,
    ROLE,
    SANDBOX,
    STATE,
)

Statement = dict[str, Any]


def by_token(profiles: Profiles, account: str, role: str = ROLE) -> list[Statement]:
    """The statements of a role's trust that let in tokens."""
    documents = render(profiles, AccountName(account))
    (trust,) = (json.loads(one.trust) for one in documents.roles if one.name == role)
    return [one for one in trust["Statement"] if WEB in one["Action"] and one["Effect"] == "Allow"]


@pytest.mark.parametrize(
    ("federation", "issuer", "claims"),
    [
        (MAIN, f"https://{GITHUB}", {"sub": "repo:example/payments:ref:refs/heads/main"}),
        (
            GUARDED,
            f"https://{GITHUB}",
            {"sub": "repo:example/payments:environment:nonprod", "ref": "refs/heads/main"},
        ),
        (
            tokens("github", repository="example@12/payments@34", environment="prod"),
            f"https://{GITHUB}",
            {"sub": "repo:example@12/payments@34:environment:prod"},
        ),
        (CIRCLE, f"https://{CIRCLECI}", {"oidc.circleci.com/project-id": PROJECT}),
        (
            tokens("gitlab", project="example/payments", ref="main"),
            "https://gitlab.com",
            {"sub": "project_path:example/payments:ref_type:branch:ref:main"},
        ),
        (
            tokens(
                "gitlab", url="https://git.example.org", project="a/b", ref_type="tag", ref="v1"
            ),
            "https://git.example.org",
            {"sub": "project_path:a/b:ref_type:tag:ref:v1"},
        ),
        (
            tokens("oidc", issuer="https://a.example.org/b", audience="aws", subject="deploy"),
            "https://a.example.org/b",
            {"sub": "deploy"},
        ),
    ],
)
def test_each_issuers_claims_are_those_that_it_documents(
    federation: Federation, issuer: str, claims: dict[str, str]
) -> None:
    assert (federation.issuer, dict(federation.claims)) == (issuer, claims)


def test_audiences_are_sts_unless_the_issuer_fixes_another() -> None:
    assert (MAIN.audience, CIRCLE.audience) == ("sts.amazonaws.com", ORG)
    gitlab = tokens("gitlab", project="a/b", ref="main", audience="https://git.example.org")
    assert gitlab.audience == "https://git.example.org"


def test_one_token_stands_for_two_only_if_no_claim_tells_them_apart() -> None:
    assert overlap(MAIN, MAIN.model_copy(update={"audience": "another"}))
    assert overlap(GUARDED, tokens("github", repository="example/payments", environment="nonprod"))
    assert not overlap(MAIN, NEXT)
    assert not overlap(MAIN, GUARDED)
    assert not overlap(MAIN, CIRCLE)


def test_a_granted_role_trusts_exactly_the_claims_and_nothing_more() -> None:
    (statement,) = by_token(federated(CI), NONPROD)
    assert statement == {
        "Sid": "AllowFederated1Nonprod",
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::333333333333:oidc-provider/{GITHUB}"},
        "Action": [WEB],
        "Condition": {
            "StringEquals": {
                f"{GITHUB}:aud": ["sts.amazonaws.com"],
                f"{GITHUB}:sub": ["repo:example/payments:ref:refs/heads/main"],
            }
        },
    }


def test_identities_share_a_statement_only_if_their_first_claim_alone_tells_them_apart() -> None:
    other = tokens(
        "github", repository="example/payments", ref="refs/heads/next", environment="other"
    )
    profiles = federated(
        CI,
        ("ci-next", IdentityClass.NONPROD, NEXT, (NONPROD,)),
        ("ci-guarded", IdentityClass.NONPROD, GUARDED, (NONPROD,)),
        ("ci-other", IdentityClass.NONPROD, other, (NONPROD,)),
        ("circle", IdentityClass.PROD, CIRCLE, (NONPROD,)),
        quotas=Quotas(trust_policy_characters=4096),
    )
    admitted = [
        {key.rpartition(":")[2]: value for key, value in one["Condition"]["StringEquals"].items()}
        for one in by_token(profiles, NONPROD)
    ]
    aud, repository = ["sts.amazonaws.com"], "repo:example/payments"
    heads = [f"{repository}:ref:refs/heads/{one}" for one in ("main", "next")]
    assert admitted == [
        {"aud": aud, "sub": heads},
        {"aud": aud, "ref": ["refs/heads/main"], "sub": [f"{repository}:environment:nonprod"]},
        {"aud": aud, "ref": ["refs/heads/next"], "sub": [f"{repository}:environment:other"]},
        {"aud": [ORG], "oidc.circleci.com/project-id": [PROJECT]},
    ]


def test_an_expiry_ends_the_trust_in_the_token() -> None:
    (statement,) = by_token(federated(CI, expires=date(2027, 1, 31)), NONPROD)
    assert statement["Condition"]["DateLessThan"] == {"aws:CurrentTime": ["2027-02-01T00:00:00Z"]}


def test_an_issuer_exists_only_where_one_of_its_identities_is_granted_something() -> None:
    profiles = federated(CI, ("circle", IdentityClass.PROD, CIRCLE, (STATE, PROD)))
    found = {
        name: [(one.url, one.audiences) for one in documents.identity_providers]
        for name, documents in render_all(profiles).documents.items()
    }
    github = (f"https://{GITHUB}", ("sts.amazonaws.com",))
    circleci = (f"https://{CIRCLECI}", (ORG,))
    assert found == {
        "state": [circleci],
        "sandbox": [github],
        "nonprod": [github],
        "prod": [circleci],
    }


def test_a_forbidden_account_trusts_no_token_of_the_class_whatever_is_granted() -> None:
    # `load` refuses such a grant; the renderer does not rely on it.
    profiles = federated(("ci", IdentityClass.NONPROD, MAIN, (PROD, STATE, NONPROD)))
    for account in (PROD, STATE):
        assert by_token(profiles, account) == []
        assert render(profiles, AccountName(account)).identity_providers == ()
    assert by_token(profiles, NONPROD) != []


def test_a_federated_identity_has_no_user_no_group_and_no_secret() -> None:
    documents = render(federated(CI), AccountName(STATE))
    assert "ci" not in [user.name for user in documents.service_users]
    assert "service-ci" not in [group.name for group in documents.groups]


def test_the_matrix_has_it_like_any_other_identity_and_names_its_tokens() -> None:
    access = matrix(federated(CI))
    cells = [cell for cell in access.cells() if cell.identity.name == "ci"]
    assert {cell.account.name for cell in cells if cell.ways} == {SANDBOX, NONPROD}
    (row,) = (one for one in access.as_json()["identities"] if one["name"] == "ci")
    assert row["federation"] == {
        "issuer": f"https://{GITHUB}",
        "audience": "sts.amazonaws.com",
        "claims": {"sub": "repo:example/payments:ref:refs/heads/main"},
    }
    assert row["roles"][ROLE][NONPROD] == [{"group": None, "mfa": False, "expires": None}]


def test_the_directory_says_whose_token_it_has_instead_of_a_store() -> None:
    written = directory(federated(CI)).to_json()
    listed = json.loads(written)["identities"]
    assert listed["ci"]["federation"] == {
        "kind": "github",
        "issuer": f"https://{GITHUB}",
        "audience": "sts.amazonaws.com",
        "variable": None,
    }
    assert "store" not in listed["ci"]
    assert "federation" not in listed[NONPROD_MACHINE]
    again = Directory.from_json(written, "directory.json")
    assert again == directory(federated(CI))
    assert again.find("ci", NONPROD, ROLE).listing.store is None
    with pytest.raises(DirectoryError, match="is not granted"):
        again.find("ci", PROD, ROLE)


def test_a_trust_that_does_not_fit_is_a_problem_and_never_a_wildcard() -> None:
    many = [
        (
            f"ci-{n}",
            IdentityClass.NONPROD,
            tokens("gitlab", project=f"a/b{n}", ref="main"),
            (NONPROD,),
        )
        for n in range(40)
    ]
    with pytest.raises(ProfilesInvalidError, match="the quota is 2,048"):
        render(federated(*many), AccountName(NONPROD))


def test_a_grant_of_a_forbidden_tier_is_refused_as_for_users(tmp_path: Path) -> None:
    ci = "payments-nonprod: {class: nonprod, federation: {gitlab: {project: a/b, ref: main}}}"
    change = {
        "teams/payments.yaml": {
            "payments-nonprod: {class: nonprod, rotate_after: 7d}": ci,
            "on: [sandbox, nonprod]}": "on: [sandbox, nonprod, prod]}",
        }
    }
    profiles = Case("forbidden", (), change).write(tmp_path)
    (problem,) = said(profiles)
    assert "which never reaches `prod`" in problem


def test_the_files_load_to_the_same_model(tmp_path: Path) -> None:
    assert load(BASE).service_users[0].federation is None
    ci = "payments-nonprod: {class: nonprod, federation: {gitlab: {project: a/b, ref: main}}}"
    change = {"teams/payments.yaml": {"payments-nonprod: {class: nonprod, rotate_after: 7d}": ci}}
    user = load(Case("one", (), change).write(tmp_path)).service_users[0]
    assert user.federation == tokens("gitlab", project="a/b", ref="main")
    assert user.rotate_after is None
