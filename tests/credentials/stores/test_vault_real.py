"""The conformance suite, and the core, over a real Vault: as the fake does, so does Vault."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from requests.adapters import HTTPAdapter

from credentials.errors import ServiceError
from credentials.stores.document_store import DocumentStore
from credentials.stores.vault import VaultPlace
from tests.credentials.example import WEEKLY
from tests.credentials.fakes import FakeAws
from tests.credentials.stores import vault_server
from tests.credentials.stores.conformance import Conformance
from tests.credentials.stores.rigs import Rig, VaultRig
from tests.credentials.stores.steps import with_current
from tests.credentials.stores.worlds import StoreWorld
from tests.credentials.worlds import Action, Fault

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[FakeAws], VaultRig]]:
    program = vault_server.find()
    if program is None:
        pytest.skip("there is no `vault`; `make test-vault` builds one")
    home = tmp_path_factory.mktemp("vault")
    with vault_server.running(program, home) as address, closing(HTTPAdapter()) as transport:

        class RealVaultRig(VaultRig):
            def __init__(self, aws: FakeAws) -> None:
                super().__init__(aws)
                self.address, self.token = address, vault_server.TOKEN
                self.path = f"{VaultRig.path}-{next(_NUMBERS)}"
                self.transport = transport

        yield RealVaultRig


class TestVault(Conformance):
    @pytest.fixture
    def rigs(self, make: Callable[[FakeAws], VaultRig]) -> Callable[[], Rig]:
        return lambda: make(FakeAws())


@pytest.mark.parametrize("fault", [Fault.CRASH_AFTER, Fault.LOST, Fault.RIVAL_ENSURES])
def test_one_fault_at_any_call_breaks_nothing(
    make: Callable[[FakeAws], VaultRig], fault: Fault
) -> None:
    for at in range(0, 60, 2):
        world = StoreWorld({at: fault}, True, WEEKLY, make=make)  # noqa: FBT003 - one machine
        world.attempt(Action.ENSURE)
        world.check_ensured(world.converge(Action.ENSURE))


def test_what_is_discarded_is_gone_with_all_its_versions(
    make: Callable[[FakeAws], VaultRig],
) -> None:
    rig = make(FakeAws())
    with_current(rig)
    store = rig.store()
    assert isinstance(store, DocumentStore)
    store.discard()
    assert rig.text() is None
    assert rig.store().read().current is None


def test_a_mount_that_is_not_there_and_a_wrong_token_are_no_absence(
    make: Callable[[FakeAws], VaultRig],
) -> None:
    rig = make(FakeAws())
    with pytest.raises(ServiceError, match=r"InvalidPath.*vault secrets list"):
        DocumentStore(VaultPlace(rig.client(), "nowhere", "a")).read()
    rig.token = "wrong"
    with pytest.raises(ServiceError, match=r"Forbidden.*vault login"):
        rig.store().read()
