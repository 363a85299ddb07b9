"""What does not fit AWS's quotas is refused, all at once, with a remedy."""

import pytest

from iam_profiles.errors import AccountUnknownError, ProfilesInvalidError
from iam_profiles.model import Profiles, Quotas
from iam_profiles.names import AccountName, GroupName
from iam_profiles.render import render, render_all
from tests.domain.organisation import ROLE, organisation, role

ACCOUNTS = "organization.yaml: accounts"


def _refusal(profiles: Profiles) -> list[str]:
    with pytest.raises(ProfilesInvalidError) as raised:
        render_all(profiles)
    return [str(problem) for problem in raised.value.problems]


def test_the_organisation_at_aws_s_own_quotas_is_not_refused() -> None:
    assert render_all(organisation()).notes == ()


def test_a_trust_that_fits_not_even_by_class_is_refused_for_each_account() -> None:
    problems = _refusal(organisation(quotas=Quotas(trust_policy_characters=600)))
    assert (
        f"roles/{ROLE}.yaml: the trust policy in account `nonprod` takes 890 characters, "
        "the quota is 600; grant the role on fewer different conditions, "
        "or set `quotas.trust_policy_characters` once AWS has raised it for you"
    ) in problems


@pytest.mark.parametrize(
    ("quota", "limit", "found", "remedy"),
    [
        (
            "managed_policies_per_role",
            0,
            f"roles/{ROLE}.yaml: permissions: the permissions take 1 managed policies",
            "shorten them, or divide the role in two, or set",
        ),
        (
            "managed_policies_per_group",
            0,
            "teams/payments.yaml: groups.payments-dev: the grants take 1 managed policies",
            "divide the group in two",
        ),
        (
            "groups_per_user",
            1,
            "teams/payments.yaml: groups: `ana` is in 2 groups",
            "grant several roles through one group",
        ),
        (
            "roles_per_account",
            1,
            f"{ACCOUNTS}.prod: the account would have 2 roles",
            "have fewer roles, or set",
        ),
        (
            "groups_per_account",
            3,
            f"{ACCOUNTS}.state: the account would have 4 groups",
            "have fewer groups, or set",
        ),
        (
            "users_per_account",
            3,
            f"{ACCOUNTS}.state: the account would have 4 users",
            "have fewer users",
        ),
        (
            "customer_managed_policies_per_account",
            2,
            f"{ACCOUNTS}.sandbox: the account would have 3 customer-managed policies",
            "have fewer customer-managed policies, or set",
        ),
    ],
)
def test_each_quota_exceeded_is_named_with_its_remedy(
    quota: str, limit: int, found: str, remedy: str
) -> None:
    raised = f" `quotas.{quota}` once AWS has raised it for you" if "or set" in remedy else ""
    problem = f"{found}, the quota is {limit}; {remedy}{raised}"
    assert problem in _refusal(organisation(quotas=Quotas(**{quota: limit})))


def test_a_role_s_permissions_are_spread_before_they_are_refused() -> None:
    many = (role(ROLE, permissions=30),)
    (state, *_) = render_all(organisation(roles=many)).documents.values()
    assert [policy.name for policy in state.roles[0].policies] == ["DeployRolePolicy"]
    small = Quotas(managed_policy_characters=1100, trust_policy_characters=2048)
    (state, *_) = render_all(organisation(roles=many, quotas=small)).documents.values()
    assert [policy.name for policy in state.roles[0].policies] == [
        "DeployRolePolicy",
        *(f"DeployRolePolicy{part}" for part in range(2, 6)),
    ]


def test_a_statement_that_cannot_be_divided_is_refused_by_its_sid() -> None:
    problems = _refusal(
        organisation(quotas=Quotas(managed_policy_characters=120), roles=(role(ROLE),))
    )
    (found,) = [problem for problem in problems if "`Statement0`" in problem]
    assert found.startswith(f"roles/{ROLE}.yaml: permissions: statement `Statement0` takes 178 ")
    assert found.endswith(" cannot be divided, the quota is 120; shorten its conditions")


def test_a_policy_s_name_made_too_long_by_its_group_s_is_refused() -> None:
    name = GroupName("g" * 120)
    base = organisation()
    long = base.model_copy(
        update={
            "groups": (base.groups[0].model_copy(update={"name": name}),),
            "grants": (base.grants[0].model_copy(update={"group": name}), *base.grants[1:]),
        }
    )
    (problem,) = _refusal(long)
    assert problem.endswith("shorten the group's name by 5 characters")


def test_an_unknown_account_is_refused_with_those_there_are() -> None:
    with pytest.raises(AccountUnknownError, match="nonprod"):
        render(organisation(), AccountName("staging"))
