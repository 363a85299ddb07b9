"""The default executor: processes on this machine, which stop when they are told to.

A signal is not left to the operating system: Ctrl-C would reach every process of the terminal,
and the engine would take a second one as "stop at once". The workers ignore it; they are told by
an event, interrupt their engine once, and wait for it. A worker whose parent was killed does the
same by itself.

Each worker is a pool of its own: one that is killed takes nothing along, neither another's work
nor the lock of a queue that others wait for.
"""

import atexit
import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing.synchronize import Event as Stop
from types import FrameType
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from pipeline.command import EngineCommand
from pipeline.executors.workers import Workers
from pipeline.work import WORKER, OnEvent, Progress

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

_P = ParamSpec("_P")
_T = TypeVar("_T")

_LOOKS_EVERY_SECONDS: Final = 0.2
_HEARS_OUT_SECONDS: Final = 2.0


class Processes(Workers):
    """So many processes, each with one stack at a time.

    `command` is the engine's, if its version is known already: else each worker asks for it.
    """

    def __init__(
        self, workers: int, on_event: OnEvent, command: EngineCommand | None = None
    ) -> None:
        super().__init__(workers)
        self._on_event = on_event
        self._command = command
        self._idle: deque[_Process] = deque()
        self._all: deque[_Process] = deque()

    def _call(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            process = self._idle.pop()
        except IndexError:
            process = self._made()
        future = process.pool.submit(fn, *args, **kwargs)
        if isinstance(future.exception(), BrokenExecutor):
            self._all.remove(process)
            process.end(wait=False)
        else:
            self._idle.append(process)
        return future.result()

    def _stop(self) -> None:
        for process in tuple(self._all):
            process.stop.set()

    def _end(self, *, wait: bool) -> None:
        for process in tuple(self._all):
            process.end(wait=wait)

    def _made(self) -> "_Process":
        process = _Process(self._on_event, self._command)
        self._all.append(process)
        if self.stopping:  # it came while the process was made
            process.stop.set()
        return process


class _Process:
    """One worker, seen from here."""

    def __init__(self, on_event: OnEvent, command: EngineCommand | None) -> None:
        self._on_event = on_event
        context = multiprocessing.get_context("spawn")
        self.stop = context.Event()
        self._heard: SimpleQueue[Progress | None] = context.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=context,
            initializer=_begin,
            initargs=(self.stop, self._heard, command and command.another()),
        )

    def end(self, *, wait: bool) -> None:
        """End it, and hear what it said last."""
        self.pool.shutdown(wait=wait)
        # A worker that was killed may have had the queue's lock with it: that must not hang here.
        threading.Thread(target=self._heard.put, args=(None,), daemon=True).start()
        self._listener.join(_HEARS_OUT_SECONDS)

    def _listen(self) -> None:
        while (progress := self._heard.get()) is not None:
            self._on_event(progress)


class _Wire:
    """A worker's line to the process that started it."""

    def __init__(self, stop: Stop, heard: "SimpleQueue[Progress | None]") -> None:
        self._stop = stop
        self._heard = heard
        self._command: EngineCommand | None = None
        self._ending = False

    def tell(self, progress: Progress, /) -> None:
        """Say how far a stack is."""
        self._heard.put(progress)

    def hold(self, command: EngineCommand, /) -> None:
        """Interrupt this command's engines when it is time."""
        self._command = command
        if self._ending:
            command.interrupt()

    def end(self) -> None:
        """Interrupt the engine that runs, and every one that would begin."""
        self._ending = True
        if self._command is not None:
            self._command.interrupt()

    def watch(self) -> None:
        """Wait for the word to stop, or for the parent's end."""
        parent = multiprocessing.parent_process()
        alone = False
        while not self._stop.wait(_LOOKS_EVERY_SECONDS):
            if parent is not None and not parent.is_alive():
                alone = True
                break
        self.end()
        if alone:
            self.leave()

    def leave(self) -> None:
        """End this process once its engine has: it ends what it has begun, saves, and unlocks."""
        self.end()
        with WORKER.busy:
            os._exit(1)


def _begin(
    stop: Stop, heard: "SimpleQueue[Progress | None]", command: EngineCommand | None
) -> None:
    """Make this process a worker."""
    atexit.register(gc.freeze)  # at its end nothing needs to be collected any more
    wire = _Wire(stop, heard)
    WORKER.line = wire
    WORKER.given = command

    def leave(number: int, frame: FrameType | None) -> None:
        del number, frame
        threading.Thread(target=wire.leave, daemon=True).start()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=wire.watch, daemon=True).start()
