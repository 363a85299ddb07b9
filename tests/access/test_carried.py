"""What a request for a session carries takes actions of its own, on both sides.

Of a trust policy that asks for tags, and allows `sts:AssumeRole` alone, AWS says that "the user
can't assume the role"; and of a source identity the same, in role chains too.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
"""

from typing import Any

import pytest

from access import carried
from access.carried import Way
from access.prove import Answer, Proof, Refuted, prove
from access.rule import Rule
from access.verified import verified
from access.world import World
from tests.access.small_world import (
    ROOT,
    STATE,
    N,
    R,
    allow,
    deny,
    refuses,
    role,
    trusts,
    user,
    world,
)

RULE = Rule.of((N,), (R,))
R0 = f"arn:aws:iam::{STATE}:role/r0"
ROOT_ARN = f"arn:aws:iam::{STATE}:root"
ASSUME, TAG, SOURCE = "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"
TAGGED = {"StringEquals": {"aws:RequestTag/env": "prod"}}
ASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "a tag of the request": (TAG, TAGGED),
    "the keys of its tags": (TAG, {"ForAnyValue:StringEquals": {"aws:TagKeys": "env"}}),
    "that it has a tag": (TAG, {"Null": {"AWS:requesttag/env": "false"}}),
    "transitive tags": (TAG, {"Null": {"sts:TransitiveTagKeys": "false"}}),
    "a tag as a variable": (TAG, {"StringEquals": {"sts:ExternalId": "${aws:RequestTag/env}"}}),
    "a source identity": (SOURCE, {"StringLike": {"sts:SourceIdentity": "*"}}),
    "that there is a source identity": (SOURCE, {"Null": {"sts:sourceidentity": "false"}}),
}


def answer(one: World) -> Answer:
    """Return the verdict, of which the checker takes every proof."""
    (result,) = verified(one, (RULE,)).results
    return result.answer


def by_user(trust: Any, *actions: str) -> World:
    return world(user(N, allow(list(actions))), role(R, trust))


@pytest.mark.parametrize("asked", ASKS)
def test_what_a_trust_asks_for_takes_its_action_on_both_sides(asked: str) -> None:
    action, condition = ASKS[asked]
    both = trusts(ROOT_ARN, ASSUME, action, **condition)
    alone = trusts(ROOT_ARN, ASSUME, **condition)
    assert answer(by_user(both, ASSUME, action)) is Answer.REFUTED
    assert answer(by_user(both, ASSUME)) is Answer.PROVED
    assert answer(by_user(alone, ASSUME, action)) is Answer.PROVED
    other = TAG if action == SOURCE else SOURCE
    assert answer(by_user(trusts(ROOT_ARN, ASSUME, other, **condition), ASSUME, other)) is (
        Answer.PROVED
    )


def test_a_source_identity_takes_its_action_in_a_chain_too() -> None:
    asks = {"StringLike": {"sts:SourceIdentity": "*"}}
    entry = role(R0, trusts(ROOT_ARN), allow(ASSUME))
    able = role(R0, trusts(ROOT_ARN), allow([ASSUME, SOURCE]))
    trust = trusts(R0, ASSUME, SOURCE, **asks)
    assert answer(world(user(N, allow(ASSUME)), entry, role(R, trust))) is Answer.PROVED
    assert answer(world(user(N, allow(ASSUME)), able, role(R, trust))) is Answer.REFUTED


def test_of_tags_that_a_session_may_hand_on_nothing_is_certain() -> None:
    entry = role(R0, trusts(ROOT_ARN), allow(ASSUME))
    trust = trusts(R0, ASSUME, **TAGGED)
    assert answer(world(user(N, allow(ASSUME)), entry, role(R, trust))) is Answer.REFUTED


def test_within_an_account_a_trust_that_names_the_user_is_both_sides() -> None:
    here = f"arn:aws:iam::{STATE}:role/here"
    rule = Rule.of((N,), (here,))
    for actions, expected in (((ASSUME, TAG), Answer.REFUTED), ((ASSUME,), Answer.PROVED)):
        one = world(user(N), role(here, trusts(N, *actions, **TAGGED)))
        assert verified(one, (rule,)).answer is expected


def test_a_request_that_need_not_carry_anything_takes_nothing_more() -> None:
    for condition in (
        {"StringNotEquals": {"aws:RequestTag/env": "prod"}},
        {"StringEqualsIfExists": {"sts:SourceIdentity": "x"}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": "env"}},
        {"Null": {"aws:RequestTag/env": "true", "sts:SourceIdentity": "true"}},
    ):
        assert answer(by_user(trusts(ROOT_ARN, ASSUME, **condition), ASSUME)) is Answer.REFUTED


def test_a_deny_of_requests_without_tags_shuts_whoever_may_pass_none() -> None:
    trust = [ROOT, refuses("*", Null={"aws:RequestTag/env": "true"})]
    assert answer(by_user(trust, ASSUME)) is Answer.PROVED
    open_ = [trusts(ROOT_ARN, ASSUME, TAG), refuses("*", Null={"aws:RequestTag/env": "true"})]
    assert answer(by_user(open_, ASSUME, TAG)) is Answer.REFUTED


def test_a_deny_of_tagging_leaves_requests_without_tags() -> None:
    trust = trusts(ROOT_ARN, ASSUME, TAG, StringNotEquals={"aws:RequestTag/env": "prod"})
    one = world(user(N, [allow([ASSUME, TAG]), deny(TAG)]), role(R, trust))
    assert answer(one) is Answer.REFUTED


def test_a_path_names_every_action_that_it_takes() -> None:
    trust = trusts(ROOT_ARN, ASSUME, TAG, SOURCE, **TAGGED, StringLike={"sts:SourceIdentity": "*"})
    (result,) = prove(by_user(trust, ASSUME, TAG, SOURCE), (RULE,)).results
    assert isinstance(result, Refuted)
    assert [action for action, _ in result.path[-1].requests] == [ASSUME, TAG, SOURCE]


def test_users_alike_are_told_apart_by_who_may_tag() -> None:
    second = f"arn:aws:iam::{STATE}:user/second"
    trust = [
        trusts("*", ASSUME, **TAGGED),
        trusts("*", TAG, ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{STATE}:user/s*"}),
    ]
    rule = Rule.of((N, second), (R,))
    for starts, expected in (((N, second), Answer.REFUTED), ((N,), Answer.PROVED)):
        rule = Rule.of(starts, (R,))
        same = allow([ASSUME, TAG])
        one = world(user(N, same), user(second, same), role(R, trust))
        assert verified(one, (rule,)).answer is expected


def test_a_certificate_is_refused_where_tags_may_be_passed_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = by_user(trusts(ROOT_ARN, ASSUME, TAG, **TAGGED), ASSUME, TAG)
    real = carried.ways

    def blind(trust: str | None, *, user: bool, tagging: bool = False) -> tuple[Way, ...]:
        return real(trust, user=user, tagging=tagging)[:1]

    monkeypatch.setattr("access.reach.judge.ways", blind)
    (stated,) = prove(one, (RULE,)).results
    assert isinstance(stated, Proof)
    assert answer(one) is Answer.UNDECIDED
