"""What every store must do, whatever keeps it: run on each by its own test file."""

import contextlib
import json
from collections.abc import Callable, Iterator

import pytest

from credentials.errors import (
    ServiceError,
    StoreClosedError,
    StoreConflictError,
    StoreContentError,
)
from credentials.store import Label
from credentials.stores import current_key
from tests.credentials.stores.rigs import Rig
from tests.credentials.stores.steps import (
    WRITES,
    Rigs,
    at_call,
    begin,
    calls_of,
    denied,
    key,
    label,
    lease,
    lose_answer,
    outcome,
    quietly,
    state,
    unreachable,
    with_current,
    write,
)
from tests.credentials.test_faults import shown


class Conformance:
    """The suite; a subclass per store gives the fixture `rigs`, which makes fresh ones."""

    @pytest.fixture
    def rig(self, rigs: Rigs) -> Iterator[Rig]:
        with rigs() as rig:
            yield rig

    def test_an_empty_store_is_prepared_once(self, rig: Rig) -> None:
        store = rig.store()
        snapshot = store.read()
        assert (snapshot.current, snapshot.generation, snapshot.closed) == (None, 0, False)
        store.prepare()
        first = store.read()
        assert first.current is not None
        assert first.current.access_key_id is None
        store.prepare()
        assert store.read() == first
        assert store.recorded() == frozenset()
        assert current_key(store) is None

    def test_preparing_a_store_that_holds_a_key_changes_nothing(self, rig: Rig) -> None:
        store = with_current(rig)
        before = store.read()
        store.prepare()
        assert store.read() == before

    def test_key_id_and_secret_are_one_value(self, rig: Rig) -> None:
        store = with_current(rig)
        value = json.loads(rig.text() or "")
        assert value["access_key_id"] == key(1).access_key_id
        assert value["secret_access_key"] == key(1).secret_access_key.reveal()
        assert store.fetch(label(store, Label.CURRENT)) == key(1) == current_key(rig.store())

    def test_a_pending_key_is_not_given_out_until_it_is_promoted(self, rig: Rig) -> None:
        store = with_current(rig)
        first = label(store, Label.CURRENT)
        store.add(key(2), 1)
        assert json.loads(rig.text() or "")["access_key_id"] == key(1).access_key_id
        pending = label(store, Label.PENDING)
        assert pending.access_key_id == key(2).access_key_id
        assert pending.created_at == key(2).created_at
        assert store.fetch(pending) == key(2)
        store.promote(pending, expected=first)
        assert json.loads(rig.text() or "")["access_key_id"] == key(2).access_key_id
        assert label(store, Label.CURRENT) == pending
        assert label(store, Label.PREVIOUS) == first

    def test_storing_a_key_twice_is_storing_it_once(self, rig: Rig) -> None:
        store = with_current(rig)
        store.add(key(2), 1)
        before = store.read()
        store.add(key(2), 1)
        assert store.read() == before
        store.promote(label(store, Label.PENDING), expected=label(store, Label.CURRENT))
        before = store.read()
        store.add(key(2), 1)
        assert store.read() == before

    def test_a_stale_promotion_is_refused(self, rig: Rig) -> None:
        store = with_current(rig)
        seen = label(store, Label.CURRENT)
        store.add(key(2), 1)
        pending = label(store, Label.PENDING)
        rig.store().restate(expected=seen, generation=2)
        before = store.read()
        with pytest.raises(StoreConflictError):
            store.promote(pending, expected=seen)
        assert store.read() == before

    def test_promoting_twice_is_promoting_once(self, rig: Rig) -> None:
        store = with_current(rig)
        seen = label(store, Label.CURRENT)
        store.add(key(2), 1)
        pending = label(store, Label.PENDING)
        store.promote(pending, expected=seen)
        before = store.read()
        store.promote(pending, expected=seen)
        assert store.read() == before

    def test_restating_shuts_out_whoever_saw_the_old_version(self, rig: Rig) -> None:
        store = with_current(rig)
        seen = label(store, Label.CURRENT)
        restated = store.restate(expected=seen, generation=2)
        assert restated == label(store, Label.CURRENT) != seen
        assert store.fetch(restated) == key(1)
        for stale in (store.restate, store.empty):
            with pytest.raises(StoreConflictError):
                stale(expected=seen, generation=3)

    def test_emptying_leaves_the_key_as_previous(self, rig: Rig) -> None:
        store = with_current(rig)
        seen = label(store, Label.CURRENT)
        emptied = store.empty(expected=seen, generation=2)
        assert emptied == label(store, Label.CURRENT)
        assert emptied.access_key_id is None
        assert label(store, Label.PREVIOUS) == seen
        assert json.loads(rig.text() or "").get("access_key_id") is None
        restated = store.restate(expected=emptied, generation=3)
        assert restated == label(store, Label.CURRENT) != emptied

    def test_a_label_is_taken_off_the_version_that_was_meant_only(self, rig: Rig) -> None:
        store = with_current(rig)
        store.add(key(2), 1)
        stale = label(store, Label.PENDING)
        store.add(key(3), 1)
        store.clear(Label.PENDING, stale)
        fresh = label(store, Label.PENDING)
        assert fresh.access_key_id == key(3).access_key_id
        store.clear(Label.PENDING, fresh)
        store.clear(Label.PENDING, fresh)
        assert store.read().pending is None
        store.clear(Label.CURRENT, label(store, Label.CURRENT))
        assert current_key(store) == key(1)

    def test_keys_that_lost_their_label_are_remembered(self, rig: Rig) -> None:
        store = with_current(rig)
        for number in (2, 3):
            store.add(key(number), 1)
        store.clear(Label.PENDING, label(store, Label.PENDING))
        assert rig.store().recorded() == {key(n).access_key_id for n in (1, 2, 3)}

    def test_a_lease_is_written_by_one_run_only(self, rig: Rig) -> None:
        first, second = rig.store(), rig.store()
        first.prepare()
        assert first.write_lease(1, lease("A"))
        assert not second.write_lease(1, lease("B"))
        assert first.write_lease(1, lease("A")), "the same again is the same"
        assert second.read().generation == 1
        assert second.lease(1) == lease("A")
        assert second.write_lease(2, lease("B"))
        assert not first.write_lease(2, lease("A"))
        assert first.read().generation == 2
        assert first.lease(2) == lease("B")

    def test_a_key_or_an_empty_marker_written_by_hand_is_adopted(self, rig: Rig) -> None:
        store = with_current(rig)
        rig.plant(key(5).to_json().reveal())
        by_hand = label(store, Label.CURRENT)
        assert by_hand.access_key_id == key(5).access_key_id
        assert store.fetch(by_hand) == key(5) == current_key(rig.store())
        store.restate(expected=by_hand, generation=7)
        assert current_key(store) == key(5)

    @pytest.mark.parametrize(
        "text", ['{"password": "can\\"ry"}', '{"access_key_id": "AKIA"}', "{}"]
    )
    def test_content_that_is_not_ours_is_neither_a_key_nor_absence(
        self, rig: Rig, text: str
    ) -> None:
        rig.plant(text)
        with pytest.raises(StoreContentError) as caught:
            rig.store().read()
        assert caught.value.remedy
        assert 'can"ry' not in "".join(shown(caught.value))

    def test_a_closed_store_is_told_from_an_empty_one(self, rig: Rig) -> None:
        if not rig.can_close:
            pytest.skip("what is deleted here cannot be restored")
        store = with_current(rig)
        current = label(store, Label.CURRENT)
        rig.shut()
        assert rig.store().read().closed
        for use in (store.prepare, lambda: store.add(key(2), 1), lambda: store.fetch(current)):
            with pytest.raises(StoreClosedError):
                use()

    @pytest.mark.parametrize("nth", [0, 1])
    @pytest.mark.parametrize("kind", WRITES)
    def test_a_write_whose_answer_is_lost_can_be_repeated(
        self, rigs: Rigs, kind: str, nth: int
    ) -> None:
        with rigs() as rig:
            write(rig, kind, begin(rig))()
            wanted = state(rig)
        with rigs() as rig:
            work = write(rig, kind, begin(rig))
            lose_answer(rig, nth)
            try:
                work()
            except ServiceError as error:
                if not error.in_doubt:
                    raise
            quietly(rig)
            assert outcome(work) is not StoreConflictError
            assert state(rig) == wanted

    @pytest.mark.parametrize("fail", [unreachable, denied])
    @pytest.mark.parametrize("kind", WRITES)
    def test_whatever_call_fails_readers_find_the_old_key_or_the_new(
        self, rigs: Rigs, kind: str, fail: Callable[[], None]
    ) -> None:
        with rigs() as rig:
            write(rig, kind, begin(rig))()
            wanted = state(rig)
            new = current_key(rig.store())
        for at in range(calls_of(rigs, kind)):
            with rigs() as rig:
                work = write(rig, kind, begin(rig))
                at_call(rig, at, fail)
                with contextlib.suppress(ServiceError):
                    work()
                quietly(rig)
                assert current_key(rig.store()) in (key(1), new)
                work()
                assert state(rig) == wanted

    @pytest.mark.parametrize("other", WRITES)
    @pytest.mark.parametrize("kind", WRITES)
    def test_two_writers_come_one_after_the_other_whoever_is_interrupted(
        self, rigs: Rigs, kind: str, other: str
    ) -> None:
        serial: list[object] = []
        for turned in (False, True):
            with rigs() as rig:
                seen = begin(rig)
                works = [write(rig, kind, seen, 2), write(rig, other, seen, 3)]
                done = [outcome(work) for work in (reversed(works) if turned else works)]
                serial.append((done[::-1] if turned else done, state(rig)))
        for at in range(calls_of(rigs, kind)):
            with rigs() as rig:
                seen = begin(rig)
                mine, theirs = write(rig, kind, seen, 2), write(rig, other, seen, 3)
                done: list[object] = []

                def interrupt(work: Callable[[], object] = theirs, to: list[object] = done) -> None:
                    try:
                        to.append(outcome(work))
                    except ServiceError as error:
                        # What waits for a lock here would wait for itself: it has done nothing.
                        if error.code != "Locked" or error.in_doubt:
                            raise

                at_call(rig, at, interrupt)
                result = outcome(mine)
                done = done or [outcome(theirs)]  # locked out, it comes second
                assert ([result, *done], state(rig)) in serial, f"before call {at}"
