"""Verdicts with their evidence: paths, certificates, what is missing, and JSON."""

import json
from dataclasses import replace

import pytest

from access.certificate import fingerprint
from access.errors import ArnParseError
from access.prove import Answer, Proof, Refuted, Result, Rule, Undecided, prove
from access.world import Account, Missing, World
from tests.access.small_world import (
    ASSUME,
    PROD,
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

RULE = Rule.of((N,), (f"arn:aws:iam::{PROD}:*",))
PROFILES = f"arn:aws:iam::{STATE}:role/profiles"
MACHINE = f"arn:aws:iam::{STATE}:user/prod"


def only(one: World, rule: Rule = RULE) -> Result:
    (result,) = prove(one, [rule]).results
    return result


def two_hops() -> World:
    return world(
        user(N, allow("sts:AssumeRole", PROFILES)),
        user(MACHINE, ASSUME),
        role(PROFILES, {**ROOT, "Sid": "Root"}, {**allow("iam:CreateAccessKey"), "Sid": "Keys"}),
        role(R, trusts(MACHINE)),
    )


def test_the_path_is_the_shortest_with_the_statements_that_allow_each_step() -> None:
    result = only(two_hops())
    assert isinstance(result, Refuted)
    assert [(hop.caller, hop.step, hop.gained.of) for hop in result.path] == [
        (N, "sts-assume-role", PROFILES),
        (PROFILES, "iam-create-access-key", MACHINE),
        (MACHINE, "sts-assume-role", R),
    ]
    assert {reason.statement for reason in result.path[1].allowed_by} == {"Keys"}
    assert result.path[1].requests == (("iam:CreateAccessKey", MACHINE),)


def test_a_step_shows_the_context_that_it_needs() -> None:
    trust = trusts(f"arn:aws:iam::{STATE}:root", StringEquals={"sts:ExternalId": "x"})
    result = only(world(user(N, ASSUME), role(R, trust)))
    assert isinstance(result, Refuted)
    assert result.path[0].context == ("StringEquals sts:ExternalId: x",)


def test_the_change_suggested_shuts_the_path() -> None:
    result = only(two_hops())
    assert isinstance(result, Refuted)
    assert result.remedy is not None
    assert result.remedy.proved
    assert f"trust policy of `{R}`" in str(result.remedy)


def test_a_start_that_is_a_target_is_refuted_without_a_step() -> None:
    result = only(two_hops(), Rule.of((R,), (f"arn:aws:iam::{PROD}:*",)))
    assert isinstance(result, Refuted)
    assert result.path == ()


def test_a_principal_that_may_yet_be_made_under_the_pattern_is_a_start() -> None:
    pattern = f"arn:aws:iam::{STATE}:user/nonprod/*"
    here = f"arn:aws:iam::{STATE}:role/here"
    admits = trusts("*", ArnLike={"aws:PrincipalArn": pattern})
    assert isinstance(only(world(role(here, admits)), Rule.of((pattern,), (here,))), Refuted)
    kept_out = [trusts("*"), refuses("*", ArnLike={"aws:PrincipalArn": pattern})]
    assert isinstance(only(world(role(here, kept_out)), Rule.of((pattern,), (here,))), Proof)


def test_what_the_input_lacks_makes_a_proof_undecided_and_is_named() -> None:
    one = replace(world(user(N)), missing=(Missing(f"arn:aws:iam::{PROD}:*", "no export"),))
    result = only(one)
    assert isinstance(result, Undecided)
    assert result.why == (f"`arn:aws:iam::{PROD}:*`: no export",)


def test_a_managed_policy_that_the_input_lacks_is_named() -> None:
    lacking = replace(
        user(N), grants=replace(user(N).grants, managed=("arn:aws:iam::aws:policy/X",))
    )
    result = only(world(lacking, role(R, ROOT)))
    assert isinstance(result, Undecided)
    assert "arn:aws:iam::aws:policy/X" in result.why[0]


def test_an_unreadable_trust_policy_is_named_with_the_remedy() -> None:
    broken = role(R, {**ROOT, "Effect": "Maybe"})
    result = only(world(user(N, ASSUME), broken))
    assert isinstance(result, Undecided)
    assert "write `Allow` or `Deny`" in result.why[0]


def test_an_unknown_policy_of_somebody_out_of_reach_does_not_matter() -> None:
    other = f"arn:aws:iam::{PROD}:user/other"
    lacking = replace(user(other), boundary="arn:aws:iam::aws:policy/X")
    assert isinstance(only(world(user(N, ASSUME), lacking, role(R, trusts(other)))), Proof)


def test_a_boundary_is_gone_once_it_may_be_taken_off() -> None:
    boundary = f"arn:aws:iam::{STATE}:policy/b"
    free = allow("iam:DeleteUserPermissionsBoundary", N)
    for more, expected in (([], Answer.PROVED), ([free], Answer.REFUTED)):
        one = world(
            user(N, [ASSUME, *more], boundary=boundary),
            role(R, ROOT),
            policies={boundary: user(N, allow("iam:*")).grants.inline[0]},
        )
        assert prove(one, [RULE]).answer is expected


def test_a_deny_is_gone_once_its_policy_may_be_rewritten() -> None:
    own = f"arn:aws:iam::{STATE}:policy/own"
    held = user(N, [ASSUME, allow("iam:CreatePolicyVersion", own)])
    with_deny = replace(held, grants=replace(held.grants, managed=(own,)))
    refusal = user(N, deny("sts:*")).grants.inline[0]
    one = world(with_deny, role(R, ROOT), policies={own: refusal})
    assert prove(one, [RULE]).answer is Answer.REFUTED
    kept = user(N, [ASSUME])
    fixed = replace(kept, grants=replace(kept.grants, managed=(own,)))
    assert prove(replace(one, users={N: fixed}), [RULE]).answer is Answer.PROVED


def test_code_that_a_service_runs_as_a_role_is_control_of_the_role() -> None:
    runs = role(PROFILES, trusts({"Service": "lambda.amazonaws.com"}), ASSUME)
    passes = allow("iam:PassRole", PROFILES)
    for more, expected in ((allow("lambda:*"), Answer.REFUTED), (allow("s3:*"), Answer.PROVED)):
        one = world(user(N, [passes, more]), runs, role(R, ROOT))
        assert prove(one, [RULE]).answer is expected


def test_whoever_may_leave_the_organisation_is_rid_of_its_policies() -> None:
    full = user(N, allow("*")).grants.inline[0]
    kept_in = user(N, deny("sts:*")).grants.inline[0]
    own = {STATE: Account("o-1", scps=((full, kept_in),)), PROD: Account("o-1")}
    passing = role(PROFILES, trusts(N), ASSUME)
    for more, expected in (
        (allow("organizations:LeaveOrganization"), Answer.REFUTED),
        (allow("organizations:ListAccounts"), Answer.PROVED),
    ):
        one = world(user(N, more), passing, role(R, trusts(PROFILES)), accounts=own)
        assert prove(one, [RULE]).answer is expected


def test_the_json_has_the_documented_form() -> None:
    one = prove(two_hops(), [RULE, Rule.of((R,), (N,))])
    found = json.loads(json.dumps(one.json()))
    assert found["verdict"] == "refuted"
    refuted, proved = found["rules"]
    assert (refuted["verdict"], proved["verdict"]) == ("refuted", "proved")
    assert (refuted["from"], refuted["never_reach"]) == ([N], [f"arn:aws:iam::{PROD}:*"])
    first = refuted["path"][0]
    assert (first["step"], first["from"], first["to"]) == ("sts-assume-role", N, PROFILES)
    assert {reason["statement"] for reason in first["allowed_by"]} == {"#0", "Root"}
    assert found["certificate"]["world"] == fingerprint(two_hops())
    assert found["certificate"]["proofs"][0]["controlled"] == [R]


def test_a_proof_says_of_each_way_out_why_it_is_shut() -> None:
    one = world(user(N, ASSUME), role(R, trusts(MACHINE)))
    (proof,) = prove(one, [RULE]).json(one)["certificate"]["proofs"]
    assert [(shut["from"], shut["to"]) for shut in proof["shut"]] == [(N, R)]
    assert proof["shut"][0]["why"] == ["no statement of the resource-based policy allows it"]


def test_ways_out_are_told_by_who_is_alike_never_pair_by_pair() -> None:
    roles = [f"{R}-{at}" for at in range(30)]
    trusting = [role(arn, trusts(f"{MACHINE}-{arn[-1]}")) for arn in roles]
    starts = [f"{N}-{at}" for at in range(40)]
    own = (ASSUME, allow("sts:AssumeRole", roles[0]), allow("s3:*"), allow("iam:ListUsers"))
    users = [user(arn, own[at % len(own)]) for at, arn in enumerate(starts)]
    one = world(*users, *trusting)
    rule = Rule.of((*starts[1::4], *starts[2::4], starts[0]), tuple(roles))
    (proof,) = prove(one, [rule]).json(one)["certificate"]["proofs"]
    untrusted = "no statement of the resource-based policy allows it"
    unallowed = "no statement of the identity-based policies allows it"
    assert [
        (way["from"], way["alike"], way["to"], way["to_alike"], way["why"]) for way in proof["shut"]
    ] == [
        (starts[0], 1, roles[0], 30, [untrusted]),
        (starts[1], 10, roles[0], 1, [untrusted]),
        (starts[1], 10, roles[1], 29, [unallowed]),
        (starts[10], 10, roles[0], 30, [unallowed]),
    ]


def test_the_same_world_has_the_same_digest_and_a_changed_one_another() -> None:
    assert fingerprint(two_hops()) == fingerprint(two_hops())
    assert fingerprint(two_hops()) != fingerprint(world(user(N)))


@pytest.mark.parametrize("pattern", ["*", "user/n", "arn:aws:iam::12:user/n", ""])
def test_a_pattern_that_is_not_of_arns_is_refused(pattern: str) -> None:
    with pytest.raises(ArnParseError):
        Rule.of((pattern,), (R,))
