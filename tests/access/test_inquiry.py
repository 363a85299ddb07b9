"""Single questions: who can, whether somebody can, and what each statement does to it."""

import pytest

from access.inquiry import ActionInvalidError, Bearing, Inquiry, PrincipalUnknownError
from access.verdict import Allowed, Denied, Undecided
from access.world import Account, Document, Grants, Group, Role, User, World
from tests.access.exports import ACCOUNT, allow, trust

ANA, LI = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("ana", "li"))
STAFF = f"arn:aws:iam::{ACCOUNT}:group/staff"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/Deploy"
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/Limit"
OBJECT = "arn:aws:s3:::data/file"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::data/*"},
        {"Sid": "Other", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*"},
        {"Sid": "Queue", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        {
            "Sid": "Tagged",
            "Effect": "Deny",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "b"}},
        },
        {
            "Sid": "New",
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"StringRoughly": {"aws:PrincipalTag/team": "b"}},
        },
    ],
}

WORLD = World(
    accounts={ACCOUNT: Account()},
    users={
        ANA: User(ANA, groups=(STAFF,), boundary=LIMIT, tags=(("team", "a"),)),
        LI: User(LI),
    },
    groups={STAFF: Group(STAFF, Grants((Document.of(POLICY, name="staff's policy"),)))},
    roles={
        DEPLOY: Role(
            DEPLOY,
            Document.of(trust(), name="the trust"),
            Grants((Document.of(allow("s3:Put*"), name="its policy"),)),
        )
    },
    policies={LIMIT: Document.of(allow("s3:GetObject"), name="the limit")},
)
INQUIRY = Inquiry(WORLD)


def test_who_can_do_something_is_listed_with_the_statements() -> None:
    found = dict(INQUIRY.who_can("s3:GetObject", OBJECT))
    assert list(found) == [ANA]
    assert {(one.policy, one.statement) for one in found[ANA].reasons} == {
        ("staff's policy", "Read"),
        ("the limit", "#0"),
    }


def test_nobody_can_do_what_no_policy_allows() -> None:
    assert list(INQUIRY.who_can("ec2:RunInstances", "*")) == []


def test_a_boundary_limits_what_a_group_gives() -> None:
    assert isinstance(INQUIRY.can(ANA, "s3:GetObject", OBJECT), Allowed)
    assert isinstance(
        INQUIRY.can(ANA, "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"), Denied
    )


def test_what_depends_on_an_operator_that_is_not_known_is_undecided() -> None:
    wide = World(
        accounts=WORLD.accounts,
        users={LI: User(LI, WORLD.groups[STAFF].grants)},
    )
    assert isinstance(Inquiry(wide).can(LI, "s3:GetObject", "arn:aws:s3:::other/x"), Undecided)


def test_a_trust_policy_decides_on_assuming_a_role() -> None:
    assert isinstance(INQUIRY.can(LI, "sts:AssumeRole", DEPLOY), Denied)
    assert list(INQUIRY.who_can("sts:AssumeRole", DEPLOY)) == []


def test_somebody_who_is_not_there_is_not_said_to_be_refused() -> None:
    with pytest.raises(PrincipalUnknownError, match="is not in the input"):
        INQUIRY.can(f"{ANA}x", "s3:GetObject", OBJECT)


@pytest.mark.parametrize("action", ["GetObject", "s3", "s3:", "", "s3:Get Object"])
def test_nobody_is_said_to_be_allowed_what_is_no_action(action: str) -> None:
    with pytest.raises(ActionInvalidError, match="write `service:Action`"):
        list(INQUIRY.who_can(action, OBJECT))


def test_each_statement_is_explained_by_what_it_does_or_by_what_it_misses() -> None:
    found = {
        (line.layer, line.statement): (line.bearing, line.why)
        for line in INQUIRY.explain(ANA, "s3:GetObject", OBJECT)
    }
    identity, boundary = "the identity-based policies", "the permissions boundary"
    assert found[identity, "Read"] == (Bearing.ALLOWS, ())
    assert found[identity, "Other"] == (Bearing.SILENT, ("another resource",))
    assert found[identity, "Queue"] == (Bearing.SILENT, ("another action",))
    assert found[identity, "Tagged"] == (Bearing.SILENT, ("its conditions",))
    assert found[identity, "New"][0] is Bearing.DOUBTFUL
    assert found[boundary, "#0"] == (Bearing.ALLOWS, ())


def test_a_deny_is_explained_as_one() -> None:
    tagged = User(ANA, groups=(STAFF,), tags=(("team", "b"),))
    world = World(accounts=WORLD.accounts, users={ANA: tagged}, groups=WORLD.groups)
    lines = {line.statement: line for line in Inquiry(world).explain(ANA, "s3:GetObject", OBJECT)}
    assert lines["Tagged"].bearing is Bearing.DENIES
    assert isinstance(Inquiry(world).can(ANA, "s3:GetObject", OBJECT), Denied)


def test_a_trust_policy_is_explained_by_whom_it_names() -> None:
    lines = INQUIRY.explain(LI, "sts:AssumeRole", DEPLOY)
    assert [(line.policy, line.bearing) for line in lines] == [("the trust", Bearing.ALLOWS)]
    stranger = trust("arn:aws:iam::222222222222:root")
    other = Role(DEPLOY, Document.of(stranger, name="the trust"))
    world = World(
        accounts=WORLD.accounts, users=WORLD.users, groups=WORLD.groups, roles={DEPLOY: other}
    )
    (line,) = Inquiry(world).explain(LI, "sts:AssumeRole", DEPLOY)
    assert line.why == ("another principal",)
