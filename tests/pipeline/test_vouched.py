"""Whoever may not read every state applies only what was proved, while nothing has moved."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from pipeline import backend
from pipeline.bucket import Bucket, BucketError, Checkpoint, WithheldError
from pipeline.bundle import Contents, PlannedStack, write_bundle
from pipeline.checkpoints import see
from pipeline.errors import BundleRefusedError, BundleStaleError, StackUnreadableError
from pipeline.fleet import Fleet
from pipeline.job import StackJob
from pipeline.journal import Journal
from pipeline.up_all import Prepared, apply, prepare
from tests.engine import ACCOUNTS, REPOSITORY
from tests.policies.worlds import profiles

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pipeline.command import EngineCommand

PLACE = ".pulumi/stacks/iam-profiles"
UPPER = ("state", "prod")


def checkpoint(serial: int) -> bytes:
    """A state in which something is deployed."""
    resources = [{"urn": "urn:pulumi:a::iam-profiles::b:c:D::e", "type": "b:c:D", "id": serial}]
    return json.dumps({"version": 3, "checkpoint": {"latest": {"resources": resources}}}).encode()


@dataclass
class Store:
    """A bucket as S3 serves it to somebody who may list it, and not read all that is in it."""

    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    kept_from: tuple[str, ...] = ()
    unlisted: bool = False
    written_while_read: int = 0
    tags: dict[str, int] = field(default_factory=dict[str, int])

    def write(self, stack: str, content: bytes) -> None:
        key = f"{PLACE}/{stack}.json"
        self.objects[key] = content
        self.tags[key] = self.tags.get(key, 0) + 1

    def get_paginator(self, operation: str) -> "Store":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803 -- boto3's
        del Bucket
        if self.unlisted:
            raise denied("ListObjectsV2")
        at = datetime(2026, 1, 1, tzinfo=UTC)
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        yield {
            "Contents": [{"Key": one, "LastModified": at, "ETag": self._tag(one)} for one in keys]
        }

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 -- boto3's
        del Bucket
        stack = Key.rpartition("/")[2].removesuffix(".json")
        if stack in self.kept_from:
            raise denied("GetObject")
        if self.written_while_read:
            self.written_while_read -= 1
            self.write(stack, self.objects[Key])
        return {"Body": io.BytesIO(self.objects[Key]), "ETag": self._tag(Key)}

    def _tag(self, key: str) -> str:
        return f'"{self.tags[key]}"'


def denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, operation)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """Four states, all of which may be read for now."""
    found = Store()
    for serial, name in enumerate(ACCOUNTS):
        found.write(name, checkpoint(serial))
    place = Bucket("states", "", "iam-profiles", found)

    def always(_: StackJob) -> Bucket:
        return place

    monkeypatch.setattr(backend, "backend_of", always)
    return found


@pytest.fixture
def fleet() -> Fleet:
    jobs = {name: StackJob(name, REPOSITORY) for name in ACCOUNTS}
    return Fleet(REPOSITORY, profiles(), jobs, {"it": "as it is"}, cast("EngineCommand", None))


@pytest.fixture
def contents(store: Store, fleet: Fleet) -> Contents:
    """What a preview of `nonprod` writes, by somebody who reads all states."""
    assert store.objects
    states = fleet.states()
    return Contents(
        verdict="proved",
        inputs=fleet.inputs,
        stacks=[PlannedStack(name="nonprod", changes=True)],
        states={name: state.digest for name, state in states.items()},
        order=[["nonprod"]],
        rules=["nonprod never reaches prod"],
        files={},
        marks={name: str(state.mark) for name, state in states.items()},
    )


def prepared(folder: Path, fleet: Fleet, store: Store, contents: Contents) -> Prepared:
    """Prepare the bundle as somebody who is kept from the upper accounts' states."""
    digest = write_bundle(folder / "bundle", contents)
    store.kept_from = UPPER
    return prepare(folder / "bundle", fleet, digest=f"sha256:{digest}")


