"""Delegation of IAM within a boundary is proved where it is safe, and each hole in it refuted."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from access.catalogue import steps
from access.catalogue.step import Gain
from access.checker import check
from access.prove import Answer, Proof, Refuted, prove
from access.rule import Rule
from access.world import Account, World
from tests.access.delegation import (
    APPS,
    BOUNDARY,
    CREATE,
    CREATE_BOUNDED,
    DELEGATED,
    EVERYTHING,
    MARIA,
    POLICY,
    SAFE,
    TRUSTED,
    WITHIN,
    ZHANG,
    attaching,
    bounded,
    delegate,
    of_zhang,
    x_company,
)
from tests.access.small_world import STATE, N, R, allow, deny, doc, role, trusts, user, world

OTHER = f"{POLICY}/other"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
WITH_ONE = {"Null": {"iam:PermissionsBoundary": "false"}}
EC2 = {"Service": "ec2.amazonaws.com"}
PUT = allow("iam:PutRolePermissionsBoundary", **bounded())


def answer(one: World, start: str = N, never: tuple[str, ...] = (R,)) -> Answer:
    """Return the verdict; what is proved is proved to the checker too."""
    (result,) = prove(one, [Rule.of((start,), never)]).results
    if isinstance(result, Proof):
        assert check(one, result.certificate, steps()) == ()
    if isinstance(result, Refuted):
        assert not [doubt for hop in result.path for doubt in hop.doubts]
    return result.answer


def zhang(one: World) -> Answer:
    """Return whether Zhang comes to be more than AWS's example says."""
    return answer(one, ZHANG, (R, MARIA))


def with_(policy: str, *statements: object) -> World:
    found = x_company()
    return of_zhang({**found, policy: [*found[policy], *statements]})  # type: ignore[list-item]


def without(policy: str, index: int) -> World:
    found = x_company()
    kept = [one for at, one in enumerate(found[policy]) if at != index]
    return of_zhang({**found, policy: kept})


SAFE_WORLDS: dict[str, Callable[[], World]] = {
    "roles only within a boundary": lambda: delegate(CREATE_BOUNDED),
    "the boundary by a pattern": lambda: delegate(
        allow(CREATE, **bounded(f"{POLICY}/XCompany*", "ArnLike"))
    ),
    "a Deny of every other boundary": lambda: delegate(
        allow(CREATE), deny(CREATE, **bounded(BOUNDARY, "StringNotEquals"))
    ),
    "a Deny of every other boundary, by ARN": lambda: delegate(
        allow(CREATE), deny(CREATE, **bounded([BOUNDARY], "ArnNotEquals"))
    ),
    "the boundary may be put on, and not off": lambda: delegate(
        CREATE_BOUNDED,
        allow(["iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary"]),
        deny("iam:PutRolePermissionsBoundary", **bounded(BOUNDARY, "StringNotEquals")),
        deny("iam:DeleteRolePermissionsBoundary"),
    ),
    "a boundary may come off, but not this one": lambda: delegate(
        CREATE_BOUNDED,
        PUT,
        allow("iam:DeleteRolePermissionsBoundary"),
        deny("iam:DeleteRolePermissionsBoundary", **bounded()),
    ),
    "policies are put only on who has the boundary": lambda: delegate(
        allow("iam:CreateRole", APPS), allow(CREATE[1:], **bounded())
    ),
    "users only within a boundary": lambda: delegate(
        allow(["iam:CreateUser", "iam:PutUserPolicy", "iam:AttachUserPolicy"], **bounded()),
        allow("iam:CreateAccessKey"),
    ),
    "trust of who has the boundary may be rewritten": lambda: delegate(
        CREATE_BOUNDED, allow("iam:UpdateAssumeRolePolicy", **bounded())
    ),
    "only these policies are attached": lambda: delegate(
        allow("iam:CreateRole", APPS), allow("iam:AttachRolePolicy", **attaching(SAFE))
    ),
    "only policies of a path, and none are made": lambda: delegate(
        allow("iam:CreateRole", APPS),
        allow("iam:AttachRolePolicy", APPS, **attaching(f"{POLICY}/apps/*", "ArnLike")),
    ),
    "a Deny of all but these policies": lambda: delegate(
        allow(["iam:CreateRole", "iam:AttachRolePolicy", "iam:CreatePolicy"]),
        deny("iam:AttachRolePolicy", **attaching(SAFE, "ArnNotEquals")),
    ),
    "a role is passed to one service only": lambda: delegate(
        allow("iam:PassRole", StringEquals={"iam:PassedToService": "lambda.amazonaws.com"}),
        allow(["ec2:RunInstances", "lambda:CreateFunction"]),
        more=(role(TRUSTED, trusts(EC2), EVERYTHING),),
    ),
    "a Deny of passing to other services": lambda: delegate(
        allow(["iam:PassRole", "ec2:RunInstances", "lambda:CreateFunction"]),
        deny("iam:PassRole", StringNotEquals={"iam:PassedToService": "lambda.amazonaws.com"}),
        more=(role(TRUSTED, trusts(EC2), EVERYTHING),),
    ),
}

