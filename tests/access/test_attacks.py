"""Attackers' worlds of elements, boundaries, limits: each way in is found, its twin proved."""

import pytest

from access.prove import Answer
from tests.access.attacks import (
    BOUND,
    GUIDE,
    OWNER,
    R0,
    R1,
    ROOT,
    WEB,
    Attack,
    Json,
    about,
    admit,
    answer,
    limits,
    managed,
    on,
    pair,
    refuse,
    role,
    trust,
    user,
)
from tests.access.small_world import ASSUME, PROD, STATE, N, R, allow, deny

VARIABLES = f"{GUIDE}reference_policies_variables.html"
LOGIC = f"{GUIDE}reference_policies_evaluation-logic.html"
PRINCIPAL = f"{GUIDE}reference_policies_elements_principal.html"
RESOURCE = f"{GUIDE}reference_policies_elements_resource.html"
ORGS = "https://docs.aws.amazon.com/organizations/latest/userguide/"
ARN, TAG = "aws:PrincipalArn", "aws:PrincipalTag/env"
LINKED = f"arn:aws:iam::{STATE}:role/aws-service-role/x/AWSServiceRoleForX"
NAMED = f"arn:aws:iam::{PROD}:role/n"


def identity(id_: str, page: str, opened: list[Json], shut: list[Json]) -> Attack:
    """Return a case of two policies of `n`, whom `R` admits."""
    trusting = role(R, admit(ROOT))
    return Attack(id_, page, [user(*opened), trusting], [user(*shut), trusting])


ELEMENTS = [
    identity(
        "NotAction of a Deny",
        f"{GUIDE}reference_policies_elements_notaction.html",
        [ASSUME, {"Effect": "Deny", "NotAction": "STS:assume*", "Resource": "*"}],
        [ASSUME, {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}],
    ),
    identity(
        "NotResource of a Deny",
        f"{GUIDE}reference_policies_elements_notresource.html",
        [ASSUME, {"Effect": "Deny", "Action": "*", "NotResource": R}],
        [ASSUME, {"Effect": "Deny", "Action": "*", "NotResource": f"arn:aws:iam::{STATE}:*"}],
    ),
    identity(
        "NotResource of an Allow",
        f"{GUIDE}reference_policies_elements_notresource.html",
        [{"Effect": "Allow", "Action": "sts:*", "NotResource": f"arn:aws:iam::{STATE}:*"}],
        [{"Effect": "Allow", "Action": "sts:*", "NotResource": f"arn:aws:iam::{PROD}:*"}],
    ),
    identity(
        "a wildcard in the type of a resource",
        RESOURCE,
        [ASSUME, deny("sts:*", f"arn:aws:iam::{PROD}:ro*/R")],
        [ASSUME, deny("sts:*", f"arn:*:iam::{PROD}:role/?")],
    ),
    identity(
        "a question mark wants a letter",
        f"{GUIDE}reference_policies_elements_action.html",
        [allow("STS:assume?ole"), deny("sts:AssumeRole?")],
        [allow("STS:assume?ole"), deny("sts:a*E")],
    ),
    identity(
        "a default of a variable",
        VARIABLES,
        [ASSUME, deny("sts:*", f"arn:aws:iam::{PROD}:role/${{{TAG}, 'S'}}")],
        [ASSUME, deny("sts:*", f"arn:aws:iam::{PROD}:role/${{{TAG}, 'R'}}")],
    ),
    pair(
        "an old version has no variables",
        VARIABLES,
        (
            [
                user(ASSUME, deny("*", f"arn:aws:iam::{PROD}:role/${{aws:username}}"), version=one),
                role(NAMED, admit(ROOT)),
            ]
            for one in ("2008-10-17", "2012-10-17")
        ),
        goal=NAMED,
    ),
    pair(
        "a star in a tag is no wildcard",
        VARIABLES,
        (
            [
                user(ASSUME, deny("*", f"arn:aws:iam::{PROD}:role/${{{TAG}}}"), tags={"env": tag}),
                role(R, admit(ROOT)),
            ]
            for tag in ("*", "R")
        ),
    ),
    trust("a unique id", PRINCIPAL, admit("AIDAN"), admit("AIDADELETED")),
    trust("an account by its number", PRINCIPAL, admit([PROD, STATE]), admit([PROD])),
    Attack(
        "everybody, across accounts",
        PRINCIPAL,
        [user(ASSUME), role(R, admit("*"))],
        [user(), role(R, admit("*"))],
    ),
    pair(
        "a session of a role whose path its ARN leaves out",
        PRINCIPAL,
        (
            [
                user(ASSUME),
                role(R1, admit(N), ASSUME),
                role(R, admit(f"arn:aws:sts::{STATE}:assumed-role/{name}/boss")),
            ]
            for name in ("r1", "r2")
        ),
    ),
    pair(
        "a Deny of the user leaves its role",
        LOGIC,
        (
            [user(ASSUME), role(R0, admit(N), ASSUME), role(R, [admit(ROOT), *map(refuse, out)])]
            for out in ((N,), (N, R0))
        ),
    ),
    pair(
        "out of the account and back",
        LOGIC,
        (
            [
                user(ASSUME),
                role(f"arn:aws:iam::{PROD}:role/away", admit(N), ASSUME),
                role(R0, admit(f"arn:aws:iam::{PROD}:role/{back}"), ASSUME),
                role(R, admit(R0)),
            ]
            for back in ("away", "gone")
        ),
    ),
]


