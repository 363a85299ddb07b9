"""What sound profiles mean: the model, its defaults and its order."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from iam_profiles.load import load
from iam_profiles.model import (
    Account,
    Defaults,
    Grant,
    IsolationRule,
    Organization,
    Person,
    Profiles,
    Quotas,
    Role,
    SecretsManager,
    ServiceUser,
    Statement,
)
from iam_profiles.names import (
    AccountId,
    AccountName,
    GroupName,
    IdentityClass,
    RoleName,
    TeamName,
    TierName,
    UserName,
)
from tests.domain.load_world import BASE, Case

PAYMENTS, PLATFORM = TeamName("payments"), TeamName("platform")
STATE, SANDBOX, NONPROD, PROD = map(TierName, ("state", "sandbox", "nonprod", "prod"))


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    return load(BASE)


def test_the_organisation_is_read_with_what_it_leaves_to_defaults(profiles: Profiles) -> None:
    ids = ("111111111111", "222222222222", "033333333333", "444444444444")
    tiers = (STATE, SANDBOX, NONPROD, PROD)
    assert profiles.organization == Organization(
        name="example",
        partition="aws",
        region="eu-west-1",
        prefix="Platform",
        tiers=tiers,
        accounts=tuple(
            Account(name=AccountName(tier), id=AccountId(number), tier=tier)
            for tier, number in zip(tiers, ids, strict=True)
        ),
        isolation=(
            IsolationRule(identity_class=IdentityClass.NONPROD, never_reaches=(PROD, STATE)),
        ),
        defaults=Defaults(session=timedelta(hours=2), mfa="required"),
        secrets_store=SecretsManager(prefix="team/keys", recovery_window_days=7),
        quotas=Quotas(trust_policy_characters=4096),
    )


def test_a_region_brings_its_partition(tmp_path: Path) -> None:
    change = {"organization.yaml": {"eu-west-1": "us-gov-west-1"}}
    assert load(Case("", (), change).write(tmp_path)).organization.partition == "aws-us-gov"


def test_only_enabled_roles_are_in_the_role_set_and_take_the_default_session(
    profiles: Profiles,
) -> None:
    audit, deploy = profiles.roles
    assert audit == Role(
        name=RoleName("AuditRole"),
        owner=PLATFORM,
        purpose="Reads everything, changes nothing",
        session=timedelta(hours=2),
        managed_policies=("SecurityAudit",),
    )
    assert deploy.session == timedelta(hours=1)
    assert deploy.permissions == (
        Statement(
            sid="DeployFunctions",
            actions=("lambda:CreateFunction", "lambda:UpdateFunctionCode"),
            resources=("arn:{partition}:lambda:*:{account}:function:payments-*",),
            conditions=(("StringEquals", (("aws:RequestedRegion", ("eu-west-1",)),)),),
        ),
    )


def test_identities_are_sorted_and_know_their_team(profiles: Profiles) -> None:
    assert profiles.people == (
        Person(name=UserName("ana"), team=PAYMENTS),
        Person(name=UserName("li"), team=PAYMENTS),
        Person(name=UserName("mira"), team=PLATFORM),
    )
    assert profiles.service_users == (
        ServiceUser(
            name=UserName("payments-nonprod"),
            team=PAYMENTS,
            identity_class=IdentityClass.NONPROD,
            rotate_after=timedelta(days=7),
        ),
        ServiceUser(
            name=UserName("payments-prod"), team=PAYMENTS, identity_class=IdentityClass.PROD
        ),
    )
    assert [group.people for group in profiles.groups] == [("mira",), ("ana", "li", "mira")]


def test_people_need_mfa_unless_it_is_taken_off_and_machines_never_have_it(
    profiles: Profiles,
) -> None:
    assert profiles.grants == (
        Grant(
            team=PAYMENTS,
            service_user=UserName("payments-nonprod"),
            role=RoleName("DeployRole"),
            on=(NONPROD, SANDBOX),
            mfa=False,
        ),
        Grant(
            team=PAYMENTS,
            service_user=UserName("payments-prod"),
            role=RoleName("DeployRole"),
            on=(PROD,),
            mfa=False,
            expires=date(2026, 12, 31),
        ),
        Grant(
            team=PLATFORM,
            group=GroupName("auditors"),
            role=RoleName("AuditRole"),
            on=(NONPROD, PROD, SANDBOX, STATE),
            mfa=True,
        ),
        Grant(
            team=PAYMENTS,
            group=GroupName("payments-dev"),
            role=RoleName("DeployRole"),
            on=(NONPROD,),
            mfa=True,
        ),
    )


def test_how_files_are_spread_and_ordered_makes_no_difference(tmp_path: Path) -> None:
    change = {"teams/payments.yaml": {"people: [ana, li]\n": "people: [li, ana]\n"}}
    assert load(Case("", (), change).write(tmp_path)) == load(BASE)
