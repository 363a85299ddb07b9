"""Broken variants of rotation; each leaves out one thing that keeps a promise."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest import mock

from credentials import decide as deciding
from credentials import ensure as core
from credentials import run, trial
from credentials.decide import decide
from credentials.rotation import Finishing, predecessor, retire
from credentials.store import Lease, Rotation
from credentials.tenure import Tenure
from credentials.world import (
    Deactivate,
    Done,
    Drop,
    Mint,
    Promote,
    Retire,
    Step,
    Verify,
    World,
)


def grace_ignored() -> AbstractContextManager[object]:
    """A predecessor is deactivated as soon as its successor is current."""

    def hasty(world: World, *rest: Any) -> Finishing | None:
        found = predecessor(world, *rest)
        return found and replace(found, due=found.due.replace(year=2000))

    return mock.patch.object(deciding, "predecessor", hasty)


def deleted_before_deactivated() -> AbstractContextManager[object]:
    """A predecessor is deleted where it should be inactive first."""

    def hasty(*args: Any) -> Step | None:
        step = retire(*args)
        return Retire(step.key) if isinstance(step, Deactivate) else step

    return mock.patch.object(deciding, "retire", hasty)


def old_key_first() -> AbstractContextManager[object]:
    """The old key is deleted to make room, before there is a new one."""

    def swapped(world: World, *rest: Any) -> Step:
        step = decide(world, *rest)
        live = world.current_key in world.keys
        return Drop(world.current_key) if isinstance(step, Mint) and live else step  # type: ignore[arg-type] # live says that it is one

    return mock.patch.object(core, "decide", swapped)


def promoted_before_verified() -> AbstractContextManager[object]:
    """A successor is made current without having worked."""

    def hasty(world: World, *rest: Any) -> Step:
        step = decide(world, *rest)
        if isinstance(step, Verify) and world.current_key and step.version != world.current:
            return Promote(step.version)
        return step

    return mock.patch.object(core, "decide", hasty)


def third_key() -> AbstractContextManager[object]:
    """A successor is minted although the predecessor is still there."""
    return mock.patch.object(deciding, "predecessor", return_value=None)


def refusal_taken_for_equality() -> AbstractContextManager[object]:
    """A successor that is refused the role is never compared with what readers have."""
    return mock.patch.object(trial, "_works", return_value=False)


def grace_from_minting() -> AbstractContextManager[object]:
    """The grace is counted from when the successor was minted, not from when it was promoted."""

    def late(world: World, *rest: Any) -> Finishing | None:
        made = world.current.created_at if world.current_key else None
        forgetful = replace(world.rotation, superseded_at=made)
        return predecessor(replace(world, rotation=forgetful), *rest)

    return mock.patch.object(deciding, "predecessor", late)


def unrecorded_predecessor() -> AbstractContextManager[object]:
    """Only the store's label tells which key is in its grace, and the label can move on."""
    original = Tenure.rotation.fget
    assert original is not None

    def rotation(self: Tenure) -> Rotation:
        return replace(original(self), previous=None)

    return mock.patch.object(Tenure, "rotation", property(rotation))


def leak_forgotten() -> AbstractContextManager[object]:
    """That keys are leaked is known to the run that was told, and not to the next one."""
    original = Lease.to_json

    def to_json(self: Lease) -> str:
        rotation = replace(self.rotation, condemned=frozenset(), leaked=frozenset())
        return original(replace(self, rotation=rotation))

    return mock.patch.object(Lease, "to_json", to_json)


def leak_with_grace() -> AbstractContextManager[object]:
    """A leaked key is replaced as one that is merely old."""
    original = run.asked

    def gentle(*args: Any) -> Rotation:
        return replace(original(*args), leaked=frozenset())

    return mock.patch.object(run, "asked", gentle)


def never_finished() -> AbstractContextManager[object]:
    """What the grace leaves to do is left."""

    def lazy(world: World, *rest: Any) -> Step:
        step = decide(world, *rest)
        return Done(world.current) if isinstance(step, Deactivate | Retire) else step

    return mock.patch.object(core, "decide", lazy)
