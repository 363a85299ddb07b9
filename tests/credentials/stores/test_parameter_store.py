"""What is Parameter Store's own: numbers, limits, lists that lag, and the sweep."""

import json
from datetime import timedelta

import pytest

from credentials.errors import ServiceError
from credentials.store import Label, Rotation
from credentials.stores.document_store import DocumentStore
from credentials.stores.parameter_store import ParameterPlace
from iam_profiles.names import Arn
from tests.credentials.example import SECRET
from tests.credentials.fakes import FakeAws
from tests.credentials.stores.rigs import PARAMETERS, SsmRig
from tests.credentials.stores.steps import key, label, lease, with_current

HOUR = timedelta(hours=1).total_seconds()


def test_no_state_is_ever_overwritten_and_the_newest_holds() -> None:
    rig = SsmRig(FakeAws())
    with_current(rig)
    numbers = [int(name[-8:]) for name in rig.names()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert "LabelParameterVersion" not in rig.aws.calls


def test_a_full_document_fits_a_standard_parameter() -> None:
    """The worst there is: three keys of the longest ids, a lease of a rotation, all remembered."""
    rig = SsmRig(FakeAws())
    store = with_current(rig)
    for number in range(2, 40):
        store.add(key(number), 1)
    keys = frozenset(key(number).access_key_id for number in range(4))
    full = Rotation(key(1).access_key_id, None, None, keys, keys)
    long = lease("r" * 32)
    owner = type(long.owner)("r" * 32, f"{'m' * 64}/1769860800/4026531836", 2**22, 1769860800.123)
    assert store.write_lease(2, type(long)(owner, long.until, rotation=full))
    assert len((rig.text() or "").encode()) < 4096


def test_old_states_are_swept_but_the_newest_few_and_the_young() -> None:
    rig = SsmRig(FakeAws())
    store = with_current(rig)
    before = rig.names()
    rig.aws.clock.sleep(2 * HOUR)
    store.add(key(2), 1)
    left = rig.names()
    assert len(left) == 4
    assert left[:-1] == before[-3:]
    assert store.fetch(label(store, Label.CURRENT)) == key(1)


def test_a_state_created_below_the_newest_has_no_effect() -> None:
    """A run stopped between looking and writing, for so long that its number was swept."""
    rig = SsmRig(FakeAws())
    store = with_current(rig)
    place = rig.place()
    stale = place.load()
    for number in range(2, 9):
        rig.aws.clock.sleep(2 * HOUR)
        store.add(key(number), 1)
    assert f"/{SECRET}/{int(stale.token) + 1:08d}" not in rig.names()
    before = rig.store().read()
    text = stale.text
    assert text is not None
    place.save(text, stale)
    assert rig.store().read() == before


def test_a_list_that_lags_is_waited_for_and_never_believed() -> None:
    rig = SsmRig(FakeAws())
    store = with_current(rig)
    rig.parameters.list_delay = timedelta(seconds=1)
    assert store.write_lease(2, lease("B"))
    assert store.read().generation == 2
    rig.parameters.list_delay = timedelta(minutes=5)
    assert store.write_lease(3, lease("B"))
    with pytest.raises(ServiceError, match=r"StaleList.*wait a minute"):
        store.read()


def test_a_key_of_ones_own_encrypts() -> None:
    rig = SsmRig(FakeAws())
    place = ParameterPlace(rig.client(), f"/{SECRET}", Arn(PARAMETERS), kms_key="alias/ours")
    DocumentStore(place).prepare()
    assert {one.key for one in rig.parameters.held.values()} == {"alias/ours"}


def test_discarding_deletes_every_state_and_nothing_beside() -> None:
    rig = SsmRig(FakeAws())
    store = with_current(rig)
    rig.client().put_parameter(Name=f"/{SECRET}-2/00000001", Value="x", Type="SecureString")
    assert isinstance(store, DocumentStore)
    store.discard()
    assert rig.names() == [f"/{SECRET}-2/00000001"]
    rig.aws.clock.sleep(60)
    store.prepare()
    assert json.loads(rig.parameters.held[f"/{SECRET}/00000001"].value)["empty"] is True


def test_a_parameter_that_is_not_a_number_is_not_looked_at() -> None:
    rig = SsmRig(FakeAws())
    with_current(rig)
    before = rig.store().read()
    rig.client().put_parameter(Name=f"/{SECRET}/notes", Value="mind this", Type="SecureString")
    assert rig.store().read() == before
