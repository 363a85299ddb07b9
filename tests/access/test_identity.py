"""The identity's side alone: what its policies may permit."""

import pytest

from access.document import PolicyDocument
from access.errors import ArnParseError
from access.identity import permits
from access.verdict import Allowed, Denied, Undecided, Verdict
from tests.access.worlds import document

STATE, NONPROD, PROD = "111111111111", "333333333333", "444444444444"
USER = f"arn:aws:iam::{STATE}:user/PlatformServiceUsers/nonprod/n"
ASSUME = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
ANYWHERE = document(
    [{"Sid": "Anywhere", "Effect": "Allow", "Action": ASSUME, "Resource": "*"}], "open"
)
ROLES = f"arn:aws:iam::{PROD}:role/*"


def asked(
    *policies: PolicyDocument, boundary: PolicyDocument | None = None, resource: str = ROLES
) -> Verdict:
    return permits(policies, "sts:AssumeRole", resource, boundary=boundary, principal=USER)


def allow(*resources: str) -> PolicyDocument:
    return document(
        [{"Sid": "Roles", "Effect": "Allow", "Action": ASSUME, "Resource": list(resources)}]
    )


def deny(*resources: str, **fields: object) -> PolicyDocument:
    statement = {"Sid": "Never", "Effect": "Deny", "Action": ASSUME, "Resource": list(resources)}
    return document([{**statement, **fields}])


def test_an_allow_of_the_role_permits() -> None:
    verdict = asked(allow(f"arn:aws:iam::{PROD}:role/PlatformRoles/R"))
    assert isinstance(verdict, Allowed)
    assert verdict.example is not None
    assert "role/PlatformRoles/R" in verdict.example


def test_an_allow_in_another_account_permits_nothing_here() -> None:
    assert isinstance(asked(allow(f"arn:aws:iam::{NONPROD}:role/*")), Denied)


def test_a_deny_of_the_account_suffices() -> None:
    verdict = asked(ANYWHERE, deny(f"arn:aws:iam::{PROD}:*"))
    assert isinstance(verdict, Denied)
    assert [reason.statement for reason in verdict.reasons] == ["Never"]


def test_a_boundary_of_other_accounts_suffices() -> None:
    assert isinstance(asked(ANYWHERE, boundary=allow(f"arn:aws:iam::{NONPROD}:role/*")), Denied)


def test_a_boundary_permits_nothing_by_itself() -> None:
    assert isinstance(asked(boundary=ANYWHERE), Denied)


def test_a_boundarys_deny_suffices() -> None:
    boundary = document(
        [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {
                "Sid": "Never",
                "Effect": "Deny",
                "Action": "sts:*",
                "Resource": f"arn:aws:iam::{PROD}:*",
            },
        ]
    )
    assert isinstance(asked(ANYWHERE, boundary=boundary), Denied)


OPENED = {
    "of another account": [f"arn:aws:iam::{NONPROD}:*"],
    "of users only": [f"arn:aws:iam::{PROD}:user/*"],
    "of one path": [f"arn:aws:iam::{PROD}:role/PlatformRoles/*"],
    "of names of one letter": [f"arn:aws:iam::{PROD}:role/?"],
    "of all but one text": [f"arn:aws:iam::{PROD}:role/?*"],
    "of a wildcard for the service, which AWS does not take": ["arn:*:*:*:*:*"],
    "of another partition": [f"arn:aws-cn:iam::{PROD}:*"],
    "of the user's own name": [f"arn:aws:iam::{PROD}:role/${{aws:username}}"],
    "of a tag's value": [f"arn:aws:iam::{PROD}:role/${{aws:PrincipalTag/x}}"],
}


@pytest.mark.parametrize("case", OPENED.keys())
def test_a_deny_that_leaves_a_role_does_not_count(case: str) -> None:
    verdict = asked(ANYWHERE, deny(*OPENED[case]))
    assert isinstance(verdict, Allowed)


CLOSED = {
    "of everything": ["*"],
    "of every ARN of IAM": ["arn:*:iam:*:*:*"],
    "of every role": ["arn:aws:iam::*:role/*"],
    "of accounts that begin so": [f"arn:aws:iam::{PROD[:4]}*:*"],
    "in two halves": [f"arn:aws:iam::{PROD}:role/", f"arn:aws:iam::{PROD}:role/?*"],
    "of digits by question marks": ["arn:aws:iam::4???????????:*"],
}


@pytest.mark.parametrize("case", CLOSED.keys())
def test_a_deny_that_covers_every_role_counts_however_it_is_written(case: str) -> None:
    assert isinstance(asked(ANYWHERE, deny(*CLOSED[case])), Denied)


