"""What runs on a Dask worker: one operation, told of by the scheduler, stopped by its client."""

import threading
from collections.abc import Callable
from functools import cache
from typing import Final

from distributed import Event, get_worker
from distributed.worker import Worker as DaskWorker

from pipeline.command import EngineCommand
from pipeline.errors import PipelineError
from pipeline.executors.errors import WorkerLostError
from pipeline.executors.parcel import Parcel, States, unpack
from pipeline.job import Outcome
from pipeline.work import Progress, Work, Worker, failed

Function = Callable[[Work, Worker], Outcome]


def carry(function: Function, parcel: Parcel, states: States | None) -> Outcome:
    """Carry out an operation on this worker; one that lacks something says so in its outcome.

    Raises:
        WorkerLostError: another worker had begun it, and is gone.
    """
    here = get_worker()
    begun = Event(parcel.name)
    if begun.is_set():
        # INVARIANT: never carried out a second time by the scheduler's own doing: an engine may
        # still be at it, and a stack that was left in the middle is repaired first.
        raise WorkerLostError
    begun.set()
    here.log_event(parcel.run, {"begun": parcel.name, "host": here.ip})
    try:
        worker = Worker(_Line(parcel, here), _engine().another())
        if Event(parcel.run).is_set():
            worker.command.interrupt()
        return function(unpack(parcel, states, here.address, worker.command), worker)
    except PipelineError as error:
        return failed(parcel.work, str(error))
    finally:
        UNDER_WAY.end(parcel)


def stop(run: str) -> tuple[str, ...]:
    """Interrupt a run's engines on this worker; return the parcels that they are at."""
    return UNDER_WAY.stop(run)


class _UnderWay:
    """The engines at work in this process, `{run: {parcel: its engines}}`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, dict[str, EngineCommand]] = {}
        self._stopped: set[str] = set()

    def begin(self, parcel: Parcel, command: EngineCommand) -> None:
        """Take the engines of a parcel, to interrupt them when it is time."""
        with self._lock:
            self._runs.setdefault(parcel.run, {})[parcel.name] = command
            if parcel.run in self._stopped:
                command.interrupt()

    def end(self, parcel: Parcel) -> None:
        """Forget a parcel, and its run with the last one."""
        with self._lock:
            left = self._runs.get(parcel.run, {})
            left.pop(parcel.name, None)
            if not left:
                self._runs.pop(parcel.run, None)

    def stop(self, run: str) -> tuple[str, ...]:
        """Interrupt the engines of a run, and all that it would begin here."""
        with self._lock:
            self._stopped.add(run)
            found = self._runs.get(run, {})
            for command in found.values():
                command.interrupt()
            return tuple(found)


UNDER_WAY: Final = _UnderWay()


class _Line:
    """A worker's line to the client, by way of the scheduler."""

    def __init__(self, parcel: Parcel, here: DaskWorker) -> None:
        self._parcel = parcel
        self._here = here

    def tell(self, progress: Progress, /) -> None:
        """Say how far a stack is."""
        said = [progress.stack, progress.phase, progress.done, progress.name]
        self._here.log_event(self._parcel.run, {"progress": said})

    def hold(self, command: EngineCommand, /) -> None:
        """Interrupt this command's engines when it is time."""
        UNDER_WAY.begin(self._parcel, command)


@cache
def _engine() -> EngineCommand:
    """Return the engine of this worker, whose version is asked for once."""
    return EngineCommand()
