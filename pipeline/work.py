"""One stack operation as a job for any executor: picklable in, picklable out.

A worker need not be a process of this machine: it is told of progress and of the wish to stop by
a `Line`, which whoever starts the worker sets up there; without one it works in silence.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final, Literal, Protocol

from pipeline.checkpoints import state_of
from pipeline.command import EngineCommand
from pipeline.errors import PipelineError
from pipeline.job import Outcome, StackJob
from pipeline.operate import INTERRUPTED, open_stack, preview, update
from pipeline.repair import repair

MOVED: Final = "its state was changed by somebody else since the preview; preview again"
LOST: Final = "its worker was lost; run `iam-profiles repair --stack {stack}`, then this again"
_LOCKED: Final = "currently locked by"
_TOLD_EVERY_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done with one stack.

    Attributes:
        plan: what `up` applies, exactly.
        state: the digest of the state that the plan is for; `up` refuses another one.
        known: whether the stack is known to exist.
    """

    job: StackJob
    operation: Literal["preview", "up", "repair"]
    plan: bytes = b""
    state: str | None = None
    known: bool = False
    owner_is_dead: bool = False


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
    """This process as a worker: one operation at a time."""

    def __init__(self) -> None:
        self.line: Line = Silence()
        self.busy = threading.Lock()

    @cached_property
    def command(self) -> EngineCommand:
        """The engine's command, whose version is asked for once."""
        command = EngineCommand()
        self.line.hold(command)
        return command


WORKER: Final = Worker()


def carry_out(work: Work) -> Outcome:
    """Carry out one operation; whatever goes wrong is its outcome."""
    began = time.monotonic()
    with WORKER.busy:
        command = WORKER.command
        try:
            return _explained(_carry_out(work, command))
        except PipelineError as error:
            return _failed(work, INTERRUPTED if command.interrupted else str(error), began)


def run(
    works: Iterable[Work],
    executor: Executor,
    on_event: OnEvent,
    *,
    at_once: int | None = None,
    until_failure: bool = False,
) -> Iterator[Outcome]:
    """Carry out the operations side by side; yield each outcome as it comes, and tell it.

    Args:
        works: is asked for the next one when there is room for it.
        executor: of processes, here or anywhere.
        on_event: is called in this thread with each outcome.
        at_once: how many are handed to the executor at a time; all of them by default.
        until_failure: whether none is begun any more after one that failed.
    """
    began = time.monotonic()
    waiting = iter(works)
    under_way = _submit(islice(waiting, at_once), executor)
    failed = False
    while under_way:
        done, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in done:
            work = under_way.pop(future)
            try:
                outcome = future.result()
            except BrokenExecutor:
                outcome = _failed(work, LOST.format(stack=work.job.stack), began)
            failed = failed or not outcome.ok
            on_event(outcome)
            yield outcome
        if not (failed and until_failure):
            under_way |= _submit(islice(waiting, len(done)), executor)


def _submit(works: Iterable[Work], executor: Executor) -> dict[Future[Outcome], Work]:
    return {executor.submit(carry_out, work): work for work in works}


def _carry_out(work: Work, command: EngineCommand) -> Outcome:
    job = work.job
    told = _Told(job.stack, work.operation)
    WORKER.line.tell(Progress(job.stack, work.operation))
    if work.operation == "repair":
        began = time.monotonic()
        found = repair(job, command, patience_seconds=1.0, owner_is_dead=work.owner_is_dead)
        said = tuple(one.what for one in found)
        return _outcome(work, began, ok=True, notes=said)
    stack = open_stack(job, command, known=work.known)
    if work.operation == "preview":
        return preview(job, stack, on_progress=told)
    began = time.monotonic()
    if work.state is not None and state_of(job, command).digest != work.state:
        return _failed(work, MOVED, began)
    return update(job, stack, plan=work.plan, on_progress=told)


class _Told:
    """Progress of one stack, told so often that it looks alive and no oftener."""

    def __init__(self, stack: str, phase: str) -> None:
        self._stack = stack
        self._phase = phase
        self._last = 0.0

    def __call__(self, done: int, name: str) -> None:
        now = time.monotonic()
        if now - self._last >= _TOLD_EVERY_SECONDS:
            self._last = now
            WORKER.line.tell(Progress(self._stack, self._phase, done, name))


def _explained(outcome: Outcome) -> Outcome:
    """Add the remedy to what the engine only states."""
    if not any(_LOCKED in error for error in outcome.errors):
        return outcome
    why = (
        "somebody else is updating it, or was killed while doing so; wait, or run "
        f"`iam-profiles repair --stack {outcome.stack}`"
    )
    return outcome.with_errors(why)


def _failed(work: Work, why: str, began: float) -> Outcome:
    return _outcome(work, began, ok=False, errors=(why,))


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
