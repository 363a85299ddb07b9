"""Which executor: processes of this machine, unless a cluster is named."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pipeline.command import EngineCommand
from pipeline.executors.errors import ExecutorError, ExecutorUnknownError
from pipeline.executors.processes import Processes
from pipeline.executors.workers import Workers
from pipeline.fleet import Fleet, default_workers
from pipeline.work import OnEvent

LOCAL = "local"


def open_workers(  # noqa: PLR0913 -- one word each of what the command was asked for
    where: str,
    on_event: OnEvent,
    *,
    inputs: Mapping[str, str],
    command: EngineCommand | None = None,
    workers: int | None = None,
    stacks: int,
) -> Workers:
    """Return the workers at `local` or at `dask://HOST:PORT`, no more than there are stacks.

    Args:
        where: the executor.
        on_event: is told how far each stack is, in whichever thread hears of it.
        inputs: what a worker elsewhere must have just so.
        command: the engine of workers of this machine, if its version is known.
        workers: how many stacks go side by side; by default as many as there is room for.
        stacks: how many there are.

    Raises:
        ExecutorUnknownError: there is no such executor.
        ExecutorError: it does not answer.
    """
    if where == LOCAL:
        return Processes(min(workers or default_workers(), stacks), on_event, command)
    if urlsplit(where).scheme != "dask":
        raise ExecutorUnknownError(where, "there is none of this kind")
    try:
        from pipeline.executors.dask import Cluster  # noqa: PLC0415 an extra, and slow to load
    except ModuleNotFoundError as error:
        if error.name not in ("dask", "distributed"):
            raise
        remedy = "install it: `pip install 'iam-profiles[dask]'`"
        raise ExecutorError(where, "Dask is not installed", remedy) from error
    return Cluster(where, workers, inputs, on_event)


def workers_for(
    fleet: Fleet, stacks: Sequence[str], where: str, on_event: OnEvent, workers: int | None
) -> Workers:
    """Return the workers, at `where`, for these stacks of a fleet: as of `open_workers`."""
    return open_workers(
        where,
        on_event,
        inputs=fleet.inputs,
        command=fleet.command,
        workers=workers,
        stacks=len(stacks),
    )
