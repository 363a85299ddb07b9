"""Where provers go wrong: N is a user of the state account, R a role of production.

Reached is `refuted`, safe is `proved`; what AWS would not take, or is not known, is `undecided`.
"""

from dataclasses import replace
from typing import Any

import pytest

from access.prove import Answer
from access.world import Account, Credential, Document, World
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
    role,
    trusts,
    user,
    verdict,
    world,
)

REFUTED, PROVED, UNDECIDED = Answer.REFUTED, Answer.PROVED, Answer.UNDECIDED
HERE = f"arn:aws:iam::{STATE}:role/R"
R0 = f"arn:aws:iam::{STATE}:role/r0"
S3 = f"arn:aws:iam::{STATE}:policy/only-s3"
BOUND: dict[str, Any] = {"policies": {S3: doc(allow("s3:*"), "only-s3")}}
PAIR = {"StringEquals": {"aws:PrincipalTag/env": "prod"}}


def by_n(trust: Any, statements: Any = ASSUME, **rest: Any) -> World:
    return world(user(N, statements, **rest), role(R, trust))


def here(trust: Any, statements: Any = None, **rest: Any) -> Answer:
    """Return the verdict where R is in N's own account."""
    one = world(user(N, statements, **rest), role(HERE, trust), **BOUND)
    return verdict(one, never=HERE)


def by_r0(trust: Any, *, entry: Any = ROOT, r0: Any = ASSUME, **rest: Any) -> World:
    """Return the world in which N may get a session of r0, and r0 ask for R."""
    assume = allow(["sts:AssumeRole", "sts:TagSession"], R0)
    return world(user(N, assume), role(R0, entry, r0, **rest), role(R, trust))


def test_1_without_an_identity_allow_it_is_safe() -> None:
    assert verdict(by_n(ROOT, None)) is PROVED
    assert verdict(by_n(ROOT)) is REFUTED


def test_2_across_accounts_a_trust_that_names_the_user_is_not_enough() -> None:
    assert verdict(by_n(trusts(N), None)) is PROVED


def test_3_within_the_account_a_trust_that_names_the_user_is_enough() -> None:
    assert here(trusts(N)) is REFUTED


def test_4_a_boundary_that_says_nothing_limits_a_role_arn_only() -> None:
    assert here(trusts(N), boundary=S3) is REFUTED
    for principal, expected in (
        (R0, PROVED),
        (f"arn:aws:sts::{STATE}:assumed-role/r0/s", REFUTED),
    ):
        bound = role(R0, trusts(N), None, boundary=S3)
        one = world(user(N), bound, role(HERE, trusts(principal)), **BOUND)
        assert verdict(one, never=HERE) is expected


def test_5_a_trust_in_everybody_is_enough_within_the_account_only() -> None:
    assert here(trusts("*")) is REFUTED
    assert verdict(by_n(trusts("*"), None)) is PROVED


def test_6_a_boundary_alone_allows_nothing() -> None:
    arn = f"arn:aws:iam::{STATE}:policy/b"
    policies = {arn: doc(ASSUME, "b")}
    assert verdict(world(user(N, boundary=arn), role(R, ROOT), policies=policies)) is PROVED


def test_7_a_wildcard_in_a_principal_is_undecided() -> None:
    assert verdict(by_n(trusts(f"arn:aws:iam::{STATE}:user/n*"))) is UNDECIDED


def test_8_the_name_of_a_session_is_the_callers_choice() -> None:
    session = f"arn:aws:sts::{STATE}:assumed-role/r0/s"
    assert verdict(by_r0(trusts(session))) is REFUTED


@pytest.mark.parametrize(
    ("arn", "expected"),
    [(R0, REFUTED), (f"arn:aws:sts::{STATE}:assumed-role/r0/s", PROVED)],
)
def test_9_of_a_session_aws_principal_arn_is_the_role(arn: str, expected: Answer) -> None:
    trust = trusts("*", ArnEquals={"aws:PrincipalArn": arn})
    assert verdict(by_r0(trust)) is expected


