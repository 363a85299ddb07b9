"""Web identities as where one starts: the roles that their tokens are admitted to, exactly."""

from dataclasses import replace
from typing import Any

import pytest

from access.catalogue import steps
from access.checker import check
from access.facts import Fact
from access.prove import Answer, Proof, Refuted, prove
from access.reproof import Reproof
from access.rule import Rule, WebIdentity
from access.verified import verified
from access.world import Document, World
from tests.access.small_world import PROD, ROOT, STATE, R, allow, deny, role, trusts, world

REFUTED, PROVED, UNDECIDED = Answer.REFUTED, Answer.PROVED, Answer.UNDECIDED
ISSUER = "token.actions.githubusercontent.com"
AUD, SUB = "sts.amazonaws.com", "repo:example/payments:ref:refs/heads/main"
CI = WebIdentity(ISSUER, (("aud", AUD), ("sub", SUB)))
WEB = "sts:AssumeRoleWithWebIdentity"
R0 = f"arn:aws:iam::{STATE}:role/r0"
RULE = Rule.of((CI,), (R,))


def provider(account: str, issuer: str = ISSUER) -> dict[str, str]:
    return {"Federated": f"arn:aws:iam::{account}:oidc-provider/{issuer}"}


def exact(sub: Any = SUB, aud: Any = AUD, operator: str = "StringEquals") -> dict[str, Any]:
    return {operator: {f"{ISSUER}:aud": aud, f"{ISSUER}:sub": sub}}


def admits(condition: dict[str, Any] | None, account: str = PROD) -> dict[str, Any]:
    return trusts(provider(account), WEB, **(condition or {}))


def answer(one: World, rule: Rule = RULE) -> Answer:
    (result,) = verified(one, [rule]).results
    return result.answer


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (exact(), REFUTED),
        (exact(["another", SUB]), REFUTED),
        (exact("repo:example/payments:ref:refs/heads/next"), PROVED),
        (exact(aud="https://github.com/example"), PROVED),
        (exact("repo:example/*", operator="StringLike"), REFUTED),
        (exact("repo:other/*", operator="StringLike"), PROVED),
        # Of a claim that is not known, any value may come.
        ({"StringEquals": {f"{ISSUER}:actor": "ana"}}, REFUTED),
        # `StringEquals` takes a star for a star.
        (exact("repo:example/*"), PROVED),
        ({"StringEquals": {"another.example.org:sub": SUB}}, REFUTED),
        (None, REFUTED),
    ],
)
def test_a_role_is_where_it_starts_if_its_trust_admits_the_token(
    condition: dict[str, Any] | None, expected: Answer
) -> None:
    assert answer(world(role(R, admits(condition)))) is expected


def test_another_issuers_provider_admits_nobody_of_this_one() -> None:
    other = trusts(provider(PROD, "gitlab.com"), WEB)
    assert answer(world(role(R, other))) is PROVED


def test_a_trust_in_everybody_admits_it_and_one_in_an_account_does_not() -> None:
    assert answer(world(role(R, trusts("*", WEB)))) is REFUTED
    assert answer(world(role(R, ROOT))) is PROVED


def test_a_deny_of_the_subject_keeps_it_out() -> None:
    out = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": WEB,
        "Condition": {"StringEquals": {f"{ISSUER}:sub": SUB}},
    }
    assert answer(world(role(R, [admits(None), out]))) is PROVED


def test_the_path_begins_with_the_token_and_goes_on_by_chaining() -> None:
    first = role(R0, admits(exact(), STATE), allow("sts:AssumeRole", R))
    (result,) = prove(world(first, role(R, trusts(R0))), [RULE]).results
    assert isinstance(result, Refuted)
    one, two = (hop.json() for hop in result.path)
    assert (one["from"], one["to"]) == (f"web identity of {ISSUER} (aud {AUD}, sub {SUB})", R0)
    assert one["requests"] == [{"action": WEB, "resource": R0}]
    assert one["step"] == "sts-assume-role-with-web-identity"
    assert f"StringEquals {ISSUER}:sub: {SUB}" in one["context"]
    assert (two["from"], two["to"]) == (R0, R)
    assert result.remedy is not None
    assert result.remedy.proved


def test_what_cannot_be_decided_on_is_undecided_not_proved() -> None:
    unknown = replace(role(R, ROOT), trust=Document.missing("the trust policy", "it is not known"))
    assert answer(world(unknown)) is UNDECIDED


def closed() -> tuple[World, Proof]:
    one = world(role(R0, admits(exact(), STATE)), role(R, trusts(R0)))
    (result,) = prove(one, [RULE]).results
    assert isinstance(result, Proof)
    return one, result


def test_the_checker_wants_every_role_that_admits_the_token_in_the_set() -> None:
    one, proof = closed()
    assert {fact.of for fact in proof.certificate.facts} == {R0}
    assert check(one, proof.certificate, steps()) == ()
    lacking = replace(proof.certificate, facts=tuple[Fact, ...]())
    (fault,) = check(one, lacking, steps())
    assert fault == f"`{R0}` is assumed by a {CI}, and not in the set"


def test_a_proof_says_why_the_token_does_not_open_what_is_never_reached() -> None:
    one = world(role(R0, admits(exact(), STATE)), role(R, admits(exact("another"))))
    proofs = verified(one, [RULE]).json(one)
    (proof,) = proofs["certificate"]["proofs"]
    assert [(way["from"], way["to"]) for way in proof["shut"]] == [(str(CI), R), (R0, R)]


def test_a_trust_that_is_opened_later_is_not_taken_for_proved() -> None:
    shut, opened = (
        world(role(R0, admits(exact(), STATE)), role(R, admits(exact(sub))))
        for sub in ("another", [SUB, "another"])
    )
    kept = Reproof(shut, [RULE])
    assert kept.proofs.answer is PROVED
    assert kept.after(opened).proofs.answer is REFUTED


def test_a_deny_on_the_first_role_ends_the_path() -> None:
    limited = role(R0, admits(exact(), STATE), [allow("sts:AssumeRole", R), deny("sts:*", R)])
    assert answer(world(limited, role(R, trusts(R0)))) is PROVED