def own_role(id_: str, opened: Json, shut: Json, *, by_role: bool = True) -> Attack:
    """Return a case of two trusts of a role in the account of `n`, whose boundary allows none."""
    some = [managed(allow("s3:*")), user(allow("sts:AssumeRole", R0))]
    some = (
        [*some, role(R0, admit(N), ASSUME, boundary=BOUND)]
        if by_role
        else [
            managed(allow("s3:*")),
            user(ASSUME, boundary=BOUND),
        ]
    )
    return Attack(id_, LOGIC, [*some, role(R1, opened)], [*some, role(R1, shut)], goal=R1)


SESSION = f"arn:aws:sts::{STATE}:assumed-role/r0/s"
BOUNDED = [
    own_role("a boundary and a session's ARN", admit(SESSION), admit(R0)),
    own_role("a boundary and everybody", admit("*", ArnEquals={ARN: R0}), admit(ROOT)),
    own_role("a boundary and a user's ARN", admit(N), admit(ROOT), by_role=False),
    pair(
        "an explicit Deny of a boundary",
        LOGIC,
        (
            [
                managed(allow("*"), deny("sts:*", out)),
                user(allow("sts:AssumeRole", R0)),
                role(R0, admit(N), ASSUME, boundary=BOUND),
                role(R1, admit(SESSION)),
            ]
            for out in (R, R1)
        ),
        goal=R1,
    ),
]
NO_ASSUMING = about("*", "sts:AssumeRole", "Deny")
STRANGERS = on("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-another")
PLAIN = [user(ASSUME), role(R, admit(ROOT))]
LIMITED = [
    Attack(
        "an SCP does not limit the resource's side",
        f"{ORGS}orgs_manage_policies_scps.html",
        PLAIN,
        PLAIN,
        limits("scps", deny("sts:*"), account=PROD),
        limits("scps", deny("sts:*"), account=STATE),
    ),
    Attack(
        "an SCP does not limit the management account",
        f"{ORGS}orgs_manage_policies_scps.html",
        PLAIN,
        PLAIN,
        limits("scps", deny("sts:*"), account=STATE, management_account=STATE),
        limits("scps", deny("sts:*"), account=STATE),
    ),
    Attack(
        "an RCP does not limit the management account",
        f"{ORGS}orgs_manage_policies_rcps.html",
        PLAIN,
        PLAIN,
        limits("rcps", NO_ASSUMING, account=PROD, management_account=PROD),
        limits("rcps", NO_ASSUMING, account=PROD),
    ),
    Attack(
        "an RCP that keeps others' principals out",
        f"{ORGS}orgs_manage_policies_rcps_examples.html",
        PLAIN,
        PLAIN,
        limits("rcps", {**NO_ASSUMING, "Condition": on("StringEquals", ARN, R0)}, account=PROD),
        limits("rcps", {**NO_ASSUMING, "Condition": STRANGERS}, account=PROD),
    ),
    Attack(
        "an RCP does not limit a linked role",
        f"{ORGS}orgs_manage_policies_rcps.html",
        [user(), role(LINKED, admit(N), ASSUME), role(R, admit(ROOT))],
        [user(), role(R0, admit(N), ASSUME), role(R, admit(ROOT))],
        limits("rcps", {**NO_ASSUMING, "Resource": R}, account=PROD),
    ),
    pair(
        "a public provider of identities, and a pool of one's own",
        "https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html",
        (
            [
                user(allow(action)),
                role(R, admit({"Federated": "cognito-identity.amazonaws.com"}, WEB)),
            ]
            for action in ("cognito-identity:CreateIdentityPool", "cognito-identity:GetId")
        ),
    ),
    pair(
        "whoever administers one account has pools there too",
        "https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html",
        (
            [user(allow("*")), role(R, admit({"Federated": provider}, WEB))]
            for provider in (
                "cognito-identity.amazonaws.com",
                f"arn:aws:iam::{PROD}:oidc-provider/token.example.org",
            )
        ),
    ),
]

ATTACKS = [*ELEMENTS, *BOUNDED, *LIMITED]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_a_way_in_is_found_and_the_world_without_it_is_proved(attack: Attack) -> None:
    assert answer(attack.opened, attack.given, attack.goal) is Answer.REFUTED
    given = attack.given if attack.shut_given is None else attack.shut_given
    assert answer(attack.shut, given, attack.goal) is attack.shut_as


@pytest.mark.parametrize(
    "trusting",
    [
        [admit(ROOT), {**refuse(N), "Condition": {"StringEqualz": {ARN: N}}}],
        [admit(ROOT), {**refuse(), "NotPrincipal": {"AWS": OWNER}, "Principal": None}],
        {**admit(ROOT), "Condition": {"StringEquals": {TAG: []}}},
        {**admit(ROOT), "Action": []},
    ],
)
def test_what_aws_would_not_take_is_undecided(trusting: list[Json] | Json) -> None:
    assert answer([user(ASSUME), role(R, trusting)], {}) is Answer.UNDECIDED
