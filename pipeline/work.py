"""One stack operation as a job for any executor: picklable in, picklable out.

A worker need not be a process of this machine: it is told of progress and of the wish to stop by
a `Line`, which whoever starts the worker sets up there; without one it works in silence.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Final, Literal, Protocol

from pipeline.checkpoints import state_of
from pipeline.command import EngineCommand
from pipeline.errors import PipelineError
from pipeline.job import Outcome, StackJob
from pipeline.operate import INTERRUPTED, open_stack, preview, update
from pipeline.pack import served
from pipeline.repair import repair

MOVED: Final = "its state was changed by somebody else since the preview; preview again"
LOST: Final = "its worker was lost; run `iam-profiles repair --stack {stack}`, then this again"
TRIED_AGAIN: Final = "its worker was lost, and it was carried out once more"
TRIED_NOT: Final = "its worker was lost, and its stack could not be repaired"
PATIENCE_SECONDS: Final = 60.0
"""How long the engine of a lost worker may take to end: it finishes what it has begun."""
_LOCKED: Final = "currently locked by"
_TOLD_EVERY_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done with one stack.

    Attributes:
        plan: what `up` applies, exactly.
        state: the digest of the state that it begins from; `up` refuses another one.
        known: whether the stack is known to exist.
        owner_is_dead: the user's word for the owner of a lock of another machine, of a repair.
        patience_seconds: how long a repair waits for an engine that lives.
        together: whether all stacks are proved together once they are previewed: see `pack`.
    """

    job: StackJob
    operation: Literal["preview", "up", "repair"]
    plan: bytes = b""
    state: str | None = None
    known: bool = False
    owner_is_dead: bool = False
    patience_seconds: float = 1.0
    together: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stack is: so many resources done, and the last one's name."""

    stack: str
    phase: str
    done: int = 0
    name: str = ""


Event = Progress | Outcome
OnEvent = Callable[[Event], None]


class Line(Protocol):
    """What a worker is connected by."""

    def tell(self, progress: Progress, /) -> None:
        """Say how far a stack is."""
        ...

    def hold(self, command: EngineCommand, /) -> None:
        """Take the command whose engines are to be interrupted when it is time to stop."""
        ...


class Silence:
    """Nobody listens, and nobody stops."""

    def tell(self, progress: Progress, /) -> None:
        """Say nothing."""

    def hold(self, command: EngineCommand, /) -> None:
        """Do nothing."""


class Worker:
    """Who carries out operations, one at a time: this process, or a thread of it."""

    def __init__(self, line: Line | None = None, command: EngineCommand | None = None) -> None:
        self.line: Line = line or Silence()
        self.busy = threading.Lock()
        self.given = command
        """The engine's command, if whoever makes the worker has one."""

    @cached_property
    def command(self) -> EngineCommand:
        """The engine's command, whose version is asked for once."""
        command = self.given or EngineCommand()
        self.line.hold(command)
        return command


WORKER: Final = Worker()


def carry_out(work: Work, worker: Worker = WORKER) -> Outcome:
    """Carry out one operation; whatever goes wrong is its outcome."""
    began = time.monotonic()
    with worker.busy:
        try:
            command = worker.command
        except PipelineError as error:
            return failed(work, str(error), began)
        try:
            return _explained(_carry_out(work, worker))
        except PipelineError as error:
            return failed(work, INTERRUPTED if command.interrupted else str(error), began)


