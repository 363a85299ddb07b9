"""Generated delegations: the checker takes what is proved; more permission never proves more."""

from dataclasses import replace
from random import Random
from typing import Any

from access.catalogue import steps
from access.catalogue.step import Gain
from access.checker import check
from access.prove import Answer, Proof, Refuted, prove
from access.rule import Rule
from access.world import Grants, World
from tests.access.delegation import APPS, BOUNDARY, EVERYTHING, POLICY, SAFE, attaching, bounded
from tests.access.small_world import ASSUME, ROOT, STATE, N, R, allow, deny, doc, role, user, world

WORLDS = 120
RULE = Rule.of((N,), (R,))
OTHER = f"{POLICY}/other"
OLD, MADE = f"{APPS[:-1]}old", f"arn:aws:iam::{STATE}:user/made"
ACTIONS = (
    *("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:CreateUser"),
    *("iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "iam:*Role*"),
    *("iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:PutUserPermissionsBoundary"),
    *("iam:CreateAccessKey", "iam:UpdateUser", "iam:CreatePolicy", "iam:CreatePolicyVersion"),
    *("iam:UpdateAssumeRolePolicy", "iam:DetachRolePolicy", "iam:*User*", "sts:AssumeRole"),
    *("iam:AttachGroupPolicy", "iam:CreateGroup", "iam:AddUserToGroup"),
)
RESOURCES = ("*", "*", APPS, OLD, BOUNDARY, f"{POLICY}/*", MADE)
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    *(bounded(), bounded(OTHER), bounded([BOUNDARY, OTHER]), bounded(f"{POLICY}/X*", "ArnLike")),
    *(bounded(BOUNDARY, "StringNotEquals"), {"Null": {"iam:PermissionsBoundary": "true"}}),
    *(attaching(SAFE), attaching([SAFE, OTHER]), attaching(f"{POLICY}/apps/*", "ArnLike")),
    *(attaching(SAFE, "ArnNotEquals"), bounded(BOUNDARY, "StringEqualsIfExists")),
)


def delegated(random: Random) -> World:
    """Return a world in which N is let change some of IAM; whoever assumes freely reaches R."""

    def statement() -> dict[str, Any]:
        may = allow if random.random() < 0.8 else deny
        actions = random.sample(ACTIONS, random.randint(1, 3))
        return may(actions, random.choice(RESOURCES), **random.choice(CONDITIONS))

    def some(most: int) -> list[dict[str, Any]]:
        return [statement() for _ in range(random.randint(1, most))]

    bounds = random.choice(([ASSUME], some(2), [EVERYTHING, deny(["iam:*", "sts:*"])]))
    return world(
        user(N, some(4), boundary=random.choice((None, None, OTHER))),
        role(OLD, ROOT, some(2), boundary=random.choice((None, BOUNDARY, OTHER))),
        user(f"arn:aws:iam::{STATE}:user/ops", some(2), boundary=random.choice((None, BOUNDARY))),
        role(R, ROOT),
        policies={
            BOUNDARY: doc(bounds, "boundary"),
            OTHER: doc([allow("iam:*"), *some(1)], "other"),
            SAFE: doc(allow("s3:*"), "read"),
        },
    )


def widened(one: World, random: Random) -> World:
    """Return the world in which N may do one thing more."""
    more = allow(random.choice(ACTIONS), "*", **random.choice(CONDITIONS[:4]))
    start = one.users[N]
    grants = Grants((*start.grants.inline, doc(more, "one more")))
    return replace(one, users={**one.users, N: replace(start, grants=grants)})


def test_what_is_proved_is_proved_to_the_checker_and_each_path_is_confirmed() -> None:
    answers = dict.fromkeys(Answer, 0)
    facts: set[Gain] = set()
    for number in range(WORLDS):
        one = delegated(Random(f"delegated:{number}"))  # noqa: S311 - nothing secret
        (result,) = prove(one, [RULE]).results
        answers[result.answer] += 1
        if isinstance(result, Proof):
            facts |= {fact.gain for fact in result.certificate.facts}
            assert check(one, result.certificate, steps()) == (), number
        if isinstance(result, Refuted):
            assert not [doubt for hop in result.path for doubt in hop.doubts], number
    assert min(answers[Answer.PROVED], answers[Answer.REFUTED]) > WORLDS / 10, answers
    assert facts >= {Gain.MINT, Gain.BIND, Gain.ATTACH, Gain.UNBIND, Gain.GRANT}, facts


def test_more_permission_never_proves_more() -> None:
    for number in range(WORLDS):
        random = Random(f"delegated:{number}")  # noqa: S311 - nothing secret
        one = delegated(random)
        if prove(one, [RULE]).answer is Answer.PROVED:
            continue
        wider = widened(one, random)
        assert prove(wider, [RULE]).answer is not Answer.PROVED, number
