"""Two runs at once, their calls in any order, one of them held up or not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.ensure import ensure, remove
from tests.credentials import mutants
from tests.credentials.interleaving import JUMP, Interleaving, Outcome
from tests.credentials.worlds import RUTHLESS, URGENCIES, Action, BrokenInvariantError, World

A, B = "A", "B"
STRETCH = st.tuples(st.sampled_from([A, B]), st.integers(1, 14)).map(lambda s: [s[0]] * s[1])
ORDERS = st.lists(STRETCH, max_size=12).map(lambda stretches: sum(stretches, list[str]()))
PAIRS = st.sampled_from(
    [
        (Action.ENSURE, Action.ENSURE),
        (Action.ENSURE, Action.REMOVE),
        (Action.EARLY, Action.ENSURE),
        (Action.EARLY, Action.LEAKED),
        (Action.LEAKED, Action.LEAKED),
        (Action.LEAKED, Action.REMOVE),
    ]
)


@st.composite
def held_up(draw: st.DrawFn) -> list[str]:
    """A has the lease when it is held up; B takes over; then their calls mix."""
    order = [A] * 7 + [B] * draw(st.integers(4, 7)) + [A] * draw(st.integers(0, 22)) + [JUMP]
    for who, most in ((B, 25), (A, 10), (B, 6), (A, 30), (B, 10)):
        order += [who] * draw(st.integers(1, most))
    return order


def interleave(
    world: World, order: Sequence[str], actions: Sequence[Action] = (Action.ENSURE, Action.ENSURE)
) -> Mapping[str, Outcome]:
    """Two processes, and what came of each."""
    turns = Interleaving(world, order)
    works: dict[str, Callable[[], object]] = {}
    for name, action in zip((A, B), actions, strict=True):
        ports = replace(world.ports(), sleep=turns.sleep)
        works[name] = (
            partial(remove, ports)
            if action is Action.REMOVE
            else partial(ensure, ports, world.policy, URGENCIES[action])
        )
    world.ruthless += bool(RUTHLESS & set(actions))
    outcomes = turns.run(works)
    world.ruthless = 0
    world.aws.before = lambda _at, _called: None
    return outcomes


@settings(max_examples=60, deadline=None)
@given(order=ORDERS, existing=st.booleans())
def test_two_runs_at_once_agree_on_one_key(order: list[str], *, existing: bool) -> None:
    world = World()
    if existing:
        world.act(Action.ENSURE)
    outcomes = interleave(world, order)
    assert outcomes[A] == outcomes[B]
    assert len(world.aws.minted) == 1
    world.check_ensured(world.converge(Action.ENSURE))


@settings(max_examples=150, deadline=None)
@given(order=held_up(), actions=PAIRS, existing=st.booleans())
def test_a_run_that_was_held_up_undoes_nothing(
    order: list[str], actions: tuple[Action, Action], *, existing: bool
) -> None:
    world = World()
    if existing:
        world.act(Action.ENSURE)
    interleave(world, order, actions)
    world.check_ensured(world.converge(Action.ENSURE))


HELD_UP_BEFORE_STORING = [A] * 7 + [B] * 5 + [A] * 5 + [JUMP] + [B] * 10 + [A] + [B] * 5 + [A] * 30
"""A has minted and goes on just before B deletes the key that nobody stored."""


def test_a_run_that_is_not_shut_out_is_caught() -> None:
    def held_up_before_storing() -> None:
        world = World()
        interleave(world, HELD_UP_BEFORE_STORING)
        world.check_ensured(world.converge(Action.ENSURE))

    held_up_before_storing()
    with mutants.nobody_shut_out(), pytest.raises(BrokenInvariantError):
        held_up_before_storing()


def test_a_lease_that_is_stolen_is_caught() -> None:
    order = [A] * 8 + [B] * 8 + [A] * 8 + [B] * 30
    world = World()
    outcomes = interleave(world, order)
    assert outcomes[A] == outcomes[B]
    with mutants.stolen_lease():
        outcomes = interleave(World(), order)
    assert outcomes[A] != outcomes[B]
