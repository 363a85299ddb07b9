"""The steps of the conformance suite: keys, leases, writes, and what comes between their calls."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from credentials.errors import StoreConflictError
from credentials.keys import AccessKeyId
from credentials.secret import Secret
from credentials.store import Label, Lease, Owner, Rotation, Store, StoredKey, Version
from iam_profiles.names import Arn
from tests.credentials.example import USER_ARN
from tests.credentials.fakes import refuse
from tests.credentials.stores.rigs import Rig

Rigs = Callable[[], Rig]
MADE = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def key(number: int) -> StoredKey:
    """A key as AWS hands it out."""
    secret = Secret(f'can"ry/{number:04d}+{"s" * 28}')
    made = MADE + timedelta(minutes=number)
    return StoredKey(AccessKeyId(f"AKIA{number:016d}"), secret, Arn(USER_ARN), made)


def lease(run: str) -> Lease:
    """A lease of a run."""
    rotation = Rotation(previous=key(1).access_key_id, superseded_at=MADE)
    until = MADE + timedelta(seconds=90, microseconds=7)
    return Lease(Owner(run, "here", 1, 1.5), until, rotation=rotation)


def label(store: Store, name: Label) -> Version:
    """The version that a label names."""
    version = getattr(store.read(), name.value)
    assert isinstance(version, Version), f"nothing is {name}"
    return version


def with_current(rig: Rig, number: int = 1) -> Store:
    """A store whose current key is the `number`-th; its lease is the first."""
    store = rig.store()
    store.prepare()
    assert store.write_lease(1, lease("first"))
    store.add(key(number), 1)
    store.promote(label(store, Label.PENDING), expected=label(store, Label.CURRENT))
    return store


@dataclass(frozen=True)
class Seen:
    """What a run has seen before it writes."""

    current: Version
    pending: Version
    previous: Version


def begin(rig: Rig) -> Seen:
    """A store on which each kind of write has something to do."""
    store = with_current(rig)
    store.add(key(2), 1)
    labels = (Label.CURRENT, Label.PENDING, Label.PREVIOUS)
    return Seen(*(label(store, name) for name in labels))


def write(rig: Rig, kind: str, seen: Seen, run: int = 2) -> Callable[[], object]:
    """A write by a run of its own."""
    store = rig.store()
    works: dict[str, Callable[[], object]] = {
        "lease": lambda: store.write_lease(2, lease(f"run {run}")),
        "add": lambda: store.add(key(run + 1), 1),
        "promote": lambda: store.promote(seen.pending, expected=seen.current),
        "restate": lambda: store.restate(expected=seen.current, generation=run),
        "empty": lambda: store.empty(expected=seen.current, generation=run),
        "clear pending": lambda: store.clear(Label.PENDING, seen.pending),
        "clear previous": lambda: store.clear(Label.PREVIOUS, seen.previous),
    }
    return works[kind]


def outcome(work: Callable[[], object]) -> object:
    """What came of a write."""
    try:
        return work()
    except StoreConflictError:
        return StoreConflictError


def calls_of(rigs: Rigs, kind: str) -> int:
    """How many calls a write makes that nothing disturbs."""
    with rigs() as rig:
        work = write(rig, kind, begin(rig))
        before = len(rig.aws.calls)
        work()
        return len(rig.aws.calls) - before


def lose_answer(rig: Rig, nth: int) -> None:
    """Lose the answer to the `nth` change from now on."""
    left = [nth]

    def after(_at: int, called: str) -> None:
        if called in rig.writes:
            left[0] -= 1
            if left[0] < 0:
                quietly(rig)
                raise ReadTimeoutError(endpoint_url="https://store")

    rig.aws.after = after


def unreachable() -> None:
    """The store is down."""
    raise ConnectTimeoutError(endpoint_url="https://store")


def denied() -> None:
    """The store refuses."""
    refuse("Call", "AccessDenied", "not authorized", 403)


def at_call(rig: Rig, nth: int, work: Callable[[], object]) -> None:
    """Do something once, before the `nth` call from now on."""
    start = len(rig.aws.calls)

    def before(at: int, _called: str) -> None:
        if at == start + nth:
            quietly(rig)
            work()

    rig.aws.before = before


WRITES = ("lease", "add", "promote", "restate", "empty", "clear pending", "clear previous")


def state(rig: Rig) -> dict[str, object]:
    """All that a store tells."""
    store = rig.store()
    snapshot = store.read()
    return {
        "snapshot": replace(snapshot, arn=Arn("")),  # each rig has a place of its own
        "lease": store.lease(snapshot.generation) if snapshot.generation else None,
        "keys": {
            version.id: store.fetch(version)
            for version in (snapshot.current, snapshot.pending, snapshot.previous)
            if version and version.access_key_id
        },
    }


def quietly(rig: Rig) -> None:
    """Let nothing more come between."""
    rig.aws.before = rig.aws.after = lambda _at, _called: None
