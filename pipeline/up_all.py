"""Apply a bundle: exactly what was previewed, in an order of which each state is proved."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from pipeline.backend import folder_of
from pipeline.bundle import LOCK, Bundle
from pipeline.checkpoints import Seen, State, see, state_of
from pipeline.errors import BundleRefusedError, BundleStaleError, BundleUnreadableError
from pipeline.fleet import Fleet
from pipeline.inputs import moved
from pipeline.job import Outcome
from pipeline.journal import Done, Journal, alone
from pipeline.judge import Judged, judge
from pipeline.repair import check_left_behind
from pipeline.together import Stage
from pipeline.vouched import as_marked, still_as_marked, vouched
from pipeline.work import OnEvent, Work, run
from policies.checkpoint import CheckpointError, Deployed, deployed


@dataclass(frozen=True)
class Prepared:
    """A bundle that may be applied now.

    Attributes:
        stages: what is left to be done.
        done: the stacks that an earlier run of this bundle brought to what is planned.
        resumed: those that it had begun.
        withheld: those whose states whoever applies may not read: the preview's proof is taken.
    """

    bundle: Bundle
    fleet: Fleet
    states: Mapping[str, State]
    stages: tuple[Stage, ...]
    done: tuple[str, ...]
    resumed: tuple[str, ...]
    judged: Judged
    withheld: tuple[str, ...] = ()


def prepare(folder: Path, fleet: Fleet, *, digest: str | None = None) -> Prepared:
    """Check that a bundle is as it was written, from what is there now, and proved from here on.

    Where states may not be read, the proof is the preview's: of the bundle with this very `digest`,
    and as long as nothing has moved.

    Raises:
        BundleError: it is none, is altered, stale, or was refused; all that moved is named.
        StackInterruptedError: an engine died over one of its stacks.
        StackBusyError: an engine is at work on one.
    """
    bundle = Bundle(folder)
    manifest = bundle.manifest
    if digest is not None and digest.removeprefix("sha256:") != bundle.digest:
        found = f"its digest is `sha256:{bundle.digest}`, not `{digest}`"
        raise BundleRefusedError(folder, found, "apply the bundle that was approved")
    if manifest.verdict != "proved":
        raise BundleRefusedError(
            folder,
            f"its preview was `{manifest.verdict}`",
            "mend what `report.md` in it names, and preview again",
        )
    seen = see(fleet.jobs.values(), fleet.command)
    # INVARIANT: the proof taken from a preview is of the states that it began from, all of them: a
    # journal, which anybody may have written, excuses none.
    journal = {} if seen.withheld else Journal(folder).read()
    states = seen.states
    changed = tuple(one.name for one in manifest.stacks if one.changes)
    _check_fresh(folder, fleet, seen, bundle, journal)
    taken = vouched(bundle, seen, digest) if seen.withheld else None
    done = tuple(name for name in changed if name in journal and journal[name].state)
    waiting = tuple(name for name in changed if name not in done)
    for name in waiting:
        check_left_behind(fleet.jobs[name], states[name])
    judged = taken or _judge(bundle, fleet, states, waiting)
    if judged.verdict != "proved":
        reasons = "; ".join(one.message for one in judged.findings if one.verdict != "noted")
        raise BundleRefusedError(
            folder, f"it is not proved from here on: {reasons}", "preview again"
        )
    resumed = tuple(name for name in waiting if name in journal)
    stages = _stages(judged, waiting)
    return Prepared(bundle, fleet, states, stages, done, resumed, judged, tuple(seen.withheld))


def apply(
    prepared: Prepared, executor: Executor, on_event: OnEvent, *, workers: int
) -> Iterator[Outcome]:
    """Apply what is left, stage after stage; yield each stack's outcome, none after a failure.

    Whoever calls holds the `turn`, and has held it since before `prepare`.

    Raises:
        BundleStaleError: a state that may not be read has moved since `prepare`.
    """
    journal = Journal(prepared.bundle.folder)
    for stage in prepared.stages:
        failed = False
        still_as_marked(prepared.bundle, prepared.fleet, prepared.withheld)
        works = (_work(prepared, name, journal) for name in stage)
        for outcome in run(works, executor, on_event, at_once=workers, until_failure=True):
            failed = failed or not outcome.ok
            if outcome.ok:
                after = state_of(prepared.fleet.jobs[outcome.stack], prepared.fleet.command)
                journal.finish(outcome.stack, after.digest)
            yield outcome
        if failed:
            return


def turn(fleet: Fleet, folder: Path) -> AbstractContextManager[None]:
    """Hold the turn to apply a bundle to the stacks of this backend, or of this bundle at least.

    Raises:
        BundleUnreadableError: there is no such folder.
        BusyError: another run has it.
    """
    if not folder.is_dir():
        raise BundleUnreadableError(folder, "there is no such folder")
    backend = folder_of(next(iter(fleet.jobs.values())))
    return alone(folder / LOCK if backend is None else backend.turnstile, folder)


def _work(prepared: Prepared, name: str, journal: Journal) -> Work:
    """Return the job of one stack; that it is begun is noted when it is asked for."""
    journal.begin(name)
    return Work(
        prepared.fleet.jobs[name],
        "up",
        plan=prepared.bundle.plan(name),
        state=prepared.states[name].digest,
        known=prepared.states[name].exists,
    )


def _check_fresh(
    folder: Path,
    fleet: Fleet,
    seen: Seen,
    bundle: Bundle,
    journal: Mapping[str, Done],
) -> None:
    """Refuse a bundle of which anything that it depends on has moved, naming all of it."""
    stale = list(moved(bundle.manifest.inputs, fleet.inputs))
    now = {name: state.digest for name, state in seen.states.items()}
    now |= as_marked(bundle, seen)
    for name in moved(bundle.manifest.states, now):
        entry = journal.get(name)
        # What this bundle itself has moved is no surprise: as far as it came, or in the middle.
        if entry is None or entry.state not in (None, now.get(name)):
            stale.append(f"the state of stack {name}")
    if stale:
        raise BundleStaleError(folder, stale)


def _judge(
    bundle: Bundle, fleet: Fleet, states: Mapping[str, State], waiting: Sequence[str]
) -> Judged:
    """Prove it once more, from the states as they are: nothing is taken on the bundle's word."""
    before = {name: state.deployed for name, state in states.items()}
    planned: dict[str, Deployed | None] = {}
    for name in waiting:
        try:
            planned[name] = deployed(bundle.planned(name))
        except (OSError, CheckpointError) as error:
            why = f"what stack `{name}` would be cannot be read"
            raise BundleUnreadableError(bundle.folder, why) from error
    return judge(fleet.profiles, before, planned)


def _stages(judged: Judged, waiting: Sequence[str]) -> tuple[Stage, ...]:
    """Return the order, with what changes nothing that the proof looks at first."""
    ordered = {name for stage in judged.order for name in stage}
    first = tuple(name for name in waiting if name not in ordered)
    if not judged.order:
        return (first,) if first else ()
    return ((*first, *judged.order[0]), *judged.order[1:])
