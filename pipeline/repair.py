"""Set right what a killed engine left behind: a lock nobody holds, creates nobody recorded."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
from pydantic import BaseModel, ValidationError

from pipeline.command import EngineCommand
from pipeline.errors import StackBusyError, StackUnreadableError
from pipeline.job import StackJob
from pipeline.operate import open_stack
from pipeline.pending import settle_pending


@dataclass(frozen=True, slots=True)
class Repaired:
    """One thing that was found and set right, in words for a person."""

    stack: str
    what: str


class _Lock(BaseModel):
    """What the engine writes into a lock of a file backend."""

    pid: int
    username: str
    hostname: str


def repair(
    job: StackJob, command: EngineCommand, *, patience_seconds: float = 0.0
) -> tuple[Repaired, ...]:
    """Free a lock whose owner is dead, and settle what was under way when it died.

    An owner that lives is given so many seconds to end: it may be the engine of a run that was
    killed, which finishes what it had begun.

    Raises:
        StackBusyError: the lock's owner lives, or is on another machine.
        StackUnreadableError: the backend or the state cannot be read.
    """
    freed = _free_locks(job, patience_seconds)
    open_stack(job, command)
    settled = tuple(Repaired(job.stack, what) for what in settle_pending(job, command))
    return (*freed, *settled)


def _free_locks(job: StackJob, patience_seconds: float) -> tuple[Repaired, ...]:
    """Take a dead engine's locks off a file backend; other backends tell the owner themselves.

    As `pulumi cancel` does, which wants the stack to exist: an engine may die while it makes one.
    """
    freed: list[Repaired] = []
    for path in _lock_files(job):
        lock = _read_lock(job, path)
        if lock.hostname != socket.gethostname():
            raise StackBusyError(
                job.stack,
                f"locked by process {lock.pid} of {lock.username} on `{lock.hostname}`",
                "make sure there that it has ended, then run `pulumi cancel`",
            )
        if _runs_engine(lock.pid, patience_seconds):
            raise StackBusyError(
                job.stack,
                f"being updated by process {lock.pid} of {lock.username}",
                "wait for it to end, or stop it with one SIGINT",
            )
        if not path.exists():  # it ended in good order while we waited
            continue
        path.unlink(missing_ok=True)
        freed.append(Repaired(job.stack, f"freed the lock of process {lock.pid}, which is dead"))
    return tuple(freed)


def _lock_files(job: StackJob) -> tuple[Path, ...]:
    """The stack's lock files in a file backend, oldest first."""
    url = urlsplit(
        job.environment.get("PULUMI_BACKEND_URL", os.environ.get("PULUMI_BACKEND_URL", ""))
    )
    if url.scheme != "file":
        return ()
    folder = Path(unquote(url.path)).expanduser() / ".pulumi" / "locks"
    return tuple(sorted(folder.glob(f"organization/*/{job.stack}/*.json")))


def _read_lock(job: StackJob, path: Path) -> _Lock:
    try:
        return _Lock.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise StackUnreadableError(
            job.stack,
            f"its lock `{path.name}` cannot be read",
            "make sure that nobody updates the stack, then run `pulumi cancel`",
        ) from error


def _runs_engine(pid: int, patience_seconds: float) -> bool:
    """Whether the process is an engine that still runs after so long; pids are given anew."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or "pulumi" not in process.name():
            return False
        process.wait(patience_seconds)
    except psutil.NoSuchProcess:
        return False
    except psutil.TimeoutExpired:
        return True
    return False
