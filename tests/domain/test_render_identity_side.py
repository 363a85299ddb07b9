"""The identity side: groups, boundaries, one's own MFA device."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data, get_actions_with_access_level

from iam_profiles.documents import AccountDocuments
from iam_profiles.model import Profiles
from iam_profiles.names import AccountName
from iam_profiles.render import notes, render
from iam_profiles.statements import characters
from tests.domain.mini_iam import Caller, identity_allows
from tests.domain.organisation import NONPROD_MACHINE, PROD_MACHINE, ROLE, organisation

STATE = "arn:aws:iam::111111111111"
ANA = f"{STATE}:user/PlatformPeople/ana"
ASSUME = "sts:AssumeRole"


def _state(profiles: Profiles | None = None) -> AccountDocuments:
    return render(profiles or organisation(), AccountName("state"))


def _group(name: str) -> list[dict[str, Any]]:
    policies = next(group.policies for group in _state().groups if group.name == name)
    return [entry for policy in policies for entry in json.loads(policy.document)["Statement"]]


def _boundary(name: str, profiles: Profiles | None = None) -> str:
    return next(policy.document for policy in _state(profiles).boundaries if policy.name == name)


def test_a_nonprod_machine_s_group_denies_every_role_of_the_forbidden_accounts() -> None:
    deny, allow = _group(f"service-{NONPROD_MACHINE}")
    assert (deny["Effect"], deny["Resource"]) == (
        "Deny",
        ["arn:aws:iam::111111111111:role/*", "arn:aws:iam::444444444444:role/*"],
    )
    assert allow["Resource"] == [
        f"arn:aws:iam::222222222222:role/PlatformRoles/{ROLE}",
        f"arn:aws:iam::333333333333:role/PlatformRoles/{ROLE}",
    ]


def test_a_people_s_group_repeats_the_trust_s_terms() -> None:
    (allow,) = _group("payments-dev")
    assert allow["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": ["true"]}}


def test_a_group_of_many_accounts_is_spread_over_numbered_policies() -> None:
    groups = _state(organisation(accounts_per_tier=60)).groups
    prod = next(group for group in groups if group.name == f"service-{PROD_MACHINE}")
    assert [policy.name for policy in prod.policies] == [
        f"service-{PROD_MACHINE}-assume-roles",
        f"service-{PROD_MACHINE}-assume-roles-2",
    ]


@pytest.mark.parametrize(
    ("boundary", "account", "allowed"),
    [
        ("boundary-nonprod", "222222222222", True),
        ("boundary-nonprod", "333333333333", True),
        ("boundary-nonprod", "111111111111", False),
        ("boundary-nonprod", "444444444444", False),
        ("boundary-nonprod", "999999999999", False),
        ("boundary-prod", "444444444444", True),
        ("boundary-prod", "111111111111", True),
        ("boundary-people", "444444444444", True),
        ("boundary-people", "999999999999", False),
    ],
)
def test_a_boundary_ends_where_its_class_may_go(
    boundary: str, account: str, *, allowed: bool
) -> None:
    role = f"arn:aws:iam::{account}:role/PlatformRoles/{ROLE}"
    assert identity_allows(Caller(ANA), ASSUME, role, [_boundary(boundary)], None) == allowed


def test_a_boundary_s_allow_names_no_account_that_its_deny_is_for() -> None:
    deny, allow = json.loads(_boundary("boundary-nonprod"))["Statement"]
    assert (deny["Effect"], allow["Effect"]) == ("Deny", "Allow")
    assert not {arn.split(":")[4] for arn in deny["Resource"]} & {
        arn.split(":")[4] for arn in allow["Resource"]
    }


def test_a_boundary_lets_no_identity_do_anything_but_assume_roles() -> None:
    for name in ("boundary-nonprod", "boundary-prod"):
        actions = {
            action
            for entry in json.loads(_boundary(name))["Statement"]
            for action in entry["Action"]
        }
        assert actions == {"sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"}


def test_with_too_many_accounts_a_boundary_names_any_account_still_denies_and_is_noted() -> None:
    example = organisation(accounts_per_tier=70)
    boundary = _boundary("boundary-nonprod", example)
    assert characters(boundary) <= example.organization.quotas.managed_policy_characters
    for account, allowed in (("000000001333", True), ("000000001444", False)):
        role = f"arn:aws:iam::{account}:role/PlatformRoles/{ROLE}"
        assert identity_allows(Caller(ANA), ASSUME, role, [boundary], None) == allowed
    assert any(note.subject == "boundary boundary-nonprod" for note in notes(example))


DEVICE = f"{STATE}:mfa/ana"


@pytest.mark.parametrize(
    ("action", "resource", "mfa", "allowed"),
    [
        ("iam:CreateVirtualMFADevice", DEVICE, False, True),
        ("iam:EnableMFADevice", ANA, False, True),
        ("iam:ResyncMFADevice", ANA, False, True),
        ("iam:ListMFADevices", ANA, False, True),
        ("iam:DeactivateMFADevice", ANA, False, False),
        ("iam:DeactivateMFADevice", ANA, True, True),
        ("iam:DeleteVirtualMFADevice", DEVICE, False, False),
        ("iam:DeleteVirtualMFADevice", DEVICE, True, True),
        ("iam:CreateVirtualMFADevice", f"{STATE}:mfa/li", True, False),
        ("iam:EnableMFADevice", f"{STATE}:user/PlatformPeople/li", True, False),
        ("iam:DeactivateMFADevice", f"{STATE}:user/PlatformPeople/li", True, False),
        ("iam:EnableMFADevice", f"{STATE}:user/PlatformServiceUsers/prod/ana", True, False),
        ("iam:CreateAccessKey", ANA, True, False),
        ("iam:ListUsers", "*", True, False),
    ],
)
def test_people_manage_exactly_their_own_mfa_device(
    action: str, resource: str, *, mfa: bool, allowed: bool
) -> None:
    people = next(group for group in _state().groups if group.name == "people")
    assert people.members == ("ana", "li")
    documents = [policy.document for policy in people.policies]
    caller = Caller(ANA, mfa=mfa)
    for boundary in (None, _boundary("boundary-people")):
        assert identity_allows(caller, action, resource, documents, boundary) == allowed


def test_a_role_session_is_nobody_s_device_owner() -> None:
    people = next(group for group in _state().groups if group.name == "people")
    session = Caller(f"{STATE}:role/PlatformRoles/{ROLE}", mfa=True)
    documents = [policy.document for policy in people.policies]
    assert not identity_allows(session, "iam:EnableMFADevice", ANA, documents, None)


def test_own_mfa_actions_fit_the_resources_they_are_allowed_on() -> None:
    (policy,) = next(group.policies for group in _state().groups if group.name == "people")
    for entry in json.loads(policy.document)["Statement"]:
        kinds = {resource.split(":")[5].split("/")[0] for resource in entry["Resource"]}
        fitting = {
            data["resource_arn_format"].split(":")[5].split("/")[0]
            for action in entry["Action"]
            for data in get_action_data("iam", action.removeprefix("iam:"))["iam"]
            if data["resource_arn_format"] != "*"
        }
        assert kinds <= fitting


def test_a_workload_changes_no_access_and_becomes_nobody_else() -> None:
    boundary = _boundary("boundary-workloads")
    workload = Caller(f"{STATE}:role/PlatformWorkloads/payments-worker")
    assert identity_allows(workload, "sqs:SendMessage", "*", [boundary], None)
    for level in ("Permissions management", "Write", "Tagging"):
        for action in get_actions_with_access_level("iam", level):
            assert not identity_allows(workload, action, "*", [boundary], None), action
    assert not identity_allows(workload, ASSUME, "*", [boundary], None)


def test_a_workload_hands_only_workload_roles_to_instances() -> None:
    boundary = _boundary("boundary-workloads")
    to_ec2 = Caller(ANA, context={"iam:PassedToService": "ec2.amazonaws.com"})
    to_lambda = Caller(ANA, context={"iam:PassedToService": "lambda.amazonaws.com"})
    own = f"{STATE}:role/PlatformWorkloads/node"
    assert identity_allows(to_ec2, "iam:PassRole", own, [boundary], None)
    assert not identity_allows(to_lambda, "iam:PassRole", own, [boundary], None)
    role_set = f"{STATE}:role/PlatformRoles/{ROLE}"
    assert not identity_allows(to_ec2, "iam:PassRole", role_set, [boundary], None)


def test_every_verb_that_changes_access_is_denied_explicitly() -> None:
    deny = json.loads(_boundary("boundary-workloads"))["Statement"][-1]
    for level in ("Permissions management", "Write", "Tagging"):
        for action in get_actions_with_access_level("iam", level):
            denied = any(fnmatchcase(action, pattern) for pattern in deny["Action"])
            assert denied or action == "iam:PassRole", action
    for action in ("sts:AssumeRole", "sts:AssumeRoot", "sts:GetFederationToken"):
        assert any(fnmatchcase(action, pattern) for pattern in deny["Action"]), action
