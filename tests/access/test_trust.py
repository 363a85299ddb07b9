"""The resource's side alone: whom a trust policy may let in."""

import pytest

from access.context import Context
from access.document import PolicyDocument
from access.errors import ArnParseError
from access.trust import admits
from access.verdict import Allowed, Denied, Undecided, Verdict
from tests.access.worlds import document

STATE, PROD = "111111111111", "444444444444"
USERS = f"arn:aws:iam::{STATE}:user/PlatformServiceUsers"
ASSUME = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{STATE}:root"}, "Action": ASSUME}
NEVER_NONPROD = {
    "Sid": "NeverNonprod",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sts:*",
    "Condition": {"ArnLike": {"aws:PrincipalArn": f"{USERS}/nonprod/*"}},
}


def pinned(*users: str, **condition: dict[str, str]) -> dict[str, object]:
    arns = [f"{USERS}/{user}" for user in users]
    return {
        **ROOT,
        "Sid": "Pinned",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": arns}, **condition},
    }


def asked(trust: PolicyDocument, callers: str) -> Verdict:
    return admits(trust, callers, role_account=PROD)


LOCKED = document([pinned("prod/a", "prod/b"), NEVER_NONPROD], "trust of R")


def test_a_trust_in_the_whole_account_admits_every_class() -> None:
    verdict = asked(document([ROOT]), f"{USERS}/nonprod/*")
    assert isinstance(verdict, Allowed)
    assert verdict.example is not None
    assert f"{USERS}/nonprod/" in verdict.example


def test_pinned_principals_admit_nobody_else() -> None:
    assert isinstance(asked(document([pinned("prod/a")]), f"{USERS}/nonprod/*"), Denied)
    assert isinstance(asked(document([pinned("prod/a")]), f"{USERS}/prod/a"), Allowed)
    assert isinstance(asked(document([pinned("prod/a")]), f"{USERS}/prod/b"), Denied)


def test_a_deny_of_the_class_suffices_where_the_account_is_trusted() -> None:
    trust = document([ROOT, NEVER_NONPROD], "trust of R")
    verdict = asked(trust, f"{USERS}/nonprod/*")
    assert isinstance(verdict, Denied)
    assert [reason.statement for reason in verdict.reasons] == ["NeverNonprod"]
    assert isinstance(asked(trust, f"{USERS}/prod/*"), Allowed)


def test_both_locks_together_admit_whom_they_should() -> None:
    assert isinstance(asked(LOCKED, f"{USERS}/nonprod/*"), Denied)
    assert isinstance(asked(LOCKED, f"{USERS}/prod/b"), Allowed)
    assert isinstance(asked(LOCKED, f"arn:aws:iam::{STATE}:*"), Allowed)


OPENED = {
    "the Deny's path lacks a letter": {"ArnLike": {"aws:PrincipalArn": f"{USERS}/nonpro/*"}},
    "the Deny names one user": {"ArnLike": {"aws:PrincipalArn": f"{USERS}/nonprod/x"}},
    "the Deny leaves out deeper paths": {"ArnLike": {"aws:PrincipalArn": f"{USERS}/nonprod/?"}},
    "the Deny is on another account": {
        "ArnLike": {"aws:PrincipalArn": f"{USERS}/nonprod/*".replace(STATE, "222222222222")}
    },
    "the Deny is on another partition": {
        "ArnLike": {"aws:PrincipalArn": f"{USERS}/nonprod/*".replace("aws:", "aws-cn:", 1)}
    },
    "the Deny compares without wildcards": {
        "StringEquals": {"aws:PrincipalArn": f"{USERS}/nonprod/*"}
    },
    "the Deny also asks for MFA": {
        "ArnLike": {"aws:PrincipalArn": f"{USERS}/nonprod/*"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
    },
    "the Deny is negated": {"ArnNotLike": {"aws:PrincipalArn": f"{USERS}/nonprod/*"}},
    "the Deny expires": {
        "ArnLike": {"aws:PrincipalArn": f"{USERS}/nonprod/*"},
        "DateLessThan": {"aws:CurrentTime": "2030-01-01"},
    },
    "the Deny is for a session tag": {
        "ArnLike": {"aws:PrincipalArn": f"{USERS}/nonprod/*"},
        "StringEquals": {"aws:PrincipalTag/class": "nonprod"},
    },
}


@pytest.mark.parametrize("change", OPENED.keys())
def test_a_deny_that_leaves_a_way_in_does_not_count(change: str) -> None:
    deny = {**NEVER_NONPROD, "Condition": OPENED[change]}
    assert isinstance(asked(document([ROOT, deny]), f"{USERS}/nonprod/*"), Allowed)


@pytest.mark.parametrize("action", ["sts:TagSession", "sts:AssumeRoleWithSAML", "iam:*"])
def test_a_deny_of_other_actions_does_not_count(action: str) -> None:
    deny = {**NEVER_NONPROD, "Action": action}
    assert isinstance(asked(document([ROOT, deny]), f"{USERS}/nonprod/*"), Allowed)


CLOSED = {
    "more than the class is denied": {"ArnLike": {"aws:PrincipalArn": f"{USERS}/*"}},
    "the Deny is written as text": {"StringLike": {"aws:PrincipalArn": f"{USERS}/nonprod/*"}},
    "the Deny is by wildcards elsewhere": {
        "ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:user/*/nonprod/*"}
    },
    "all but prod is denied": {"ArnNotLike": {"aws:PrincipalArn": f"{USERS}/prod/*"}},
    "the key's name is in another case": {"ArnLike": {"AWS:principalARN": f"{USERS}/nonprod/*"}},
    "the Deny is also on the account": {
        "ArnLike": {"aws:PrincipalArn": f"{USERS}/nonprod/*"},
        "StringEquals": {"aws:PrincipalAccount": STATE},
    },
    "the class is in two halves": {
        "ArnLike": {"aws:PrincipalArn": [f"{USERS}/nonprod/", f"{USERS}/nonprod/?*"]}
    },
}