def test_what_was_proved_is_taken_while_no_state_has_moved(
    tmp_path: Path, fleet: Fleet, store: Store, contents: Contents
) -> None:
    ready = prepared(tmp_path, fleet, store, contents)
    assert (ready.stages, ready.withheld) == ((("nonprod",),), UPPER)
    with pytest.raises(BundleRefusedError, match=r"`state`, `prod`.*nobody says that this is its"):
        prepare(tmp_path / "bundle", fleet)
    with pytest.raises(BundleRefusedError, match="apply the bundle that was approved"):
        prepare(tmp_path / "bundle", fleet, digest="0" * 64)


@pytest.mark.parametrize("moved", ["prod", "state", "sandbox", "nonprod"])
def test_a_state_that_moved_makes_it_stale_whether_it_can_be_read_or_not(
    tmp_path: Path, fleet: Fleet, store: Store, contents: Contents, moved: str
) -> None:
    store.write(moved, checkpoint(9))
    with pytest.raises(BundleStaleError, match=f"the state of stack {moved}`"):
        prepared(tmp_path, fleet, store, contents)


def test_a_state_that_came_or_went_has_moved(
    tmp_path: Path, fleet: Fleet, store: Store, contents: Contents
) -> None:
    del store.objects[f"{PLACE}/prod.json"]
    with pytest.raises(BundleStaleError, match="the state of stack prod`"):
        prepared(tmp_path, fleet, store, contents)


def test_a_state_without_a_mark_has_moved(
    tmp_path: Path, fleet: Fleet, store: Store, contents: Contents
) -> None:
    with pytest.raises(BundleStaleError, match=r"stack prod`, `the state of stack state`"):
        prepared(tmp_path, fleet, store, replace(contents, marks={}))


def test_no_journal_excuses_a_state_where_the_proof_is_not_made_again(
    tmp_path: Path, fleet: Fleet, store: Store, contents: Contents
) -> None:
    digest = write_bundle(tmp_path / "bundle", contents)
    Journal(tmp_path / "bundle").begin("nonprod")
    store.write("nonprod", checkpoint(9))
    store.kept_from = UPPER
    with pytest.raises(BundleStaleError, match="the state of stack nonprod`"):
        prepare(tmp_path / "bundle", fleet, digest=digest)


def test_what_it_changes_must_be_readable_and_in_its_order(
    tmp_path: Path, fleet: Fleet, store: Store, contents: Contents
) -> None:
    stacks = [PlannedStack(name=name, changes=True) for name in ("nonprod", "prod")]
    wider = replace(contents, stacks=stacks, order=[["nonprod", "prod"]])
    with pytest.raises(BundleRefusedError, match="and it changes `prod`; preview with `--stack`"):
        prepared(tmp_path, fleet, store, wider)
    for order in ([], [["nonprod"], ["nonprod"]], [["nonprod", "sandbox"]]):
        with pytest.raises(BundleRefusedError, match="its order is not of the stacks"):
            prepared(tmp_path, fleet, store, replace(contents, order=order))


def test_between_preparing_and_each_stage_it_is_looked_again(
    tmp_path: Path, fleet: Fleet, store: Store, contents: Contents
) -> None:
    ready = prepared(tmp_path, fleet, store, contents)
    store.write("prod", checkpoint(9))
    nobody = cast("Executor", None)
    with pytest.raises(BundleStaleError, match="the state of stack prod`"):
        next(apply(ready, nobody, lambda _: None, workers=1))


def test_where_the_bucket_may_not_be_listed_nothing_is_known_of_a_state(
    fleet: Fleet, store: Store
) -> None:
    store.unlisted = True
    with pytest.raises(StackUnreadableError, match="its state cannot be read"):
        see(fleet.jobs.values(), fleet.command)


def test_the_mark_is_that_of_what_was_read() -> None:
    store = Store(written_while_read=2)
    place = Bucket("states", "", "iam-profiles", store)
    store.write("prod", b"{}")
    assert place.checkpoint("prod") == Checkpoint(b"{}", 'prod.json "3"')
    assert place.checkpoint("nonprod") == Checkpoint(None, "")
    store.kept_from = ("prod",)
    with pytest.raises(WithheldError) as caught:
        place.checkpoint("prod")
    assert caught.value.mark == 'prod.json "3"'
    store.kept_from, store.written_while_read = (), 9
    with pytest.raises(BucketError, match="written again and again"):
        place.checkpoint("prod")
