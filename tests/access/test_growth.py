"""A closure's work grows with statements and reachable pairs: counted in steps, never in time."""

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from access.catalogue.step import On
from access.prove import Answer, Rule, prove
from access.reach.left import Left
from access.reach.stores import Near
from access.reach.units import Unit
from access.world import Credential, World
from tests.access.small_world import STATE, allow, doc, role, trusts, user, world

SLACK = 1.05
"""Twice as many principals take twice the steps, give or take so much."""


def teams(count: int) -> World:
    """Return users of one account: half have a role each, and half a secret that none reads."""
    # Each size has names of its own, lest it find what is remembered of the one before.
    names = [f"team-{count}-{index}" for index in range(count)]
    mine = [f"arn:aws:iam::{STATE}:user/nonprod/{name}" for name in names]
    theirs = [f"arn:aws:iam::{STATE}:user/prod/{name}" for name in names]
    secrets = [f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:{name}-a1b2c3" for name in names]
    roles = [f"arn:aws:iam::{STATE}:role/{name}" for name in names]
    own = [
        [allow("iam:CreateAccessKey", [f"{one}/gone", f"{one}-*"]), allow("sts:AssumeRole", its)]
        for one, its in zip(mine, roles, strict=True)
    ]
    reads = "secretsmanager:GetSecretValue"
    return world(
        *(user(one, may) for one, may in zip(mine, own, strict=True)),
        *(role(its, trusts(one)) for its, one in zip(roles, mine, strict=True)),
        *(user(one) for one in theirs),
        credentials=tuple(Credential(*one) for one in zip(secrets, theirs, strict=True)),
        resources={
            secret: doc({**allow(reads), "Principal": {"AWS": reader}})
            for secret, reader in zip(secrets, theirs, strict=True)
        },
    )


def steps(work: Callable[[], object]) -> int:
    """Return how many lines of the closure are run, each turn of a loop counted."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace if "/access/reach/" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def growth(sizes: tuple[int, int, int]) -> float:
    """Return how much more the second doubling adds than the first."""
    rule = Rule.of(
        (f"arn:aws:iam::{STATE}:user/nonprod/*",), (f"arn:aws:iam::{STATE}:user/prod/*",)
    )
    counts: list[int] = []
    for size in sizes:
        one = teams(size)
        counts.append(steps(lambda one=one: prove(one, [rule])))
        assert prove(one, [rule]).answer is Answer.PROVED
    small, middle, large = counts
    return (large - middle) / (middle - small)


def test_twice_as_many_principals_take_twice_the_steps() -> None:
    assert growth((30, 60, 120)) < 2 * SLACK


def test_a_search_through_all_targets_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def every(left: Left, _: object) -> Left:
        return left

    monkeypatch.setattr(Left, "within", every)
    assert growth((31, 62, 124)) > 2 * SLACK


def test_a_search_through_all_secrets_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    near = Near.of

    def every(secrets: Near, unit: Unit, on: On, _: object) -> Iterator[str]:
        return near(secrets, unit, on, None)

    monkeypatch.setattr(Near, "of", every)
    assert growth((32, 64, 128)) > 2 * SLACK
