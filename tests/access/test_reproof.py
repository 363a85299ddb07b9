"""A proof kept over changes says what a proof from scratch does."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access import reproof
from access.catalogue import steps
from access.checker import check
from access.prove import Proof, Proofs, Rule, prove
from access.reproof import Reproof
from access.world import Account, Credential, Group, Role, User, World
from tests.access.example_world import RULE, with_policy, world
from tests.access.mutants import HARMLESS, OPENING
from tests.access.small_world import PROD, STATE, doc, role, user
from tests.access.test_reach_worlds import (
    BOUNDARY,
    ROLES,
    USERS,
    boundaries,
    laws,
    limits,
    policies,
    statement,
    tags,
    trust_statement,
    worlds,
)

RULES = [
    Rule.of((USERS[0],), (f"arn:aws:iam::{PROD}:role/path/*",)),
    Rule.of((USERS[1],), (f"arn:aws:iam::{PROD}:role/a",)),
]
Change = Callable[[World], World]
GROUP = f"arn:aws:iam::{STATE}:group/g"


def _holder(arn: str, inline: Any, boundary: Any, some: Any) -> Change:
    def change(one: World) -> World:
        if arn in one.users:
            made = user(arn, inline, boundary=boundary, tags=some, groups=one.users[arn].groups)
            return replace(one, users={**one.users, arn: made})
        if arn not in one.roles:
            return one
        made_role = role(arn, [], inline, boundary=boundary, tags=some)
        kept = replace(made_role, trust=one.roles[arn].trust)
        return replace(one, roles={**one.roles, arn: kept})

    return change


def _trust(arn: str, statements: Any) -> Change:
    def change(one: World) -> World:
        if arn not in one.roles:
            return one
        trust = doc(statements, f"trust policy of `{arn}`")
        return replace(one, roles={**one.roles, arn: replace(one.roles[arn], trust=trust)})

    return change


def _policy(statements: Any) -> Change:
    return lambda one: replace(
        one, policies={**one.policies, BOUNDARY: doc(statements, "boundary")}
    )


def _membership(arn: str, inline: Any, *, there: bool) -> Change:
    def change(one: World) -> World:
        if arn not in one.users:
            return one
        member = replace(one.users[arn], groups=(GROUP,) if there else ())
        group = Group(GROUP, user(arn, inline).grants)
        return replace(one, users={**one.users, arn: member}, groups={**one.groups, GROUP: group})

    return change


def _gone(arn: str) -> Change:
    def change(one: World) -> World:
        users: dict[str, User] = {key: of for key, of in one.users.items() if key != arn}
        roles: dict[str, Role] = {key: of for key, of in one.roles.items() if key != arn}
        return replace(one, users=users, roles=roles)

    return change


def _limited(scps: Any) -> Change:
    return lambda one: replace(one, accounts={**one.accounts, STATE: Account("o-1", scps=scps)})


def _stored(arn: str) -> Change:
    secret = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:s"
    return lambda one: replace(one, credentials=(*one.credentials, Credential(secret, arn)))


everybody = st.sampled_from([*USERS, *ROLES])
ordinary = (
    st.builds(_holder, everybody, policies, boundaries, tags)
    | st.builds(_holder, everybody, policies, boundaries, st.just(()))
    | st.builds(_trust, st.sampled_from(ROLES), st.lists(trust_statement, min_size=1, max_size=3))
    | st.builds(_policy, st.lists(statement, min_size=1, max_size=2))
)
changes = (
    ordinary
    | ordinary
    | st.builds(_membership, st.sampled_from(USERS), policies, there=st.booleans())
    | st.builds(_gone, everybody)
    | st.builds(_limited, limits)
    | st.builds(_stored, everybody)
)


def assert_as_proved(found: Proofs, one: World, rules: list[Rule]) -> None:
    """What is kept has the verdict of `prove`, and a certificate that the checker takes."""
    anew = prove(one, rules)
    assert [result.answer for result in found.results] == [one.answer for one in anew.results]
    assert found.world == anew.world
    for kept, proved in zip(found.results, anew.results, strict=True):
        if isinstance(kept, Proof):
            assert isinstance(proved, Proof)
            assert check(one, kept.certificate, steps()) == ()
        else:
            assert kept == proved


@laws
@given(worlds(), st.lists(changes, min_size=1, max_size=6))
def test_after_any_changes_the_proofs_are_those_from_scratch(
    one: World, several: list[Change]
) -> None:
    kept = Reproof(one, RULES)
    for change in several:
        one = change(one)
        kept = kept.after(one)
        assert_as_proved(kept.proofs, one, RULES)


@pytest.mark.parametrize("mutant", [*OPENING, *HARMLESS])
def test_after_a_mutation_the_verdict_is_that_from_scratch(mutant: str) -> None:
    start = world()
    changed = {**OPENING, **HARMLESS}[mutant](start)
    after = Reproof(start, [RULE]).after(changed)
    assert_as_proved(after.proofs, changed, [RULE])
    assert_as_proved(after.after(start).proofs, start, [RULE])


def _only_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it was proved in full")

    monkeypatch.setattr(reproof, "prove_each", refuse)


def _permit(statements: list[Any]) -> None:
    statements.append(
        {"Sid": "More", "Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}
    )


def test_a_change_that_no_step_needs_is_not_proved_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    start = world()
    kept = Reproof(start, [RULE])
    _only_kept(monkeypatch)
    for arn in sorted(start.policies):
        start = with_policy(start, arn, _permit)
        kept = kept.after(start)
    assert all(isinstance(one, Proof) for one in kept.proofs.results)
