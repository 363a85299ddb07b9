"""Whoever moves in a roll-out is one and the same: it is at either place, with what it has."""

from dataclasses import replace

import pytest

from access.moves import Moves
from access.prove import Answer
from access.rollout import either
from access.rule import Rule
from access.world import Credential, Group, World
from tests.access.small_world import (
    ASSUME,
    ROOT,
    STATE,
    R,
    allow,
    grants,
    role,
    trusts,
    user,
    verdict,
    world,
)

OLD, NEW = (f"arn:aws:iam::{STATE}:user/{path}n" for path in ("", "nonprod/"))
CLASS = f"arn:aws:iam::{STATE}:user/nonprod/*"
GROUP = f"arn:aws:iam::{STATE}:group/{{}}g"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:s-*"
OTHERS = f"arn:aws:iam::{STATE}:user/{{}}p"
OPEN = role(R, ROOT)


def test_who_moves_keeps_on_the_way_what_it_had() -> None:
    before, after = world(user(OLD, ASSUME), OPEN), world(user(NEW), OPEN)
    assert [verdict(one, CLASS) for one in (before, after)] == [Answer.PROVED] * 2
    assert verdict(either(before, after), CLASS) is Answer.REFUTED
    # Another one, of another name or in another account, is somebody else.
    for stranger in (OLD.replace("user/n", "user/m"), OLD.replace(STATE, "222222222222")):
        one = world(user(stranger, ASSUME), OPEN)
        assert verdict(either(one, after), CLASS) is Answer.PROVED


def test_of_who_moves_no_boundary_is_relied_on() -> None:
    bound = {
        "policies": {"arn:aws:iam::111111111111:policy/b": grants("b", allow("s3:*")).inline[0]}
    }
    bounded = user(NEW, ASSUME, boundary=next(iter(bound["policies"])))
    after = world(bounded, OPEN, **bound)
    assert verdict(after, CLASS) is Answer.PROVED
    assert verdict(either(world(user(OLD), OPEN), after), CLASS) is Answer.REFUTED


def test_a_group_that_moves_gives_its_new_members_what_it_gave() -> None:
    old, new = GROUP.format(""), GROUP.format("Teams/")
    before = world(user(NEW), Group(old, grants(old, ASSUME)), OPEN)
    after = world(user(NEW, groups=(new,)), Group(new), OPEN)
    assert [verdict(one, CLASS) for one in (before, after)] == [Answer.PROVED] * 2
    assert verdict(either(before, after), CLASS) is Answer.REFUTED


@pytest.mark.parametrize("stored", [False, True], ids=["made", "stored"])
def test_who_has_the_key_of_one_place_has_that_of_the_other(*, stored: bool) -> None:
    """A key got while its user is at the old place is let in by what names the new one."""
    old, new = OTHERS.format(""), OTHERS.format("prod/")
    taking = "secretsmanager:GetSecretValue" if stored else "iam:CreateAccessKey"
    thief = user(NEW, allow(taking, SECRET if stored else old))
    secrets = {"credentials": (Credential(SECRET, old),)} if stored else {}
    before = world(thief, user(old, ASSUME), role(R, trusts(old)), **secrets)
    after = world(user(NEW), user(new, ASSUME), role(R, trusts(new)))
    # Where the old place is let in nowhere any more, only the same user's new one is.
    before = replace(before, roles={R: role(R, trusts(f"arn:aws:iam::{STATE}:user/x"))})
    assert [verdict(one, CLASS) for one in (before, after)] == [Answer.PROVED] * 2
    assert verdict(either(before, after), CLASS) is Answer.REFUTED


def test_a_rule_follows_its_identities_to_where_they_are_before() -> None:
    moves = Moves(world(user(OLD), user(OTHERS.format(""))), world(user(NEW)))
    assert moves.to == {OLD: NEW}
    rule = Rule.of((CLASS,), (R,), apart_from=(CLASS,))
    followed = moves.followed(rule)
    assert followed == Rule.of((CLASS, OLD), (R,), apart_from=(CLASS, OLD))
    assert moves.followed(followed) == followed
    other = Rule.of((f"arn:aws:iam::{STATE}:user/prod/*",), (R,))
    assert moves.followed(other) == other


def test_where_nobody_moves_nothing_is_added() -> None:
    one: World = world(user(NEW, ASSUME), OPEN)
    for other in (one, world(user(NEW), user(OLD), OPEN), world(OPEN)):
        assert Moves(one, other).at_both() == (one, other)
        assert Moves(one, other).to == {}