@pytest.mark.parametrize(
    "condition",
    [
        {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        {"StringEquals": {"sts:ExternalId": "x"}},
        {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}},
        {"StringNotEquals": {"aws:PrincipalTag/class": "prod"}},
        {"ArnEquals": {"aws:PrincipalArn": USER + "x"}},
        {"StringEquals": {"aws:username": "m"}},
    ],
)
def test_a_deny_on_a_condition_that_can_fail_does_not_count(condition: dict[str, object]) -> None:
    assert isinstance(asked(ANYWHERE, deny("*", Condition=condition)), Allowed)


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnEquals": {"aws:PrincipalArn": USER}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/PlatformServiceUsers/nonprod/*"}},
        {"StringEquals": {"aws:username": "n"}},
        {"StringEquals": {"aws:PrincipalAccount": STATE}},
        {"Null": {"aws:CurrentTime": "false"}},
        {"StringNotEqualsIfExists": {"aws:PrincipalAccount": PROD}},
    ],
)
def test_a_deny_on_a_condition_that_cannot_fail_counts(condition: dict[str, object]) -> None:
    assert isinstance(asked(ANYWHERE, deny("*", Condition=condition)), Denied)


def test_a_pattern_of_principals_is_permitted_what_one_of_them_is() -> None:
    policy = document(
        [
            {
                "Effect": "Allow",
                "Action": "s3:*",
                "Resource": "arn:aws:s3:::home/${aws:username}/*",
            }
        ]
    )
    principals = f"arn:aws:iam::{STATE}:user/*"
    for resource, expected in (("arn:aws:s3:::home/x/k", Allowed), ("arn:aws:s3:::etc/x", Denied)):
        verdict = permits([policy], "s3:GetObject", resource, boundary=None, principal=principals)
        assert isinstance(verdict, expected)


def test_no_action_beside_assuming_roles_is_permitted() -> None:
    for action in ("iam:*", "s3:*", "sts:GetFederationToken", "sts:AssumeRoot"):
        assert isinstance(permits([ANYWHERE], action, "*", boundary=None, principal=USER), Denied)
    verdict = permits([ANYWHERE], "sts:*", "*", boundary=None, principal=USER)
    assert isinstance(verdict, Allowed)


def test_what_is_not_supported_is_undecided_and_named() -> None:
    policy = document(
        [
            {
                "Sid": "Odd",
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {"X": {"k": "v"}},
            }
        ]
    )
    verdict = asked(policy)
    assert isinstance(verdict, Undecided)
    assert [reason.statement for reason in verdict.reasons] == ["Odd"]


@pytest.mark.parametrize("resource", ["role/*", "", "arn:aws:iam", "arn:aws:iam::12:role/*"])
def test_a_pattern_that_names_no_resource_is_an_error_and_not_a_denial(resource: str) -> None:
    with pytest.raises(ArnParseError):
        asked(ANYWHERE, resource=resource)


def test_a_principal_that_is_no_arn_is_an_error() -> None:
    with pytest.raises(ArnParseError):
        permits([ANYWHERE], "sts:AssumeRole", ROLES, boundary=None, principal="n")


def test_a_verdict_is_no_bool() -> None:
    with pytest.raises(TypeError, match="Undecided"):
        bool(asked(ANYWHERE))


def _statements(effect: str, *resources: str) -> list[dict[str, object]]:
    return [{"Effect": effect, "Action": "*", "Resource": resource} for resource in resources]


BUCKET = "arn:aws:s3:::"
HOSTILE = {
    "thousands of statements": (
        *_statements("Allow", *(f"{BUCKET}*a{number}*" for number in range(1000))),
        *_statements("Deny", *(f"{BUCKET}*b{number}*" for number in range(1000))),
    ),
    "a hundred thousand wildcards": (
        *_statements("Allow", BUCKET + "?" * 100_000),
        *_statements("Deny", BUCKET + "*a" + "?" * 100_000),
    ),
    "subsets beyond number": (
        *_statements("Allow", "*"),
        *_statements("Deny", *(f"{BUCKET}b/*{letter}" + "?" * 30 for letter in "abcdefgh")),
    ),
}


@pytest.mark.parametrize("case", HOSTILE.keys())
def test_a_hostile_policy_is_undecided_and_says_so(case: str) -> None:
    verdict = asked(document(list(HOSTILE[case])), resource=f"{BUCKET}b/*")
    assert isinstance(verdict, Undecided)
    assert "fewer wildcards" in str(verdict)


def test_long_lists_of_names_are_decided_exactly() -> None:
    names = [f"arn:aws:iam::{PROD}:role/r{number}" for number in range(3000)]
    assert isinstance(asked(allow(*names), deny(*names)), Denied)
    assert isinstance(asked(allow(*names), deny(*names[1:])), Allowed)
