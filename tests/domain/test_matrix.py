"""The access matrix: complete, and what is not granted is refused."""

import json
from datetime import date

from hypothesis import given, settings

from iam_profiles.matrix import Granted, matrix
from iam_profiles.model import Grant, Profiles
from iam_profiles.names import GroupName, TierName
from tests.domain.organisation import ANA, NONPROD, PROD_MACHINE, ROLE, organisation
from tests.domain.strategies import profiles

GROUP = GroupName("payments-dev")


def test_a_group_s_grant_reaches_each_member_in_every_account_of_the_tier() -> None:
    access = matrix(organisation())
    ana = next(identity for identity in access.identities if identity.name == ANA)
    granted = {cell.account.name for cell in access.cells() if cell.identity == ana and cell.ways}
    assert granted == {"nonprod"}


def test_a_way_names_the_group_and_its_terms() -> None:
    access = matrix(organisation(expires=date(2026, 12, 31)))
    ana = next(identity for identity in access.identities if identity.name == ANA)
    nonprod = next(account for account in access.accounts if account.name == "nonprod")
    way = Granted(GROUP, mfa=True, expires=date(2026, 12, 31))
    assert access.ways(ana, ROLE, nonprod) == (way,)
    assert str(way) == "with MFA, until 2026-12-31"
    assert way.holds_on(date(2026, 12, 31))
    assert not way.holds_on(date(2027, 1, 1))


def test_a_service_user_is_granted_through_a_group_of_its_own_and_without_mfa() -> None:
    access = matrix(organisation())
    machine = next(entry for entry in access.identities if entry.name == PROD_MACHINE)
    ways = {way for cell in access.cells() if cell.identity == machine for way in cell.ways}
    assert ways == {Granted(GroupName(f"service-{PROD_MACHINE}"), mfa=False, expires=None)}


def test_two_groups_give_two_ways() -> None:
    base = organisation()
    again = base.model_copy(
        update={
            "grants": (
                *base.grants,
                Grant(
                    team=base.teams[0].name,
                    group=GROUP,
                    role=ROLE,
                    on=(NONPROD,),
                    mfa=True,
                    expires=date(2030, 1, 1),
                ),
            )
        }
    )
    access = matrix(again)
    ana = next(identity for identity in access.identities if identity.name == ANA)
    nonprod = next(account for account in access.accounts if account.name == "nonprod")
    assert [way.expires for way in access.ways(ana, ROLE, nonprod)] == [date(2030, 1, 1), None]


@settings(max_examples=30, deadline=None)
@given(profiles())
def test_the_matrix_has_every_cell_once_and_is_json(example: Profiles) -> None:
    access = matrix(example)
    cells = list(access.cells())
    people_and_machines = len(example.people) + len(example.service_users)
    count = people_and_machines * len(example.roles) * len(example.organization.accounts)
    assert len({(c.identity, c.role, c.account.name) for c in cells}) == len(cells) == count
    assert json.loads(json.dumps(access.as_json()))["all_roles"] == list(access.roles)


@settings(max_examples=30, deadline=None)
@given(profiles())
def test_no_cell_of_the_nonprod_class_is_granted_where_it_never_reaches(
    example: Profiles,
) -> None:
    for cell in matrix(example).cells():
        if cell.identity.identity_class == "nonprod" and cell.ways:
            assert cell.account.tier not in {TierName("prod"), TierName("state")}
