"""Each lock of the example organisation suffices alone, in every state of its roll-out."""

from itertools import combinations

import pytest

from access.catalogue import steps
from access.certificate import Certificate
from access.checker import check
from access.prove import Answer, Proof, prove
from access.world import World
from tests.access.example_world import (
    ACCOUNTS,
    RULE,
    identity_side_opened,
    resource_side_opened,
    world,
)

LOCKS = {
    "both locks": lambda one: one,
    "the identity side opened": identity_side_opened,
    "the resource side opened": resource_side_opened,
}
STATES = [some for size in range(len(ACCOUNTS) + 1) for some in combinations(ACCOUNTS, size)]


def certificate(one: World) -> Certificate:
    (result,) = prove(one, [RULE]).results
    assert isinstance(result, Proof), result
    return result.certificate


@pytest.mark.parametrize("lock", LOCKS)
def test_the_nonprod_identity_never_reaches_prod_or_state(lock: str) -> None:
    opened = LOCKS[lock](world())
    assert check(opened, certificate(opened), steps()) == ()


def test_with_both_locks_opened_it_is_refuted() -> None:
    opened = identity_side_opened(resource_side_opened(world()))
    assert prove(opened, [RULE]).answer is Answer.REFUTED


@pytest.mark.parametrize("deployed", STATES, ids=" ".join)
@pytest.mark.parametrize("lock", LOCKS)
def test_the_rule_is_proved_in_every_state_of_a_roll_out(
    lock: str, deployed: tuple[str, ...]
) -> None:
    one = LOCKS[lock](world(*deployed) if deployed else World({}))
    assert prove(one, [RULE]).answer is Answer.PROVED
