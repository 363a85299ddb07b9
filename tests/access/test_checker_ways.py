"""Ways out of a set that the checker must not overlook, and steps that lack something."""

from dataclasses import replace
from typing import Any

import pytest

from access.catalogue import Gain
from access.checking import closed as closing
from access.errors import PatternTooComplexError
from access.facts import Fact
from access.world import Credential, Document, Group, World
from tests.access.small_world import (
    ASSUME,
    PROD,
    ROOT,
    STATE,
    N,
    R,
    allow,
    doc,
    grants,
    role,
    trusts,
    user,
    world,
)
from tests.access.test_checker_steps import GROUP, HERE, KEYS, POLICY, M, faults

NOBODY = f"arn:aws:iam::{PROD}:role/nobody"
ANY = f"arn:aws:iam::{STATE}:user/*"
TAG = {"StringEquals": {"aws:PrincipalTag/env": "prod"}}
LAMBDA = {"Service": "lambda.amazonaws.com"}
OPEN = {"Federated": "example.org"}
WEB = "sts:AssumeRoleWithWebIdentity"
NOT_M = {"Effect": "Allow", "NotPrincipal": {"AWS": M}, "Action": "sts:AssumeRole"}
FOR_OTHERS = f"arn:aws:iam::{STATE}:user/${{aws:username}}"
BY_TAG = f"arn:aws:iam::{STATE}:user/${{aws:PrincipalTag/team}}"


def control(*labels: str) -> tuple[Fact, ...]:
    return tuple(Fact(Gain.CONTROL, label) for label in labels)


def escaped() -> World:
    """Return a world in which a policy looks at tags by an escaped name."""
    both = trusts(N, "sts:AssumeRole", "sts:TagSession")
    here = role(HERE, both, allow("s3:*", **TAG))
    text = (here.grants.inline[0].text or "").replace("PrincipalTag", "Principal\\u0054ag")
    hidden = replace(here, grants=replace(here.grants, inline=(Document("policy", text),)))
    return world(user(N, [ASSUME, allow("sts:TagSession")]), hidden)


def not_action(pattern: str) -> dict[str, Any]:
    return {"Effect": "Allow", "NotAction": pattern, "Resource": "*"}


WAYS: dict[str, tuple[World, tuple[Fact, ...], str]] = {
    "a role, though it is given as a secret": (
        replace(world(user(N), user(M), role(NOBODY, ROOT)), credentials=(Credential(NOBODY, M),)),
        control(NOBODY, M),
        f"`{NOBODY}` is in the set, and must never be reached",
    ),
    "by a policy that a group is given": (
        world(user(N, groups=(GROUP,)), user(M), Group(GROUP)),
        (Fact(Gain.GRANT, GROUP),),
        f"`{N}` can `iam-create-access-key`",
    ),
    "by a managed policy that is written": (
        world(
            replace(user(N), grants=replace(grants(N, None), managed=(POLICY,))),
            user(M),
            policies={POLICY: doc(allow("s3:*"))},
        ),
        (Fact(Gain.REWRITE, POLICY),),
        f"`{N}` can `iam-create-access-key`",
    ),
    "under a name with a variable in it": (
        world(user(N, allow("iam:CreateUser", f"{FOR_OTHERS}-2"))),
        (),
        f"`{N}` can make `*`",
    ),
    "to who has the name that one's tag says": (
        world(user(N, allow("iam:CreateAccessKey", BY_TAG), tags=(("team", "m"),)), user(M)),
        (),
        "`iam-create-access-key`",
    ),
    "to who has a name like that of one to be made": (
        world(
            user(N),
            user(f"{M}-2"),
            Group(GROUP, grants(GROUP, allow("iam:CreateAccessKey", f"{FOR_OTHERS}-2"))),
        ),
        (Fact(Gain.MINT, ANY), Fact(Gain.JOIN, GROUP), *control(ANY)),
        f"`{ANY}` can `iam-create-access-key` on `{M}-2`",
    ),
    "by an action that no NotAction takes out": (
        world(user(N, not_action("i*m:*")), user(M)),
        (),
        "`iam-create-access-key`",
    ),
    "by a service that no NotPrincipal takes out": (
        world(user(N, allow(["iam:PassRole", "lambda:*"])), role(HERE, NOT_M)),
        (),
        "`lambda-create-function",
    ),
    "by tags, looked at by an escaped name": (escaped(), control(HERE), "can tag sessions"),
    "by a provider, where anybody is let in": (
        world(user(N), role(HERE, trusts(OPEN, WEB)), role(R, trusts("*", WEB))),
        (Fact(Gain.VOUCH, "example.org"), *control(HERE)),
        f"`example.org` can vouch for sessions of `{R}`",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_way_out_is_found(way: str) -> None:
    one, facts, wanted = WAYS[way]
    assert any(wanted in fault for fault in faults(one, *facts))


def test_a_step_is_taken_only_by_who_is_allowed_all_that_it_needs() -> None:
    passes = [allow("iam:PassRole"), allow("lambda:*", **TAG)]
    here = role(HERE, trusts(LAMBDA))
    assert faults(world(user(N, passes), here)) == ()
    assert faults(world(user(N, passes, tags=(("env", "prod"),)), here))


def test_what_is_too_complex_to_decide_counts_as_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    one = world(user(N, KEYS), user(M))

    def too_complex(*_: object) -> object:
        raise PatternTooComplexError(1)

    monkeypatch.setattr(closing, "layers", too_complex)
    assert faults(one)
