"""The conformance suite over each store that needs nothing but this machine."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from credentials.secret import Secret
from credentials.stores.command import CommandPlace
from credentials.stores.document_store import Held
from credentials.stores.parameter_store import ParameterPlace
from credentials.stores.vault import VaultPlace
from tests.credentials.fakes import FakeAws
from tests.credentials.stores.conformance import Conformance
from tests.credentials.stores.rigs import (
    MemoryRig,
    MotoSecretsManagerRig,
    MotoSsmRig,
    Rig,
    ScriptRig,
    SecretsManagerRig,
    SsmRig,
    VaultRig,
)

RIGS: dict[str, type[Rig]] = {
    "secrets-manager": SecretsManagerRig,
    "parameter-store": SsmRig,
    "vault-fake": VaultRig,
    "exec-memory": MemoryRig,
}

SLOW: dict[str, type[Rig]] = {
    "secrets-manager-moto": MotoSecretsManagerRig,
    "parameter-store-moto": MotoSsmRig,
    "exec-script": ScriptRig,
}
SOME = [("lease", "lease"), ("promote", "empty"), ("restate", "promote"), ("add", "clear pending")]


@pytest.mark.parametrize("place", RIGS)
class TestStores(Conformance):
    @pytest.fixture
    def rigs(self, place: str) -> Callable[[], Rig]:
        return lambda: RIGS[place](FakeAws())


@pytest.mark.parametrize("place", SLOW)
class TestSlowStores(Conformance):
    @pytest.fixture
    def rigs(self, place: str) -> Callable[[], Rig]:
        return lambda: SLOW[place](FakeAws())

    @pytest.mark.parametrize(("kind", "other"), SOME)
    def test_two_writers_come_one_after_the_other_whoever_is_interrupted(
        self, rigs: Callable[[], Rig], kind: str, other: str
    ) -> None:
        law = super().test_two_writers_come_one_after_the_other_whoever_is_interrupted
        law(rigs, kind, other)


@pytest.mark.parametrize(
    ("kind", "rig"),
    [(ParameterPlace, SsmRig), (VaultPlace, VaultRig), (CommandPlace, MemoryRig)],
)
def test_a_place_that_writes_whatever_is_there_is_caught(kind: type[Any], rig: type[Rig]) -> None:
    original = kind.save

    def save(self: Any, text: Secret, _: Held) -> bool:
        return original(self, text, self.load())

    law = Conformance().test_two_writers_come_one_after_the_other_whoever_is_interrupted
    law(lambda: rig(FakeAws()), "lease", "promote")
    with mock.patch.object(kind, "save", save), pytest.raises(AssertionError):
        law(lambda: rig(FakeAws()), "lease", "promote")
