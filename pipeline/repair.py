"""Set right what a killed engine left behind: a lock nobody holds, creates nobody recorded."""

import socket
from dataclasses import dataclass
from pathlib import Path

import psutil
from pydantic import BaseModel, ValidationError

from pipeline.backend import locks_of, take_off
from pipeline.bucket import Stored
from pipeline.checkpoints import State
from pipeline.command import EngineCommand
from pipeline.errors import StackBusyError, StackInterruptedError, StackUnreadableError
from pipeline.job import StackJob
from pipeline.operate import open_stack
from pipeline.pending import settle_pending


@dataclass(frozen=True, slots=True)
class Repaired:
    """One thing that was found and set right, in words for a person."""

    stack: str
    what: str


class _Lock(BaseModel):
    """What the engine writes into a lock, in a folder or a bucket."""

    pid: int
    username: str
    hostname: str


def repair(
    job: StackJob,
    command: EngineCommand,
    *,
    patience_seconds: float = 0.0,
    owner_is_dead: bool = False,
) -> tuple[Repaired, ...]:
    """Free a lock whose owner is dead, and settle what was under way when it died.

    An owner that lives is given so many seconds to end: it may be the engine of a run that was
    killed, which finishes what it had begun. `owner_is_dead` is the user's word for the owner of a
    lock that was taken on another machine, which cannot be looked at from here.

    Raises:
        StackBusyError: the lock's owner lives, or is on another machine.
        StackUnreadableError: the backend or the state cannot be read.
    """
    freed = free_locks(job, patience_seconds=patience_seconds, owner_is_dead=owner_is_dead)
    open_stack(job, command)
    return (*freed, *settle(job, command))


def settle(job: StackJob, command: EngineCommand) -> tuple[Repaired, ...]:
    """Settle what was under way when an engine died; the stack is open.

    Raises:
        StackUnreadableError: the state cannot be read.
    """
    return tuple(Repaired(job.stack, what) for what in settle_pending(job, command))


def free_locks(
    job: StackJob, *, patience_seconds: float = 0.0, owner_is_dead: bool = False
) -> tuple[Repaired, ...]:
    """Take a dead engine's locks off a folder or a bucket; a service tells the owner itself.

    As `pulumi cancel` does, which wants the stack to exist: an engine may die while it makes one.

    Raises:
        StackBusyError: the lock's owner lives, or is on another machine.
        StackUnreadableError: a lock cannot be read.
    """
    freed: list[Repaired] = []
    for path in locks_of(job):
        lock = _read_lock(job, path)
        if lock.hostname != socket.gethostname():
            if not owner_is_dead:
                raise StackBusyError(
                    job.stack,
                    f"locked by process {lock.pid} of {lock.username} on `{lock.hostname}`",
                    "make sure there that it has ended, then run "
                    f"`iam-profiles repair --stack {job.stack} --lock-owner-is-dead`",
                )
        elif _runs_engine(lock.pid, patience_seconds):
            raise _busy(job, lock)
        if not take_off(job, path):  # its owner ended in good order while we waited
            continue
        where = "" if lock.hostname == socket.gethostname() else f" on `{lock.hostname}`"
        freed.append(
            Repaired(job.stack, f"freed the lock of process {lock.pid}{where}, which is dead")
        )
    return tuple(freed)


def check_left_behind(job: StackJob, state: State) -> None:
    """Refuse a stack over which an engine died, saying what was found and what repairs it.

    Raises:
        StackInterruptedError: it is so.
        StackBusyError: an engine is at work on it.
        StackUnreadableError: a lock cannot be read.
    """
    found: list[str] = []
    for path in locks_of(job):
        lock = _read_lock(job, path)
        here = lock.hostname == socket.gethostname()
        if here and _runs_engine(lock.pid, 0.0):
            raise _busy(job, lock)
        where = ", which is dead" if here else f" on `{lock.hostname}`"
        found.append(f"it is locked by process {lock.pid} of {lock.username}{where}")
    if state.pending:
        names = ", ".join(f"`{urn.rpartition('::')[2]}`" for urn in state.pending)
        many = f"{len(state.pending)} operation{'s were' if len(state.pending) > 1 else ' was'}"
        found.append(f"{many} never finished: {names}")
    if found:
        raise StackInterruptedError(job.stack, " and ".join(found))


def _busy(job: StackJob, lock: _Lock) -> StackBusyError:
    return StackBusyError(
        job.stack,
        f"being updated by process {lock.pid} of {lock.username}",
        "wait for it to end, or stop it with one SIGINT",
    )


def _read_lock(job: StackJob, path: Path | Stored) -> _Lock:
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