HOLES: dict[str, Callable[[], World]] = {
    "roles without the condition": lambda: delegate(allow(CREATE)),
    "any boundary of two, and one allows all": lambda: delegate(
        allow(CREATE, **bounded([BOUNDARY, OTHER])), policies={OTHER: doc(EVERYTHING, "other")}
    ),
    "the boundary by a pattern, and policies may be made": lambda: delegate(
        allow(CREATE, **bounded(f"{POLICY}/XCompany*", "ArnLike")), allow("iam:CreatePolicy")
    ),
    "a Deny of one boundary only": lambda: delegate(
        allow(CREATE), deny(CREATE, **bounded(BOUNDARY, "StringEquals"))
    ),
    "a Deny only if there is a boundary": lambda: delegate(
        allow(CREATE),
        deny(CREATE, **bounded(BOUNDARY, "StringNotEquals"), **WITH_ONE),
    ),
    "an Allow also without a boundary": lambda: delegate(
        allow(CREATE, **bounded(BOUNDARY, "StringEqualsIfExists"))
    ),
    "the boundary's policy may be edited": lambda: delegate(
        CREATE_BOUNDED, allow("iam:CreatePolicyVersion", BOUNDARY)
    ),
    "the boundary may come off": lambda: delegate(
        CREATE_BOUNDED, allow("iam:DeleteRolePermissionsBoundary")
    ),
    "another boundary may be put on": lambda: delegate(
        CREATE_BOUNDED, allow("iam:PutRolePermissionsBoundary")
    ),
    "put on first, the wider one after": lambda: delegate(
        allow("iam:CreateRole", APPS),
        allow("iam:PutRolePolicy", **bounded()),
        allow("iam:PutRolePermissionsBoundary", **bounded([BOUNDARY, OTHER])),
        policies={OTHER: doc(EVERYTHING, "other")},
    ),
    "put on, changed, and off again": lambda: delegate(
        allow("iam:CreateRole", APPS),
        allow("iam:PutRolePolicy", **bounded()),
        PUT,
        allow("iam:DeleteRolePermissionsBoundary", **bounded()),
    ),
    "the condition on creating only": lambda: delegate(
        allow("iam:CreateRole", **bounded()),
        allow("iam:PutRolePolicy"),
        more=(role(f"{APPS[:-1]}old", trusts(N)),),
    ),
    "the trust policy of anybody": lambda: delegate(
        CREATE_BOUNDED, allow("iam:UpdateAssumeRolePolicy")
    ),
    "the boundary lets roles be changed": lambda: delegate(
        CREATE_BOUNDED,
        policies={BOUNDARY: doc(allow("iam:PutRolePolicy"), "boundary")},
        more=(role(f"{APPS[:-1]}old", trusts(N)),),
    ),
    "these policies, and one of them allows all": lambda: delegate(
        allow("iam:CreateRole", APPS),
        allow("iam:AttachRolePolicy", **attaching([SAFE, OTHER])),
        policies={OTHER: doc(EVERYTHING, "other")},
    ),
    "these policies, and AWS's for administrators": lambda: delegate(
        allow("iam:CreateRole", APPS), allow("iam:AttachRolePolicy", **attaching([SAFE, ADMIN]))
    ),
    "these policies, and one may be edited": lambda: delegate(
        allow("iam:CreateRole", APPS),
        allow("iam:AttachRolePolicy", **attaching(SAFE)),
        allow("iam:CreatePolicyVersion", SAFE),
    ),
    "only policies of a path, and they may be made": lambda: delegate(
        allow("iam:CreateRole", APPS),
        allow("iam:AttachRolePolicy", APPS, **attaching(f"{POLICY}/apps/*", "ArnLike")),
        allow("iam:CreatePolicy"),
    ),
    "passed to a service that runs the code": lambda: delegate(
        allow("iam:PassRole", StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}),
        allow("ec2:RunInstances"),
        more=(role(TRUSTED, trusts(EC2), EVERYTHING),),
    ),
}


@pytest.mark.parametrize("case", SAFE_WORLDS)
def test_delegation_that_is_safe_is_proved(case: str) -> None:
    assert answer(SAFE_WORLDS[case]()) is Answer.PROVED


