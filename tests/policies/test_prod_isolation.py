"""`prod_isolation`: no stack lets an identity in where its class must never come."""

import pytest

from iam_profiles.model import IsolationRule, Profiles
from iam_profiles.names import IdentityClass, TierName
from policies.prod_isolation import judge
from tests.policies.cases import Case
from tests.policies.isolation_cases import CASES
from tests.policies.judged import judged
from tests.policies.worlds import World, profiles


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_law_refuses_exactly_what_may_open_a_way(case: Case) -> None:
    judged(judge, case)


def ruled(identity_class: IdentityClass, tier: str) -> Profiles:
    """The example with one isolation rule more."""
    model = profiles()
    rule = IsolationRule(identity_class=identity_class, never_reaches=(TierName(tier),))
    rules = (*model.organization.isolation, rule)
    organization = model.organization.model_copy(update={"isolation": rules})
    return model.model_copy(update={"organization": organization})


@pytest.mark.parametrize(
    ("identity_class", "tier"),
    [(IdentityClass.PEOPLE, "prod"), (IdentityClass.PROD, "sandbox"), (IdentityClass.PROD, "prod")],
)
def test_every_rule_of_the_organisation_is_judged_on_both_sides(
    identity_class: IdentityClass, tier: str
) -> None:
    model = ruled(identity_class, tier)
    for account in ("state", tier):
        world = World(account)
        found = [one.found for one in judge(world.registered(), model, world.account)]
        assert [one for one in found if f"`{tier}`" in one], account


def test_where_identities_live_nobody_is_taken_for_the_class() -> None:
    model = profiles()
    rule = IsolationRule(identity_class=IdentityClass.NONPROD, never_reaches=(TierName("prod"),))
    organization = model.organization.model_copy(update={"isolation": (rule,)})
    world = World("prod")
    model = model.model_copy(update={"organization": organization})
    assert judge(world.registered(), model, world.account) == ()


def test_a_rule_that_the_example_keeps_adds_no_finding() -> None:
    model = ruled(IdentityClass.NONPROD, "prod")
    for account in ("state", "sandbox", "nonprod", "prod"):
        world = World(account)
        assert judge(world.registered(), model, world.account) == ()


def test_one_finding_names_the_way_in_and_the_way_out() -> None:
    (case,) = [one for one in CASES if one.title == "state trusts the whole state account"]
    world = World(case.account)
    case.change(world)
    finding, proved = judge(world.registered(), profiles(), world.account)
    assert finding.urn == "urn:pulumi:state::iam-profiles::aws:iam/role:Role::IamProfilesRole"
    assert str(finding) == (
        "the trust policy may open `state`: "
        "`arn:aws:iam::111111111111:user/PlatformServiceUsers/nonprod/*`, of class `nonprod`, "
        "is allowed: statement `#0` of the trust policy allows it; "
        "let it admit exact principals, and deny the class, as the model renders it"
    )
    assert proved.found.startswith("were every identity allowed to assume any role, ")
    assert proved.urn == finding.urn
