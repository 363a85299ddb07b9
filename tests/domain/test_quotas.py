"""What does not fit AWS's quotas is refused, all at once, with a remedy."""

import pytest

from iam_profiles.errors import AccountUnknownError, ProfilesInvalidError
from iam_profiles.model import Profiles, Quotas
from iam_profiles.names import AccountName, GroupName, IdentityClass
from iam_profiles.render import render, render_all
from tests.domain.federated import MAIN, Machine, federated, tokens
from tests.domain.organisation import (
    NONPROD,
    NONPROD_MACHINE,
    ROLE,
    SANDBOX,
    organisation,
    role,
)

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


def test_federation_s_quotas_are_told_of_every_account_at_once() -> None:
    def machine(number: int) -> Machine:
        wanted = {"issuer": f"https://i{number % 2}.example.org", "audience": f"aud-{number}"}
        asked = tokens("oidc", **wanted, subject=f"deploy-{number}")
        return f"ci-{number}", IdentityClass.NONPROD, asked, (SANDBOX, NONPROD)

    quotas = Quotas(identity_providers_per_account=1, audiences_per_identity_provider=2)
    problems = _refusal(federated(*map(machine, range(6)), quotas=quotas))
    found = {one for one in problems if "issuers" in one or "audiences" in one}
    known = "the account would know 3 audiences of `https://i{}.example.org`, the quota is 2; have"
    for account in (SANDBOX, NONPROD):
        of_account = {one for one in found if one.startswith(f"{ACCOUNTS}.{account}: ")}
        assert len(of_account) == 3
        assert all(any(known.format(one) in problem for problem in found) for one in (0, 1))
        assert (
            f"{ACCOUNTS}.{account}: the account would have 2 issuers of tokens, the quota is 1; "
            "have fewer issuers of tokens, or set `quotas.identity_providers_per_account` once AWS "
            "has raised it for you"
        ) in of_account
    assert len(found) == 6


def test_readers_count_among_roles_and_policies_and_their_trust_has_a_quota_too() -> None:
    base = organisation(
        quotas=Quotas(
            roles_per_account=1, customer_managed_policies_per_account=1, trust_policy_characters=9
        )
    )
    users = [
        user.model_copy(update={"reader": MAIN} if user.name == NONPROD_MACHINE else {})
        for user in base.service_users
    ]
    problems = _refusal(base.model_copy(update={"service_users": users}))
    place = f"teams/payments.yaml: service_users.{NONPROD_MACHINE}.reader: "
    assert any(one.startswith(f"{place}the reader's trust policy takes") for one in problems)
    for what, more in (("roles", 1), ("customer-managed policies", 2)):
        (had, has) = (_counted(found, what) for found in (_refusal(base), problems))
        assert has == had + more, what


def _counted(problems: list[str], what: str) -> int:
    """How many of something the state account would have."""
    begin = f"{ACCOUNTS}.state: the account would have "
    (told,) = (one for one in problems if one.startswith(begin) and f" {what}, the" in one)
    return int(told.removeprefix(begin).partition(" ")[0])


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