def run(
    works: Iterable[Work],
    executor: Executor,
    on_event: OnEvent,
    *,
    at_once: int | None = None,
    until_failure: bool = False,
) -> Iterator[Outcome]:
    """Carry out the operations side by side; yield each outcome as it comes, and tell it.

    An operation whose worker is lost is carried out once more; an update, once its stack is
    repaired.

    Args:
        works: is asked for the next one when there is room for it.
        executor: of processes, here or anywhere. `BrokenExecutor` is how it tells that the worker
            of an operation was lost.
        on_event: is called in this thread with each outcome.
        at_once: how many are handed to the executor at a time; all of them by default.
        until_failure: whether none is begun any more after one that failed.
    """
    waiting = iter(works)
    under_way: dict[Future[Outcome], _Attempt] = {}

    def begin(attempts: Iterable[_Attempt]) -> None:
        for attempt in attempts:
            under_way[executor.submit(carry_out, attempt.work)] = attempt

    begin(map(_Attempt, islice(waiting, at_once)))
    failed = False
    while under_way:
        done, _ = wait(under_way, return_when=FIRST_COMPLETED)
        room = 0
        for future in done:
            outcome = under_way.pop(future).ended(future)
            if isinstance(outcome, _Attempt):
                on_event(Progress(outcome.work.job.stack, outcome.work.operation))
                begin([outcome])
                continue
            room += 1
            failed = failed or not outcome.ok
            on_event(outcome)
            yield outcome
        if not (failed and until_failure):
            begin(map(_Attempt, islice(waiting, room)))


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One operation under way: as it was asked for, or what comes after a worker was lost over it.

    Attributes:
        then: the operation that this repair is for.
        lost: whether a worker was lost over it already: that is borne once.
        notes: what was set right so far.
    """

    work: Work
    then: Work | None = None
    lost: bool = False
    notes: tuple[str, ...] = ()

    def ended(self, future: "Future[Outcome]") -> "Outcome | _Attempt":
        """Return what came of it, or what is to be done next."""
        asked = self.then or self.work
        began = time.monotonic()
        try:
            outcome = future.result()
        except BrokenExecutor:
            return self._again() or failed(asked, LOST.format(stack=asked.job.stack), began)
        except CancelledError:
            return failed(asked, INTERRUPTED, began)
        except PipelineError as error:
            return failed(asked, str(error), began)
        if self.then is None:
            return outcome.with_notes(*self.notes)
        notes = (*self.notes, *outcome.notes)
        if not outcome.ok:
            return failed(asked, "; ".join((TRIED_NOT, *outcome.errors)), began)
        # INVARIANT: it goes on from the state that the repair left, and from no other.
        return _Attempt(replace(asked, state=outcome.state), lost=True, notes=notes)

    def _again(self) -> "_Attempt | None":
        if self.lost:
            return None
        if self.work.operation != "up":
            return replace(self, lost=True, notes=(TRIED_AGAIN,))
        repair = Work(self.work.job, "repair", patience_seconds=PATIENCE_SECONDS)
        return _Attempt(repair, then=self.work, lost=True, notes=(TRIED_AGAIN,))


def _carry_out(work: Work, worker: Worker) -> Outcome:
    job, command = work.job, worker.command
    told = _Told(job.stack, work.operation, worker.line)
    worker.line.tell(Progress(job.stack, work.operation))
    if work.operation == "repair":
        return _repair(work, command)
    if work.operation == "preview":
        with served(job) if work.together else nullcontext(job) as job:
            return preview(job, open_stack(job, command, known=work.known), on_progress=told)
    stack = open_stack(job, command, known=work.known)
    began = time.monotonic()
    if work.state is not None and state_of(job, command).digest != work.state:
        return failed(work, MOVED, began)
    return update(job, stack, plan=work.plan, on_progress=told)


def _repair(work: Work, command: EngineCommand) -> Outcome:
    began = time.monotonic()
    found = repair(
        work.job,
        command,
        patience_seconds=work.patience_seconds,
        owner_is_dead=work.owner_is_dead,
    )
    outcome = _outcome(work, began, ok=True, notes=tuple(one.what for one in found))
    return replace(outcome, state=state_of(work.job, command).digest)


class _Told:
    """Progress of one stack, told so often that it looks alive and no oftener."""

    def __init__(self, stack: str, phase: str, line: Line) -> None:
        self._stack = stack
        self._phase = phase
        self._line = line
        self._last = 0.0

    def __call__(self, done: int, name: str) -> None:
        now = time.monotonic()
        if now - self._last >= _TOLD_EVERY_SECONDS:
            self._last = now
            self._line.tell(Progress(self._stack, self._phase, done, name))


def _explained(outcome: Outcome) -> Outcome:
    """Add the remedy to what the engine only states."""
    if not any(_LOCKED in error for error in outcome.errors):
        return outcome
    why = (
        "somebody else is updating it, or was killed while doing so; wait, or run "
        f"`iam-profiles repair --stack {outcome.stack}`"
    )
    return outcome.with_errors(why)


def failed(work: Work, why: str, began: float | None = None) -> Outcome:
    """Return the outcome of what changed nothing, and why."""
    return _outcome(work, began or time.monotonic(), ok=False, errors=(why,))


def _outcome(
    work: Work,
    began: float,
    *,
    ok: bool,
    errors: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> Outcome:
    """Return the outcome of what changed nothing."""
    took = time.monotonic() - began
    stack, operation = work.job.stack, work.operation
    return Outcome(stack, operation, ok, {}, (), errors, took, notes=notes)
