"""In generated worlds: brute force agrees, the checker agrees, and more permission never proves."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from access.catalogue import steps
from access.catalogue.step import Gain, Step
from access.checker import check
from access.evidence import Evidence, Put
from access.facts import Fact
from access.prove import Answer, Proof, Refuted, Rule, prove
from access.verdict import Denied
from access.world import Account, Role, User, World
from tests.access.small_world import PROD, STATE, doc, role, user, world

# The same worlds in each run: what a longer search finds is kept as a case of its own.
laws = settings(max_examples=60, deadline=None, derandomize=True)

USERS = [f"arn:aws:iam::{STATE}:user/{name}" for name in ("n", "p", "path/q")]
ROLES = [
    *(f"arn:aws:iam::{STATE}:role/{name}" for name in ("a", "b")),
    *(f"arn:aws:iam::{PROD}:role/{name}" for name in ("a", "path/R")),
]
BOUNDARY = f"arn:aws:iam::{STATE}:policy/boundary"
SESSION = f"arn:aws:sts::{STATE}:assumed-role/a/s"
RULE = Rule.of((USERS[0],), (f"arn:aws:iam::{PROD}:role/path/*",))
IDS = (
    *("sts-assume-role", "iam-create-access-key", "iam-update-assume-role-policy"),
    *("iam-put-user-policy", "iam-put-role-policy", "iam-delete-user-permissions-boundary"),
    *("iam-detach-user-policy", "iam-create-policy-version", "iam-tag-user", "iam-tag-role"),
    "lambda-create-function",
)
STEPS = tuple(step for step in steps() if step.id in IDS)

actions = st.sampled_from(
    [
        *("sts:AssumeRole", "sts:*", "*", "iam:CreateAccessKey", "iam:Put*", "iam:*", "s3:*"),
        *("iam:UpdateAssumeRolePolicy", "iam:CreatePolicyVersion", "iam:TagUser", "lambda:*"),
        *("iam:PassRole", "iam:DeleteUserPermissionsBoundary"),
    ]
)
resources = st.sampled_from(
    [
        *("*", *USERS, *ROLES, f"arn:aws:iam::{STATE}:*", f"arn:aws:iam::{PROD}:role/*"),
        *("arn:aws:iam::*:role/a", f"arn:aws:iam::{STATE}:user/path/*", BOUNDARY),
        "arn:aws:iam::*:user/${aws:username}",
    ]
)
conditions = st.sampled_from(
    [
        *({}, {}, {}),
        {"StringEquals": {"aws:PrincipalTag/env": "prod"}},
        {"StringNotEquals": {"aws:PrincipalTag/env": "prod"}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{STATE}:user/path/*"}},
        {"ArnNotEquals": {"aws:PrincipalArn": USERS[0]}},
        {"StringEquals": {"aws:PrincipalAccount": STATE}},
        {"StringEquals": {"aws:username": "p"}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    ]
)
principals = st.sampled_from(
    [
        *({"AWS": "*"}, {"AWS": STATE}, {"AWS": f"arn:aws:iam::{PROD}:root"}, {"AWS": SESSION}),
        *({"AWS": arn} for arn in (*USERS, *ROLES)),
        {"Service": "lambda.amazonaws.com"},
    ]
)
effects = st.sampled_from(["Allow", "Allow", "Allow", "Deny"])
statement = st.fixed_dictionaries(
    {"Effect": effects, "Action": actions, "Resource": resources, "Condition": conditions}
)
trust_statement = st.fixed_dictionaries(
    {
        "Effect": effects,
        "Principal": principals,
        "Action": st.sampled_from(["sts:AssumeRole", "sts:*"]),
        "Condition": conditions,
    }
)
policies = st.lists(statement, max_size=3).map(lambda found: found or None)
tags = st.sampled_from([(), (("env", "prod"),), (("env", "dev"),)])
boundaries = st.sampled_from([None, None, BOUNDARY])


FULL = doc({"Effect": "Allow", "Action": "*", "Resource": "*"}, "full access")
FULL_FOR_ALL = doc(
    {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}, "full access"
)
limits = st.sampled_from([(), ()]) | statement.map(lambda one: ((FULL, doc(one, "SCP")),))
limits_of_resources = st.sampled_from([(), ()]) | trust_statement.map(
    lambda one: ((FULL_FOR_ALL, doc({**one, "Principal": "*", "Resource": "*"}, "RCP")),)
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    users = [
        user(
            arn, draw(policies), boundary=draw(boundaries), tags=draw(tags), mfa=draw(st.booleans())
        )
        for arn in USERS
    ]
    roles = [
        role(
            arn,
            draw(st.lists(trust_statement, min_size=1, max_size=3)),
            draw(policies),
            tags=draw(tags),
            boundary=draw(boundaries) if STATE in arn else None,
        )
        for arn in ROLES
    ]
    limit = draw(st.lists(statement, min_size=1, max_size=2))
    organization = draw(st.sampled_from(["o-1", "o-2"]))
    return world(
        *users,
        *roles,
        policies={BOUNDARY: doc(limit, "boundary")},
        accounts={
            STATE: Account(organization, scps=draw(limits)),
            PROD: Account("o-1", rcps=draw(limits_of_resources)),
        },
    )


def brute_force(one: World, catalogue: Sequence[Step]) -> frozenset[Fact]:
    """Return all that comes to be, trying every step on everything until nothing is new."""
    facts = frozenset({Fact(Gain.CONTROL, USERS[0])})
    while not (found := grown(one, catalogue, facts)) <= facts:
        facts |= found
    return facts


def grown(one: World, catalogue: Sequence[Step], facts: frozenset[Fact]) -> frozenset[Fact]:
    """Return what one step more, by anybody and on anything, gives."""
    evidence = Evidence(one)

    def may(*puts: Put) -> bool:
        return all(not isinstance(evidence.decide(put, facts), Denied) for put in puts)

    def asked(step: Step, caller: str, target: str) -> list[Put]:
        assumes = step.id == "sts-assume-role"
        return [
            Put(caller, need.action, need.resources(target)[0], need.context, trust=assumes)
            for need in step.needs
        ] + [
            Put(service, "sts:AssumeRole", target, (), trust=True, as_kind="service")
            for service in step.services[:1]
        ]

    held = [fact.of for fact in facts if fact.gain is Gain.CONTROL]
    found = {
        Fact(step.gain, target)
        for caller in held
        for step in catalogue
        for target in {"user": USERS, "role": ROLES, "policy": [BOUNDARY]}[step.target.value]
        if Fact(step.gain, target) not in facts
        and (step.cross_account or target.split(":")[4] == caller.split(":")[4])
        and may(*asked(step, caller, target))
    }
    found |= {
        Fact(Gain.SESSION, target)
        for caller in held
        for target in ROLES
        if may(
            Put(caller, "sts:AssumeRole", target, trust=True),
            Put(caller, "sts:TagSession", target, trust=True),
        )
    }
    found |= {Fact(Gain.CONTROL, fact.of) for fact in facts if fact.gain is Gain.RETRUST}
    return frozenset(found)


@laws
@given(worlds())
def test_a_verdict_agrees_with_brute_force(one: World) -> None:
    reached = Fact(Gain.CONTROL, ROLES[-1]) in brute_force(one, STEPS)
    expected = Answer.REFUTED if reached else Answer.PROVED
    assert prove(one, [RULE], catalogue=STEPS).answer is expected


@laws
@given(worlds())
def test_a_proof_is_checked_and_every_step_of_a_path_is_allowed(one: World) -> None:
    (result,) = prove(one, [RULE]).results
    if isinstance(result, Proof):
        assert check(one, result.certificate, steps()) == ()
    else:
        assert isinstance(result, Refuted), result
        assert all(hop.allowed_by or not hop.requests for hop in result.path)


@laws
@given(worlds(), statement, st.sampled_from([*USERS, *ROLES]))
def test_more_permission_never_turns_refuted_into_proved(
    one: World, more: dict[str, Any], arn: str
) -> None:
    if prove(one, [RULE]).answer is not Answer.REFUTED:
        return
    allowed = doc({**more, "Effect": "Allow"}, "more")
    holder: User | Role = one.users.get(arn) or one.roles[arn]
    grants = replace(holder.grants, inline=(*holder.grants.inline, allowed))
    if isinstance(holder, User):
        wider = replace(one, users={**one.users, arn: replace(holder, grants=grants)})
    else:
        widened = replace(holder, grants=grants)
        wider = replace(one, roles={**one.roles, arn: widened})
    assert prove(wider, [RULE]).answer is Answer.REFUTED
