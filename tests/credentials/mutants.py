"""Broken variants of the core; each leaves out one thing that keeps a promise."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

from credentials import ensure as core
from credentials.decide import decide, decide_removal
from credentials.errors import ServiceError
from credentials.keys import AccessKeyId
from credentials.look import Look
from credentials.run import Run
from credentials.secrets_manager import SecretsManagerStore
from credentials.store import Label, Snapshot, StoredKey, Version
from credentials.tenure import Tenure
from credentials.world import Drop, Empty, Promote, Step, Verify, World

Mutant = Callable[[], AbstractContextManager[object]]


def no_settling() -> AbstractContextManager[object]:
    """Keys that nobody recorded stay."""
    return mock.patch.object(Look, "strays", return_value={})


def no_fence() -> AbstractContextManager[object]:
    """A key is deleted although a run that was held up may still promote it."""
    original = Run.drop

    def drop(self: Run, key: AccessKeyId, world: World) -> None:
        self.fenced = True
        original(self, key, world)

    return mock.patch.object(Run, "drop", drop)


def blind_promotion() -> AbstractContextManager[object]:
    """What is current is replaced whatever it is by now."""
    original = SecretsManagerStore.promote

    def promote(self: SecretsManagerStore, version: Version, *, expected: Version) -> None:
        original(self, version, expected=self.read().current or expected)

    return mock.patch.object(SecretsManagerStore, "promote", promote)


def no_verification() -> AbstractContextManager[object]:
    """A key is made current without having worked."""

    def hasty(*args: Any) -> Step:
        step = decide(*args)
        return Promote(step.version) if isinstance(step, Verify) else step

    return mock.patch.object(core, "decide", hasty)


def stored_as_current() -> AbstractContextManager[object]:
    """A key is stored as current at once, as a plain PutSecretValue does."""

    def add(self: Any, key: StoredKey, generation: int) -> None:
        version = f"key-{key.access_key_id}-{int(key.created_at.timestamp())}-{generation}"
        self._put(version, key.to_json(), "AWSCURRENT")

    return mock.patch.object(SecretsManagerStore, "add", add)


def deletion_before_store() -> AbstractContextManager[object]:
    """A removal deletes the keys first and tells readers later."""

    def hasty(world: World) -> Step:
        step = decide_removal(world)
        return Drop(min(world.keys)) if isinstance(step, Empty) and world.keys else step

    return mock.patch.object(core, "decide_removal", hasty)


def deletion_before_unlabelling() -> AbstractContextManager[object]:
    """A key is deleted while a label still names it."""
    original = Run.clear

    def clear(self: Run, label: Label, version: Version) -> None:
        if version.access_key_id:
            self.ports.keys.delete(version.access_key_id)
        original(self, label, version)

    return mock.patch.object(Run, "clear", clear)


def doubt_taken_for_refusal() -> AbstractContextManager[object]:
    """A key is deleted because the answer of the store was lost."""
    original = SecretsManagerStore.add

    def add(self: SecretsManagerStore, key: StoredKey, generation: int) -> None:
        try:
            original(self, key, generation)
        except ServiceError as error:
            error.in_doubt = False
            raise

    return mock.patch.object(SecretsManagerStore, "add", add)


def no_patience_with_lists() -> AbstractContextManager[object]:
    """A list that may not show every key yet is taken as it is."""
    return mock.patch.multiple(
        Tenure, settle=mock.Mock(return_value=False), is_quiet=mock.Mock(return_value=True)
    )


def no_empty_marker() -> AbstractContextManager[object]:
    """The first thing stored, whatever it is, becomes current."""
    return mock.patch.object(SecretsManagerStore, "prepare")


def stolen_lease() -> AbstractContextManager[object]:
    """A lease is taken although somebody holds it."""
    return mock.patch.object(Tenure, "_is_free", return_value=True)


def nobody_shut_out() -> AbstractContextManager[object]:
    """A run goes on although another one has taken over."""

    def check(_: Tenure, snapshot: Snapshot) -> Snapshot:
        return snapshot

    return mock.patch.multiple(Tenure, check=check, hold=mock.Mock())