@pytest.mark.parametrize("case", HOLES)
def test_a_hole_in_a_delegation_is_refuted(case: str) -> None:
    assert answer(HOLES[case]()) is Answer.REFUTED


def test_awss_example_of_delegation_is_proved() -> None:
    assert zhang(of_zhang()) is Answer.PROVED


X_HOLES: dict[str, Callable[[], World]] = {
    "the boundaries' policies may be edited": lambda: without(DELEGATED, 2),
    "Maria is a user like any other": lambda: with_(DELEGATED, allow("iam:CreateAccessKey")),
    "users may be made without the boundary": lambda: with_(
        DELEGATED, allow("iam:CreateUser"), allow("iam:PutUserPolicy")
    ),
    "the boundary may come off": lambda: with_(BOUNDARY, allow("iam:*")),
    "an administrator without a NotResource": lambda: of_zhang(
        None, user(f"{ZHANG[:-5]}Eve", EVERYTHING)
    ),
}


@pytest.mark.parametrize("case", X_HOLES)
def test_a_hole_in_awss_example_is_refuted(case: str) -> None:
    assert zhang(X_HOLES[case]()) is Answer.REFUTED


def test_a_policy_that_the_input_lacks_leaves_it_undecided() -> None:
    aws = "arn:aws:iam::aws:policy/AmazonEC2FullAccess"
    one = delegate(allow("iam:CreateRole", APPS), allow("iam:AttachRolePolicy", **attaching(aws)))
    assert answer(one) is Answer.UNDECIDED
    known = delegate(
        allow("iam:CreateRole", APPS),
        allow("iam:AttachRolePolicy", **attaching(aws)),
        policies={aws: doc(allow("ec2:*"), "AWS's")},
    )
    assert answer(known) is Answer.PROVED


LIMITED = Account(scps=((doc([EVERYTHING, deny("s3:DeleteBucket")], "an SCP"),),))
VIP = f"arn:aws:iam::{STATE}:user/vip"
ONLY_VIP = trusts(f"arn:aws:iam::{STATE}:root", ArnEquals={"aws:PrincipalArn": VIP})


def made_and_renamed(*put: str) -> World:
    """Return a world in which only who is named `vip` may enter, and N may rename whom it makes."""
    new = f"arn:aws:iam::{STATE}:user/new"
    made = allow(["iam:CreateUser", "iam:CreateAccessKey", *put], new)
    renames = allow("iam:UpdateUser", [new, VIP])
    return world(user(N, [made, renames]), role(R, ONLY_VIP), accounts={STATE: LIMITED})


def test_what_a_made_user_was_given_it_keeps_under_another_name() -> None:
    # An SCP with a Deny: nobody administers the account, and each step counts.
    assert answer(made_and_renamed("iam:PutUserPolicy")) is Answer.REFUTED
    assert answer(made_and_renamed("iam:AttachUserPolicy")) is Answer.REFUTED
    assert answer(made_and_renamed()) is Answer.PROVED


@pytest.mark.parametrize("put", ["iam:PutUserPolicy", "iam:AttachUserPolicy"])
def test_a_made_user_keeps_its_boundary_under_another_name(put: str) -> None:
    one = made_and_renamed()
    new = f"arn:aws:iam::{STATE}:user/new"
    may = [
        allow(["iam:CreateUser", put], new, **bounded()),
        allow("iam:CreateAccessKey", new),
        allow("iam:UpdateUser", [new, VIP]),
    ]
    within = replace(one, users={N: user(N, may)}, policies={BOUNDARY: doc(WITHIN, "boundary")})
    assert answer(within) is Answer.PROVED
    open_ = replace(within, policies={BOUNDARY: doc(allow("sts:*"), "boundary")})
    assert answer(open_) is Answer.REFUTED


@pytest.mark.parametrize("case", ["put on, changed, and off again", *SAFE_WORLDS])
def test_a_certificate_of_a_delegation_that_lacks_a_fact_is_refused(case: str) -> None:
    one = {**HOLES, **SAFE_WORLDS}[case]()
    rule = Rule.of((N,), (R if case in SAFE_WORLDS else f"{R}/no",))
    (result,) = prove(one, [rule]).results
    assert isinstance(result, Proof)
    whole = result.certificate
    # No policy looks at the tags of sessions: whether they can be had makes no difference.
    for fact in (one for one in whole.facts if one.gain is not Gain.SESSION):
        lacking = replace(whole, facts=tuple(other for other in whole.facts if other != fact))
        assert check(one, lacking, steps()), fact
