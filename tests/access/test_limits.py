"""Hostile input ends in bounded work, undecided and with the reason; ordinary input never does."""

import pytest

from access import effort
from access.document import MAX_CHARACTERS, parse
from access.errors import PolicyParseError
from access.prove import Answer, Rule, Undecided, prove
from access.reach import closure
from access.world import World
from tests.access.small_world import ASSUME, ROOT, STATE, N, R, allow, role, trusts, user, world

RULE = Rule.of((N,), (R,))


def minting(patterns: int) -> World:
    """Return a world in which very many patterns of principals interact with each other."""
    names = [f"arn:aws:iam::{STATE}:role/*{index}*a*" for index in range(patterns)]
    made = allow(["iam:CreateRole", "iam:AttachRolePolicy", "iam:UpdateUser"], names)
    trust = trusts("*", ArnLike={"aws:PrincipalArn": [f"{name}b*c" for name in names]})
    return world(user(N, made), role(R, trust))


def wildcards(count: int) -> World:
    pattern = f"arn:aws:iam::{STATE}:role/" + "*a" * count
    return world(user(N, allow("iam:CreateRole", [pattern, f"{pattern}b"])), role(R, ROOT))


def chain(length: int) -> World:
    names = [f"arn:aws:iam::{STATE}:role/r{index}" for index in range(length)]
    roles = [role(arn, trusts(before)) for before, arn in zip([N, *names], names, strict=False)]
    return world(user(N), *roles, role(R, trusts(f"arn:aws:iam::{STATE}:user/nobody")))


def test_very_many_patterns_that_interact_are_undecided_with_the_reason() -> None:
    (result,) = prove(minting(400), [RULE]).results
    assert isinstance(result, Undecided)
    assert "steps" in result.why[0]


def test_very_many_wildcards_in_one_pattern_are_decided_on_or_too_large() -> None:
    assert prove(wildcards(10_000), [RULE]).answer is Answer.PROVED
    (result,) = prove(wildcards(100_000), [RULE]).results
    assert isinstance(result, Undecided)
    assert "characters" in result.why[0]


def test_a_long_chain_is_followed_to_its_end() -> None:
    assert prove(chain(5_000), [RULE]).answer is Answer.PROVED


def test_a_proof_stops_where_its_work_passes_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure, "proving", lambda: effort.proving(100))
    (result,) = prove(chain(500), [RULE]).results
    assert isinstance(result, Undecided)
    assert result.why == (
        (
            "the proof takes over `100` steps; prove fewer accounts at once, "
            "or write the policies with fewer wildcards"
        ),
    )


def test_a_decoded_document_has_the_size_limit_of_its_text() -> None:
    padded = {"Version": "2012-10-17", "Id": "x" * MAX_CHARACTERS, "Statement": [ASSUME]}
    with pytest.raises(PolicyParseError, match="characters"):
        parse(padded)
    many = {**padded, "Id": "x", "Statement": [ASSUME] * (MAX_CHARACTERS // 8)}
    with pytest.raises(PolicyParseError, match="characters"):
        parse(many)
    assert parse({**padded, "Id": "x"}).statements