@pytest.mark.parametrize("change", CLOSED.keys())
def test_a_deny_that_covers_the_class_counts_however_it_is_written(change: str) -> None:
    deny = {**NEVER_NONPROD, "Condition": CLOSED[change]}
    assert isinstance(asked(document([ROOT, deny]), f"{USERS}/nonprod/*"), Denied)


def test_two_denies_that_cover_the_class_together_count() -> None:
    denies = [
        {**NEVER_NONPROD, "Sid": sid, "Condition": {"ArnLike": {"aws:PrincipalArn": pattern}}}
        for sid, pattern in (("A", f"{USERS}/nonprod/"), ("B", f"{USERS}/nonprod/?*"))
    ]
    verdict = asked(document([ROOT, *denies]), f"{USERS}/nonprod/*")
    assert isinstance(verdict, Denied)
    assert {reason.statement for reason in verdict.reasons} == {"A", "B"}


def test_an_mfa_condition_on_the_allow_does_not_shut_it() -> None:
    trust = document([pinned("prod/a", Bool={"aws:MultiFactorAuthPresent": "true"})])
    assert isinstance(asked(trust, f"{USERS}/prod/a"), Allowed)
    unable = Context.of({}, complete=True)
    verdict = admits(trust, f"{USERS}/prod/a", role_account=PROD, context=unable)
    assert isinstance(verdict, Denied)


def test_the_context_cannot_say_otherwise_who_calls() -> None:
    claimed = Context.of({"aws:PrincipalArn": f"{USERS}/prod/a"}, complete=False)
    verdict = admits(LOCKED, f"{USERS}/nonprod/*", role_account=PROD, context=claimed)
    assert isinstance(verdict, Denied)


def test_a_service_does_not_admit_users() -> None:
    trust = document(
        [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": ASSUME}]
    )
    assert isinstance(asked(trust, f"arn:aws:iam::{STATE}:*"), Denied)


def test_a_trust_without_statements_admits_nobody() -> None:
    assert isinstance(asked(document([]), "*"), Denied)


@pytest.mark.parametrize(
    "doubt",
    [
        {**ROOT, "Principal": {"AWS": "AIDAEXAMPLEOLDOLDOLD1"}},
        {"Effect": "Allow", "NotPrincipal": {"AWS": "222222222222"}, "Action": ASSUME},
        {**ROOT, "Principal": {"AWS": f"{USERS}/nonprod/*"}},
        {**ROOT, "Condition": {"StringMatches": {"aws:username": "x"}}},
    ],
    ids=["unique id", "NotPrincipal", "wildcard", "operator"],
)
def test_what_is_not_supported_is_undecided_and_named(doubt: dict[str, object]) -> None:
    verdict = asked(document([{**doubt, "Sid": "Doubt"}]), f"{USERS}/nonprod/*")
    assert isinstance(verdict, Undecided)
    assert [reason.statement for reason in verdict.reasons] == ["Doubt"]


def test_a_deny_shuts_what_is_not_supported_in_an_allow() -> None:
    doubt = {"Effect": "Allow", "NotPrincipal": {"AWS": "222222222222"}, "Action": ASSUME}
    assert isinstance(asked(document([doubt, NEVER_NONPROD]), f"{USERS}/nonprod/*"), Denied)


@pytest.mark.parametrize("callers", ["nonprod/*", "arn:aws:sts::1:assumed-role/r/*", ""])
def test_a_pattern_that_names_no_principal_is_an_error_and_not_a_denial(callers: str) -> None:
    with pytest.raises(ArnParseError):
        asked(LOCKED, callers)


def test_a_hostile_trust_is_undecided() -> None:
    deny = {
        **NEVER_NONPROD,
        "Condition": {"StringLike": {"aws:PrincipalArn": ["*a" + "?" * 60, "*b" + "?" * 60]}},
    }
    verdict = asked(document([ROOT, deny]), f"arn:aws:iam::{STATE}:user/*c" + "?" * 60)
    assert isinstance(verdict, Undecided)
    assert "fewer wildcards" in str(verdict)
