"""`check` finds in one go what the files, AWS's catalogue and AWS's quotas have against them."""

from pathlib import Path

import pytest

from iam_profiles.check import check
from iam_profiles.errors import ProfilesInvalidError
from tests.domain.load_world import BASE, Case


def _told(profiles: Path) -> list[str]:
    with pytest.raises(ProfilesInvalidError) as raised:
        check(profiles)
    return [str(problem).replace(f"{profiles}/", "") for problem in raised.value.problems]


def test_sound_profiles_come_back_with_every_account_s_documents() -> None:
    checked = check(BASE)
    assert list(checked.documents) == ["state", "sandbox", "nonprod", "prod"]
    assert checked.notes == ()


def test_actions_and_the_rest_are_told_together(tmp_path: Path) -> None:
    change = {
        "roles/DeployRole.yaml": {"lambda:CreateFunction": "lambda:CreateFunktion"},
        "teams/payments.yaml": {"on: [nonprod]": "on: [nonprd]"},
    }
    action, tier = _told(Case("", (), change).write(tmp_path))
    assert action == (
        "roles/DeployRole.yaml:6: permissions[0].actions[0]: AWS has no action "
        "`lambda:CreateFunktion`; did you mean `lambda:CreateFunction`?"
    )
    assert tier == (
        "teams/payments.yaml:9: grants[0].on[0]: undefined tier `nonprd`; did you mean `nonprod`?"
    )


def test_what_does_not_fit_a_quota_is_told_with_file_and_line(tmp_path: Path) -> None:
    many = ", ".join(f"Managed{n}" for n in range(11))
    change = {"roles/AuditRole.yaml": {"[SecurityAudit]": f"[{many}]"}}
    (told,) = _told(Case("", (), change).write(tmp_path))
    assert told.startswith("roles/AuditRole.yaml:1: permissions: ")
    assert "11" in told
    assert "the quota is 10" in told


def test_what_nothing_uses_is_noted(tmp_path: Path) -> None:
    change = {
        "organization.yaml": {
            "isolation:": "tiers: [state, sandbox, nonprod, prod, lab]\nisolation:"
        },
        "teams/platform.yaml": {
            "people: [mira]\n": "people: [mira, noa]\n",
            "auditors: {people: [mira]}": "auditors: {people: [mira]}\n  idle: {people: []}",
            "prod]}\n": "prod, lab]}\n",
        },
        "teams/payments.yaml": {
            "payments-prod: {class: prod}": "payments-prod: {class: prod}\n  ci: {class: prod}"
        },
        "roles/IdleRole.yaml": {
            "enabled: false": "enabled: true",
            "trusted_services: [{service: ec2.amazonaws.com, actions: [sts:AssumeRole]}]\n": "",
        },
    }
    assert check(Case("", (), change).write(tmp_path)).notes == (
        "role `IdleRole` is granted to nobody",
        "group `idle` is granted no role",
        "service user `ci` is granted no role",
        "person `noa` is in no group",
        "tier `lab` has grants, but no account",
    )
