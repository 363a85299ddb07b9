"""The default executor: processes on this machine, which stop when they are told to.

A signal is not left to the operating system: Ctrl-C would reach every process of the terminal,
and the engine would take a second one as "stop at once". The workers ignore it; they are told by
an event, interrupt their engine once, and wait for it. A worker whose parent was killed does the
same by itself.
"""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from multiprocessing.synchronize import Event as Stop
from types import FrameType
from typing import TYPE_CHECKING, Final

from pipeline.command import EngineCommand
from pipeline.interrupts import interrupts_to
from pipeline.work import WORKER, OnEvent, Progress

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

_LOOKS_EVERY_SECONDS: Final = 0.2
_HEARS_OUT_SECONDS: Final = 2.0


class Processes(ProcessPoolExecutor):
    """So many workers, each with one stack at a time."""

    def __init__(self, workers: int, on_event: OnEvent) -> None:
        self._on_event = on_event
        context = multiprocessing.get_context("spawn")
        self._stop = context.Event()
        self._heard: SimpleQueue[Progress | None] = context.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        super().__init__(
            max_workers=workers,
            mp_context=context,
            initializer=_begin,
            initargs=(self._stop, self._heard),
        )

    @property
    def stopping(self) -> bool:
        """Whether the workers were asked to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask every worker to stop in good order; what has not begun will not."""
        self._stop.set()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 as inherited
        """End the workers, and hear what they said last."""
        super().shutdown(wait=wait, cancel_futures=cancel_futures)
        # A worker that was killed may have had the queue's lock with it: that must not hang here.
        threading.Thread(target=self._heard.put, args=(None,), daemon=True).start()
        self._listener.join(_HEARS_OUT_SECONDS)

    def _listen(self) -> None:
        while (progress := self._heard.get()) is not None:
            self._on_event(progress)


def stoppable(processes: Processes, say: OnEvent) -> AbstractContextManager[None]:
    """Hand the first SIGINT or SIGTERM on to the workers, once; the next ones do nothing."""

    def hand_over(number: signal.Signals) -> None:
        if not processes.stopping:
            say(Progress("", f"stopping on {number.name}"))
        processes.stop()

    return interrupts_to(hand_over)


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


def _begin(stop: Stop, heard: "SimpleQueue[Progress | None]") -> None:
    """Make this process a worker."""
    wire = _Wire(stop, heard)
    WORKER.line = wire

    def leave(number: int, frame: FrameType | None) -> None:
        del number, frame
        threading.Thread(target=wire.leave, daemon=True).start()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=wire.watch, daemon=True).start()
