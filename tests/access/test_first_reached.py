"""A rule is refuted by the first who is reached: what costs more is found if it is asked for."""

import pytest

from access.catalogue import steps
from access.errors import PatternTooComplexError
from access.prove import How, Prover, Rule, prove
from access.world import World
from tests.access.small_world import STATE, N, allow, role, trusts, user, world

LENGTH = 12
ROLES = [f"arn:aws:iam::{STATE}:role/r{at}" for at in range(LENGTH)]
NEAR, FAR, APART = ROLES[1], ROLES[-1], f"arn:aws:iam::{STATE}:role/apart"


def chain() -> World:
    """Return a world in which each role is assumed from the one before."""
    ways = zip([N, *ROLES], ROLES, strict=False)
    return world(
        user(N, allow("sts:AssumeRole", ROLES[0])),
        *(role(after, trusts(before), allow("sts:AssumeRole", ROLES)) for before, after in ways),
        role(APART, trusts(f"arn:aws:iam::{STATE}:user/other")),
    )


def rule(never: str) -> Rule:
    return Rule.of((N,), (never,))


def test_nothing_beyond_the_first_reached_is_looked_for() -> None:
    prover = Prover(chain(), steps())
    how, fact = prover.breach(rule(NEAR))
    assert (how, fact and fact.of) == (How.PERHAPS, NEAR)
    assert {one.of for one in prover.found(rule(NEAR), how).facts} == {N, *ROLES[:2]}


def test_what_was_left_is_found_for_the_rule_that_asks_for_it() -> None:
    rules = [rule(one) for one in (NEAR, FAR, APART, NEAR)]
    found = prove(chain(), rules)
    alone = [prove(chain(), [one]).results[0] for one in rules]
    assert [one.answer.value for one in found.results] == [
        *("refuted", "refuted", "proved", "refuted")
    ]
    assert list(found.results) == alone


def test_a_search_that_stopped_halfway_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    prover, whole = Prover(chain(), steps()), Prover(chain(), steps())
    left = 6

    def stopping(steps: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise PatternTooComplexError(steps)

    monkeypatch.setattr("access.reach.closure.spend", stopping)
    with pytest.raises(PatternTooComplexError):
        prover.reached(rule(FAR), How.PERHAPS)
    assert prover.reached(rule(FAR), How.PERHAPS) == whole.reached(rule(FAR), How.PERHAPS)