def test_10_a_tag_is_out_of_reach_unless_one_may_set_it() -> None:
    trust = trusts(f"arn:aws:iam::{STATE}:root", **PAIR)
    assert verdict(by_n(trust)) is PROVED
    assert verdict(by_n(trust, [ASSUME, allow("iam:TagUser", N)])) is REFUTED
    assert verdict(by_n(trust, tags=(("env", "prod"),))) is REFUTED


def test_11_session_tags_are_the_callers_where_both_sides_allow_them() -> None:
    trust = trusts(f"arn:aws:iam::{STATE}:root", **PAIR)
    tagged = trusts(f"arn:aws:iam::{STATE}:root", "sts:AssumeRole", "sts:TagSession")
    assert verdict(by_r0(trust)) is PROVED
    assert verdict(by_r0(trust, entry=tagged)) is REFUTED


def test_12_an_external_id_is_no_secret() -> None:
    trust = trusts(f"arn:aws:iam::{STATE}:root", StringEquals={"sts:ExternalId": "x"})
    assert verdict(by_n(trust)) is REFUTED


def test_13_a_deny_of_insecure_transport_denies_nobody_who_uses_tls() -> None:
    refusal = deny("*", BoolIfExists={"aws:SecureTransport": "false"})
    assert verdict(by_n(ROOT, [ASSUME, refusal])) is REFUTED


@pytest.mark.parametrize(
    ("operator", "mfa", "expected"),
    [
        ("Bool", False, REFUTED),
        ("BoolIfExists", False, PROVED),
        ("BoolIfExists", True, REFUTED),
    ],
)
def test_14_a_deny_without_mfa_holds_where_the_key_may_be_absent(
    operator: str,
    mfa: bool,  # noqa: FBT001 -- a column of the table
    expected: Answer,
) -> None:
    refusal = deny("*", **{operator: {"aws:MultiFactorAuthPresent": "false"}})
    assert verdict(by_n(ROOT, [ASSUME, refusal], mfa=mfa)) is expected


def test_15_for_all_values_holds_of_an_absent_key_and_for_any_value_does_not() -> None:
    root = f"arn:aws:iam::{STATE}:root"
    tag = {"aws:PrincipalTag/env": ["prod"]}
    assert verdict(by_n(trusts(root, **{"ForAllValues:StringEquals": tag}))) is REFUTED
    assert verdict(by_n(trusts(root, **{"ForAnyValue:StringEquals": tag}))) is PROVED


@pytest.mark.parametrize("operator", ["StringNotLike", "StringLikeIfExists"])
def test_16_negated_operators_and_if_exists_hold_of_an_absent_key(operator: str) -> None:
    trust = trusts(f"arn:aws:iam::{STATE}:root", **{operator: {"aws:PrincipalTag/env": "dev"}})
    assert verdict(by_n(trust)) is REFUTED


def test_17_a_deny_with_a_variable_that_is_absent_denies_nothing() -> None:
    refusal = deny("*", f"arn:aws:iam::{PROD}:role/${{aws:PrincipalTag/x}}")
    assert verdict(by_n(ROOT, [ASSUME, refusal])) is REFUTED


def test_18_a_deny_on_ones_own_name_denies_no_other() -> None:
    for name, expected in (("R", REFUTED), ("n", PROVED)):
        arn = f"arn:aws:iam::{PROD}:role/{name}"
        refusal = deny("*", f"arn:aws:iam::{PROD}:role/${{aws:username}}")
        one = world(user(N, [ASSUME, refusal]), role(arn, ROOT))
        assert verdict(one, never=arn) is expected


def test_19_actions_know_no_case_and_patterns_single_characters() -> None:
    assert verdict(by_n(ROOT, allow("STS:assume?ole", "arn:aws:iam::4?44*:role/*"))) is REFUTED


def test_20_not_action_and_not_resource() -> None:
    not_iam = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    not_prod = {"Effect": "Allow", "Action": "*", "NotResource": f"arn:aws:iam::{PROD}:*"}
    assert verdict(by_n(ROOT, not_iam)) is REFUTED
    # Whoever may do everything in its own account makes itself a policy without the exception.
    assert verdict(by_n(ROOT, {**not_prod, "Action": "sts:*"})) is PROVED
    assert verdict(by_n(ROOT, not_prod)) is REFUTED


