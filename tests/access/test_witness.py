"""No path is told of which a step needs two values of one key at once: another, or none, is."""

from typing import Any

import pytest

from access.prove import Answer, Refuted, Undecided, prove
from access.rule import Rule
from access.world import World
from tests.access.small_world import (
    ASSUME,
    ROOT,
    STATE,
    N,
    R,
    allow,
    deny,
    role,
    trusts,
    user,
    world,
)

R0 = f"arn:aws:iam::{STATE}:role/r0"


def like(value: str | list[str], operator: str = "StringLike") -> dict[str, Any]:
    return {operator: {"sts:ExternalId": value}}


def between(
    trusted: dict[str, Any], denied: dict[str, Any], *more: Any, also: dict[str, Any] | None = None
) -> World:
    """Return a world in which R asks for one thing, and N's own policy denies another."""
    trust = trusts(f"arn:aws:iam::{STATE}:root", **trusted)
    return world(
        user(N, [ASSUME, deny("sts:AssumeRole", R, **denied), *([also] if also else [])]),
        role(R, [trust, *more]),
        role(R0, trusts(N), ASSUME),
    )


def only(one: World) -> Any:
    return prove(one, [Rule.of((N,), (R,))]).results[0]


CLASHES = {
    "of one value": (like("a", "StringEquals"), like("a")),
    "of a pattern and a narrower one": (like("secret-1*"), like("secret-*")),
    "of numbers": (
        {"NumericLessThan": {"sts:DurationSeconds": "900"}},
        {"NumericLessThan": {"sts:DurationSeconds": "3600"}},
    ),
    "of addresses": (
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/25"}},
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
    ),
    "of a key that must be there and must not": (
        like("*"),
        {"Null": {"sts:ExternalId": "false"}},
    ),
}


@pytest.mark.parametrize("case", CLASHES)
def test_a_step_that_no_request_can_take_is_on_no_path(case: str) -> None:
    trusted, denied = CLASHES[case]
    one = world(
        user(N, [ASSUME, deny("sts:AssumeRole", **denied)]),
        role(R, trusts(f"arn:aws:iam::{STATE}:root", **trusted)),
    )
    result = only(one)
    assert isinstance(result, Undecided), result
    assert any("no request was found" in why and "`#0`" in why for why in result.why)


@pytest.mark.parametrize("case", CLASHES)
def test_a_longer_path_is_told_where_the_shorter_one_cannot_be_taken(case: str) -> None:
    result = only(between(*CLASHES[case]))
    assert isinstance(result, Refuted), result
    assert [hop.gained.of for hop in result.path] == [R0, R]


MEETINGS = {
    "of two patterns that overlap": (like("a*"), like("*b")),
    "of a pattern and all but one of it": (like("a*"), like("ab")),
    "of addresses": (
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"IpAddress": {"aws:SourceIp": "192.0.2.128/25"}},
    ),
    "of a date in the past": (
        {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
        {"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
    ),
    "of two keys": (like("a"), {"StringLike": {"sts:RoleSessionName": "a"}}),
}


@pytest.mark.parametrize("case", MEETINGS)
def test_a_step_that_some_request_can_take_is_on_the_path(case: str) -> None:
    result = only(between(*MEETINGS[case]))
    assert isinstance(result, Refuted), result
    assert [hop.gained.of for hop in result.path] == [R]


def test_what_is_not_shut_is_refuted_and_what_is_shut_proved() -> None:
    assert only(world(user(N, ASSUME), role(R, ROOT))).answer is Answer.REFUTED
    shut = world(user(N, [ASSUME, deny("sts:AssumeRole")]), role(R, ROOT))
    assert only(shut).answer is Answer.PROVED
    assert only(world(user(N, allow("s3:*")), role(R, ROOT))).answer is Answer.PROVED
