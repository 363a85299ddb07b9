"""The resource side: who is let in, by name, on what terms, and who never is."""

import json
from datetime import date
from typing import Any

import pytest

from iam_profiles.model import Profiles, Quotas, TrustedService
from iam_profiles.names import AccountName, RoleName
from iam_profiles.render import notes, render
from iam_profiles.statements import characters
from tests.domain.mini_iam import Caller, trust_admits
from tests.domain.organisation import (
    IDLE_ROLE,
    NONPROD_MACHINE,
    PROD_MACHINE,
    ROLE,
    organisation,
    role,
)

STATE = "arn:aws:iam::111111111111"
ANA = f"{STATE}:user/PlatformPeople/ana"
NONPROD_USER = f"{STATE}:user/PlatformServiceUsers/nonprod/{NONPROD_MACHINE}"
PROD_USER = f"{STATE}:user/PlatformServiceUsers/prod/{PROD_MACHINE}"


def _trust(profiles: Profiles, account: str, name: RoleName = ROLE) -> str:
    documents = render(profiles, AccountName(account))
    return next(entry.trust for entry in documents.roles if entry.name == name)


def _statement(trust: str, sid: str) -> dict[str, Any]:
    return next(entry for entry in json.loads(trust)["Statement"] if entry["Sid"] == sid)


def test_the_principal_is_the_state_account_and_the_condition_names_users() -> None:
    allow = _statement(_trust(organisation(), "nonprod"), "AllowNonprod")
    assert allow == {
        "Sid": "AllowNonprod",
        "Effect": "Allow",
        "Principal": {"AWS": f"{STATE}:root"},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
        "Condition": {"ArnEquals": {"aws:PrincipalArn": [NONPROD_USER]}},
    }


@pytest.mark.parametrize(
    ("caller", "admitted"),
    [
        pytest.param(Caller(ANA, mfa=True), True, id="a person with MFA"),
        pytest.param(Caller(ANA), False, id="a person with a long-term key alone"),
        pytest.param(Caller(ANA, mfa=True, now="2026-12-31T23:59:59Z"), True, id="on the last day"),
        pytest.param(
            Caller(ANA, mfa=True, now="2027-01-01T00:00:00Z"), False, id="on the day after"
        ),
        pytest.param(Caller(f"{STATE}:user/PlatformPeople/eve", mfa=True), False, id="another"),
        pytest.param(Caller(f"{STATE}:user/ana", mfa=True), False, id="the name on another path"),
        pytest.param(
            Caller("arn:aws:iam::999999999999:user/PlatformPeople/ana", mfa=True),
            False,
            id="the name in another account",
        ),
        pytest.param(
            Caller(f"{STATE}:role/PlatformRoles/{ROLE}"), False, id="a chained role session"
        ),
        pytest.param(Caller(NONPROD_USER), True, id="the nonprod machine in nonprod"),
        pytest.param(Caller(PROD_USER), True, id="the prod machine in nonprod"),
    ],
)
def test_only_the_granted_are_let_in_and_on_their_terms(caller: Caller, *, admitted: bool) -> None:
    trust = _trust(organisation(expires=date(2026, 12, 31)), "nonprod")
    assert trust_admits(caller, trust) == admitted


@pytest.mark.parametrize("account", ["prod", "state"])
def test_the_nonprod_class_is_denied_where_it_never_reaches_whatever_is_allowed(
    account: str,
) -> None:
    document = json.loads(_trust(organisation(), account))
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            statement.pop("Condition")
    opened = json.dumps(document)
    assert trust_admits(Caller(PROD_USER), opened)
    assert not trust_admits(Caller(NONPROD_USER), opened)
    assert not trust_admits(Caller(f"{STATE}:user/PlatformServiceUsers/nonprod/new"), opened)


@pytest.mark.parametrize("account", ["sandbox", "nonprod"])
def test_no_class_is_denied_where_it_may_go(account: str) -> None:
    effects = {
        entry["Effect"] for entry in json.loads(_trust(organisation(), account))["Statement"]
    }
    assert effects == {"Allow"}


def test_deny_spells_out_every_way_in_as_iam_refuses_wildcards_and_other_actions() -> None:
    deny = _statement(_trust(organisation(), "prod"), "DenyNonprod")
    assert deny["Principal"] == "*"
    assert deny["Action"] == [
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:SetSourceIdentity",
        "sts:TagSession",
    ]


def test_a_role_that_nobody_is_granted_denies_everybody() -> None:
    trust = _trust(organisation(), "sandbox", IDLE_ROLE)
    (deny,) = json.loads(trust)["Statement"]
    assert (deny["Sid"], deny["Effect"], deny["Principal"]) == ("DenyEverybody", "Deny", "*")
    assert "Condition" not in deny


def test_a_trusted_service_is_let_in_for_its_own_account_only_and_not_denied() -> None:
    pods = TrustedService(
        service="pods.eks.amazonaws.com", actions=("sts:AssumeRole", "sts:TagSession")
    )
    example = organisation(roles=(role(ROLE), role(IDLE_ROLE, services=(pods,))))
    (allow,) = json.loads(_trust(example, "sandbox", IDLE_ROLE))["Statement"]
    assert allow["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert allow["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": ["222222222222"]}}


def test_names_that_do_not_fit_give_way_to_their_own_class_and_a_note_says_so() -> None:
    crowd = tuple(f"person-{n:03}" for n in range(80))
    example = organisation(people=crowd)
    trust = _trust(example, "nonprod")
    assert characters(trust) <= Quotas().trust_policy_characters
    by_class = _statement(trust, "AllowPeopleWithMfa")["Condition"]
    assert by_class == {
        "ArnLike": {"aws:PrincipalArn": [f"{STATE}:user/PlatformPeople/*"]},
        "Bool": {"aws:MultiFactorAuthPresent": ["true"]},
    }
    # The short list still names its one user.
    assert "ArnEquals" in _statement(trust, "AllowNonprod")["Condition"]
    (note,) = notes(example)
    assert str(note) == (
        f"nonprod: role {ROLE}: the trust policy lets in class `people` as a whole "
        f"(`{STATE}:user/PlatformPeople/*`), as 80 names would not fit; the group policies still "
        "name who may come"
    )


def test_a_raised_quota_brings_the_names_back() -> None:
    crowd = tuple(f"person-{n:03}" for n in range(80))
    example = organisation(people=crowd, quotas=Quotas(trust_policy_characters=8192))
    assert "ArnLike" not in _trust(example, "nonprod")
    assert notes(example) == ()


def test_the_longest_expiry_of_the_calendar_is_no_error() -> None:
    assert "9999-12-31T00:00:00Z" in _trust(organisation(expires=date.max), "nonprod")