def test_21_not_principal_is_undecided() -> None:
    trust = {"Effect": "Allow", "NotPrincipal": {"AWS": N}, "Action": "sts:AssumeRole"}
    assert verdict(by_n(trust)) is UNDECIDED


def test_22_organisation_policies_limit_the_callers_account_or_the_targets() -> None:
    full = doc(allow("*"), "full")
    scp = ((full, doc(deny("sts:AssumeRole"), "scp")),)
    everybody = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*"}
    granted = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    rcp = ((doc([granted, everybody], "rcp"),),)
    for accounts, expected in (
        ({STATE: Account(scps=scp)}, PROVED),
        ({PROD: Account(scps=scp)}, REFUTED),
        ({STATE: Account(scps=scp, management=True)}, REFUTED),
        ({PROD: Account(rcps=rcp)}, PROVED),
    ):
        one = world(user(N, ASSUME), role(R, ROOT), accounts=accounts)
        assert verdict(one) is expected


def test_23_who_may_make_roles_may_make_the_one_that_a_trust_waits_for() -> None:
    unused = f"arn:aws:iam::{STATE}:role/later"
    trust = trusts("*", ArnEquals={"aws:PrincipalArn": unused})
    makes = allow(["iam:CreateRole", "iam:PutRolePolicy"], f"arn:aws:iam::{STATE}:role/*")
    assert verdict(by_n(trust, None)) is PROVED
    assert verdict(by_n(trust, makes)) is REFUTED
    assert verdict(by_n(trusts("AROAEXAMPLEDELETED01"), makes)) is UNDECIDED
    known = world(
        user(N, [makes, ASSUME], unique_id="AIDAN"),
        role(R, trusts("AROAEXAMPLEDELETED01"), unique_id="AROAR"),
    )
    assert verdict(known) is PROVED


def test_24_a_chain_of_six_hops_is_followed() -> None:
    names = [f"arn:aws:iam::{STATE}:role/r{index}" for index in range(6)]
    chain = [role(arn, trusts(before)) for before, arn in zip([N, *names], names, strict=False)]
    one = world(user(N), *chain[:-1], role(names[-1], trusts(names[-2]), ASSUME), role(R, ROOT))
    assert verdict(one) is REFUTED


def test_24_a_stored_key_that_can_be_read_is_had() -> None:
    secret = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:prod-*"
    prod = f"arn:aws:iam::{STATE}:user/prod"
    stored: dict[str, Any] = {"credentials": (Credential(secret, prod),)}
    for action, expected in (("secretsmanager:GetSecretValue", REFUTED), ("s3:*", PROVED)):
        one = world(user(N, allow(action)), user(prod, ASSUME), role(R, ROOT), **stored)
        assert verdict(one) is expected


def test_24_a_key_that_can_be_made_is_had() -> None:
    prod = f"arn:aws:iam::{STATE}:user/prod"
    for action, expected in (("iam:CreateAccessKey", REFUTED), ("iam:ListAccessKeys", PROVED)):
        entry = role(R0, trusts(N), allow(action))
        assert verdict(world(user(N), user(prod, ASSUME), entry, role(R, ROOT))) is expected


def test_25_a_policy_that_is_not_known_is_undecided() -> None:
    unknown = Document.missing("policy of `n`", "it is not known before the update")
    one = by_n(ROOT, None)
    held = user(N)
    given = World(one.accounts, {N: held}, {}, one.roles)
    assert verdict(given) is PROVED

    opened = replace(held, grants=replace(held.grants, inline=(unknown,)))
    assert verdict(replace(given, users={N: opened})) is UNDECIDED


def test_a_trust_in_everybody_is_a_trust_in_every_service() -> None:
    tagged = trusts("*", **PAIR)
    runs = allow(["lambda:UpdateFunctionCode"])
    one = world(user(N, runs), role(HERE, tagged))
    assert verdict(one, never=HERE) is REFUTED
    assert verdict(world(user(N, allow("s3:*")), role(HERE, tagged)), never=HERE) is PROVED
