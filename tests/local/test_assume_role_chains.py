"""A session assumes another role as its role, and hands on what AWS has it hand on."""

import pytest

from tests.engine import ACCOUNTS, client
from tests.local.world import ASSUME, World, allow, document, only, root, trust

_TRUSTED = trust(root("state"))
_ALL = [ASSUME, "sts:TagSession", "sts:SetSourceIdentity"]


@pytest.fixture
def session(world: World, name: str) -> dict[str, str]:
    world.user(name, allow("sts:*"))
    role = world.role("nonprod", name, trust(root("state"), _ALL))
    world.allow_role("nonprod", name, allow("sts:*"))
    return world.assume(
        world.key(name),
        role,
        SourceIdentity="somebody",
        Tags=[{"Key": "team", "Value": "x"}, {"Key": "here", "Value": "only"}],
        TransitiveTagKeys=["team"],
    )


def _next(world: World, name: str, action: str | list[str], **more: object) -> str:
    return world.role("prod", name, trust(root("nonprod"), action, **more))


def test_the_role_s_arn_with_its_path_is_who_asks(
    world: World, name: str, session: dict[str, str]
) -> None:
    role = f"arn:aws:iam::{ACCOUNTS['nonprod']}:role/t/{name}"
    target = world.role("prod", name, trust(role, _ALL))
    assert world.refusal(session, target) is None


def test_the_session_s_own_arn_may_be_trusted(
    world: World, name: str, session: dict[str, str]
) -> None:
    arn = f"arn:aws:sts::{ACCOUNTS['nonprod']}:assumed-role/{name}/test"
    target = world.role("prod", name, trust(arn, _ALL))
    assert world.refusal(session, target) is None


def test_a_session_that_is_denied_by_its_own_arn_is_refused(
    world: World, name: str, session: dict[str, str]
) -> None:
    arn = f"arn:aws:sts::{ACCOUNTS['nonprod']}:assumed-role/{name}/test"
    denied = {"Effect": "Deny", "Principal": {"AWS": arn}, "Action": "sts:*"}
    wide = trust(root("nonprod"), _ALL)
    assert world.refusal(session, world.role("prod", name, wide, denied)) == "AccessDenied"


def test_a_word_about_another_session_does_not_hide_the_role(
    world: World, name: str, session: dict[str, str]
) -> None:
    account = ACCOUNTS["nonprod"]
    other = f"arn:aws:sts::{account}:assumed-role/{name}/another"
    denied = {"Effect": "Deny", "Principal": {"AWS": other}, "Action": "sts:*"}
    named = trust(f"arn:aws:iam::{account}:role/t/{name}", _ALL)
    assert world.refusal(session, world.role("prod", name, named, denied)) is None


def test_the_source_identity_goes_along_and_has_to_be_allowed(
    world: World, name: str, session: dict[str, str]
) -> None:
    target = _next(world, name, [ASSUME, "sts:TagSession"])
    assert world.refusal(session, target) == "AccessDenied"


def test_transitive_tags_go_along_and_others_do_not(
    world: World, name: str, session: dict[str, str]
) -> None:
    both = {"aws:RequestTag/team": "x", "aws:PrincipalTag/here": "only"}
    handed_on = _next(world, name, _ALL, Condition={"StringEquals": both})
    assert world.refusal(session, handed_on) is None
    gone = _next(world, f"{name}-b", _ALL, **only("aws:RequestTag/here", "only"))
    assert world.refusal(session, gone) == "AccessDenied"


def test_the_source_identity_cannot_be_changed(
    world: World, name: str, session: dict[str, str]
) -> None:
    target = _next(world, name, _ALL)
    assert world.refusal(session, target, SourceIdentity="another") == "AccessDenied"


def test_a_chained_session_lasts_an_hour_at_most(
    world: World, name: str, session: dict[str, str]
) -> None:
    trusted = trust(root("nonprod"), _ALL)
    target = world.role("prod", name, trusted, MaxSessionDuration=7200)
    assert world.refusal(session, target, DurationSeconds=7200) == "ValidationError"
    assert world.refusal(session, target, DurationSeconds=3600) is None


def test_a_session_whose_role_was_made_anew_may_do_nothing(
    world: World, name: str, session: dict[str, str]
) -> None:
    target = _next(world, name, _ALL)
    iam = client(world.home, "iam", "nonprod")
    iam.delete_role_policy(RoleName=name, PolicyName="inline")
    iam.delete_role(RoleName=name)
    world.role("nonprod", name, _TRUSTED)
    world.allow_role("nonprod", name, allow("sts:*"))
    assert world.refusal(session, target) == "AccessDenied"


def test_a_session_policy_narrows_the_session(world: World, name: str) -> None:
    world.user(name, allow(ASSUME))
    role = world.role("nonprod", name, _TRUSTED)
    world.allow_role("nonprod", name, allow("sts:*"))
    target = _next(world, name, ASSUME)
    key = world.key(name)
    narrow = world.assume(key, role, Policy=document(allow("s3:*")))
    assert world.refusal(narrow, target) == "AccessDenied"
    wide = world.assume(key, role, Policy=document(allow(ASSUME)))
    assert world.refusal(wide, target) is None
