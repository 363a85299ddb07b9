"""A user keeps policies, groups, tags and identity under a new name or path."""

import pytest

from access.catalogue import steps
from access.checker import check
from access.prove import Answer, Proof, Refuted, Rule, prove
from access.world import Grants, Group, World
from tests.access.small_world import (
    ASSUME,
    PROD,
    ROOT,
    STATE,
    N,
    R,
    allow,
    deny,
    doc,
    refuses,
    role,
    trusts,
    user,
    verdict,
    world,
)

CLASS = f"arn:aws:iam::{STATE}:user/class/*"
STAFF = f"arn:aws:iam::{STATE}:group/staff"
KEEPER = f"arn:aws:iam::{STATE}:role/keeper"
OF_CLASS = trusts(f"arn:aws:iam::{STATE}:root", ArnLike={"aws:PrincipalArn": CLASS})
RENAMES = allow("iam:UpdateUser")


def test_across_accounts_a_moved_user_brings_its_policies() -> None:
    for more, expected in ((RENAMES, Answer.REFUTED), (allow("iam:GetUser"), Answer.PROVED)):
        one = world(user(N, [ASSUME, more]), role(R, OF_CLASS))
        assert verdict(one) is expected


def test_a_moved_user_brings_the_policies_of_its_groups() -> None:
    staff = Group(STAFF, Grants((doc(ASSUME),)))
    one = world(user(N, RENAMES, groups=(STAFF,)), staff, role(R, OF_CLASS))
    assert verdict(one) is Answer.REFUTED


def test_a_user_that_another_principal_moves_brings_its_policies() -> None:
    keeper = role(KEEPER, trusts(N), RENAMES)
    one = world(user(N, ASSUME), keeper, role(R, OF_CLASS))
    assert verdict(one) is Answer.REFUTED


def test_a_moved_user_brings_what_it_was_given_since() -> None:
    gives = allow("iam:PutUserPolicy", N)
    bound = deny("sts:AssumeRole", R, ArnEquals={"aws:PrincipalArn": N})
    one = world(user(N, [RENAMES, gives, bound]), role(R, OF_CLASS))
    assert verdict(one) is Answer.REFUTED


def test_a_trust_in_a_user_follows_it_to_its_new_path() -> None:
    by_name = trusts(N, ArnLike={"aws:PrincipalArn": CLASS})
    for more, expected in ((RENAMES, Answer.REFUTED), (allow("iam:GetUser"), Answer.PROVED)):
        assert verdict(world(user(N, [ASSUME, more]), role(R, by_name))) is expected


def test_a_trust_in_an_id_follows_the_user_to_its_new_path() -> None:
    by_id = trusts("AIDAN", ArnLike={"aws:PrincipalArn": CLASS})
    held = user(N, [ASSUME, RENAMES], unique_id="AIDAN")
    assert verdict(world(held, role(R, by_id, unique_id="AROAR"))) is Answer.REFUTED


def moved_nobody() -> World:
    other = f"arn:aws:iam::{STATE}:user/other"
    refusal = refuses("*", ArnEquals={"aws:PrincipalArn": other})
    keeper = role(KEEPER, trusts(N), RENAMES)
    return world(user(N), user(other, ASSUME), keeper, role(R, [ROOT, refusal]))


def test_who_is_not_controlled_is_not_so_under_another_name() -> None:
    assert verdict(moved_nobody()) is Answer.PROVED


@pytest.mark.parametrize("name", ["a trust", "a name"])
def test_the_checker_takes_the_proof_with_a_renamed_user(name: str) -> None:
    trust = trusts(N) if name == "a name" else OF_CLASS
    start = user(N, [allow("sts:AssumeRole", KEEPER), RENAMES])
    one = world(start, role(R, trust))
    (result,) = prove(one, [Rule.of((N,), (R,))]).results
    assert isinstance(result, Proof)
    assert check(one, result.certificate, steps()) == ()


def test_the_path_of_a_renamed_user_is_confirmed_statement_by_statement() -> None:
    one = world(user(N, [ASSUME, RENAMES]), role(R, OF_CLASS))
    (result,) = prove(one, [Rule.of((N,), (f"arn:aws:iam::{PROD}:*",))]).results
    assert isinstance(result, Refuted)
    assert [hop.step for hop in result.path] == ["iam-rename-user", "renamed", "sts-assume-role"]
    assert all(hop.allowed_by or not hop.requests for hop in result.path)


def test_who_waits_for_a_helper_goes_on_when_the_last_one_found_is_it() -> None:
    target = f"arn:aws:iam::{STATE}:user/target"
    helper = role(KEEPER, trusts(N), allow("iam:CreateAccessKey", f"arn:aws:iam::{STATE}:user/x"))
    one = world(user(N, allow("iam:UpdateUser", target)), user(target), helper)
    assert verdict(one, never=target) is Answer.REFUTED
