"""`ensure` and `remove` over each store, with faults before and after every call, and at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.ensure import ensure, remove
from tests.credentials.interleaving import Interleaving
from tests.credentials.stores.rigs import MemoryRig, Rig, SsmRig, VaultRig
from tests.credentials.stores.worlds import StoreWorld
from tests.credentials.test_faults import HISTORIES, leaks
from tests.credentials.test_interleaving import ORDERS, A, B, held_up
from tests.credentials.worlds import WEEKLY, Action, Fault, Schedule

RIGS: Mapping[str, type[Rig]] = {
    "parameter-store": SsmRig,
    "vault": VaultRig,
    "exec": MemoryRig,
}
CALLS = 110
"""More than a run of the longest of these histories makes until it is done."""


def run(
    kind: str, history: tuple[Action, ...], schedule: Schedule, *, alone: bool = True
) -> StoreWorld:
    """Do what a history says over a store, whatever fails; then the last of it undisturbed."""
    world = StoreWorld(schedule, alone, WEEKLY, make=RIGS[kind])
    with world.rig:
        for action in history:
            world.attempt(action)
        if history[-1] is Action.REMOVE:
            world.converge(Action.REMOVE)
            world.check_removed()
        else:
            world.check_ensured(world.converge(Action.ENSURE))
    return world


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("kind", RIGS)
def test_one_fault_at_any_call_breaks_nothing(kind: str, fault: Fault) -> None:
    """Each store has its share of the calls; all of them, for a fault, are met by the three."""
    for at in range(list(RIGS).index(kind), CALLS, len(RIGS)):
        run(kind, (Action.ENSURE, Action.REMOVE), {at: fault})


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(sorted(RIGS)),
    history=st.sampled_from(HISTORIES),
    schedule=st.dictionaries(st.integers(0, CALLS), st.sampled_from(Fault), max_size=3),
    alone=st.booleans(),
)
def test_up_to_three_faults_in_any_order_break_nothing(
    kind: str, history: tuple[Action, ...], schedule: Schedule, *, alone: bool
) -> None:
    world = run(kind, history, schedule, alone=alone)
    assert not list(leaks(world))


def interleave(kind: str, order: list[str], actions: tuple[Action, Action]) -> StoreWorld:
    """Two processes whose calls take turns."""
    world = StoreWorld(make=RIGS[kind])
    with world.rig:
        turns = Interleaving(world, order)
        works: dict[str, Callable[[], object]] = {}
        for name, action in zip((A, B), actions, strict=True):
            if isinstance(world.rig, MemoryRig):
                world.rig.sleep = turns.sleep
            ports = replace(world.ports(), sleep=turns.sleep)
            works[name] = partial(ensure if action is Action.ENSURE else remove, ports)
        turns.run(works)
        world.aws.before = lambda _at, _called: None
        if isinstance(world.rig, MemoryRig):
            world.rig.sleep = world.aws.clock.sleep
        world.check_ensured(world.converge(Action.ENSURE))
    return world


@settings(max_examples=25, deadline=None)
@given(kind=st.sampled_from(sorted(RIGS)), order=ORDERS)
def test_two_runs_at_once_agree_on_one_key(kind: str, order: list[str]) -> None:
    world = interleave(kind, order, (Action.ENSURE, Action.ENSURE))
    assert len(world.aws.minted) == 1


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(sorted(RIGS)),
    order=held_up(),
    second=st.sampled_from([Action.ENSURE, Action.REMOVE]),
)
def test_a_run_that_was_held_up_undoes_nothing(kind: str, order: list[str], second: Action) -> None:
    interleave(kind, order, (Action.ENSURE, second))
