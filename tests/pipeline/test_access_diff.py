"""Who gains or loses a role is decided exactly, and by no more than bears on it."""

from dataclasses import replace

from access.inquiry import Inquiry
from access.world import Document, User, World
from iam_profiles.world import world
from pipeline.access_diff import access_diff
from pipeline.narrowed import Narrowed
from tests.policies.worlds import rendered

ACCOUNTS = ("state", "sandbox", "nonprod", "prod")
ALL = world(rendered(name) for name in ACCOUNTS)
ANA = "arn:aws:iam::111111111111:user/PlatformPeople/ana"
ROLE = "arn:aws:iam::444444444444:role/PlatformRoles/PaymentsDeployRole"


def without(found: World, user: str) -> World:
    return replace(found, users={arn: one for arn, one in found.users.items() if arn != user})


def test_what_is_the_same_is_no_change() -> None:
    assert access_diff(ALL, ALL) == ()


def test_whoever_is_new_gains_what_he_may_and_by_which_group() -> None:
    found = access_diff(without(ALL, ANA), ALL)
    assert {change.identity for change in found} == {ANA}
    assert {change.role: change.gains for change in found}[ROLE]
    [change] = [one for one in found if one.role == ROLE]
    assert [group.rpartition("/")[2] for group in change.groups] == ["payments-oncall"]
    assert (change.before, change.after, change.account) == ("denied", "allowed", "444444444444")
    assert any("payments-oncall" in str(reason.policy) for reason in change.because)


def test_whoever_goes_loses_the_same() -> None:
    gained, lost = access_diff(without(ALL, ANA), ALL), access_diff(ALL, without(ALL, ANA))
    assert [(one.identity, one.role) for one in gained] == [
        (one.identity, one.role) for one in lost
    ]
    assert not any(one.gains for one in lost)


def test_a_trust_policy_that_lets_nobody_in_any_more_takes_the_role_from_all() -> None:
    role = ALL.roles[ROLE]
    shut = Document.of({"Version": "2012-10-17", "Statement": []}, name=role.trust.name)
    after = replace(ALL, roles={**ALL.roles, ROLE: replace(role, trust=shut)})
    found = access_diff(ALL, after)
    assert {one.role for one in found} == {ROLE}
    assert {one.identity.rpartition("/")[2] for one in found} >= {"ana", "payments-prod"}


def test_a_document_that_cannot_be_read_makes_it_undecided_which_counts_as_a_gain() -> None:
    [group] = [one for arn, one in ALL.groups.items() if arn.endswith("/payments-dev")]
    [policy] = group.grants.managed
    unread = {**ALL.policies, policy: Document.missing(policy, "it is unknown until the update")}
    found = access_diff(ALL, replace(ALL, policies=unread))
    assert {(one.before, one.after) for one in found} <= {
        ("denied", "undecided"),
        ("allowed", "undecided"),
    }


def test_a_narrowed_world_gives_the_same_answers() -> None:
    wide = "arn:aws:iam::1*:role/*"
    more = Document.of(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Deny", "Action": "sts:*", "Resource": [ROLE]},
                {"Effect": "Allow", "Action": "sts:*", "Resource": [wide, "*"]},
                {"Effect": "Deny", "Action": "sts:*", "NotResource": [ROLE, "arn:aws:iam::*:*"]},
            ],
        },
        name="policy `more`",
    )
    bounded = User(f"{ANA}-2", ALL.users[ANA].grants, ALL.users[ANA].groups, boundary="more")
    tried = replace(
        ALL,
        users={**ALL.users, bounded.arn: bounded},
        policies={**ALL.policies, "more": more},
    )
    whole, narrowed = Inquiry(tried), Narrowed(tried)
    for role in tried.roles:
        part = Inquiry(narrowed.to(role.split(":")[4]))
        for user in tried.users:
            expected = whole.can(user, "sts:AssumeRole", role)
            assert part.can(user, "sts:AssumeRole", role) == expected
