"""What every executor of stack operations can do beyond Python's: stop in good order."""

import signal
from abc import abstractmethod
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import ParamSpec, Self, TypeVar

from pipeline.interrupts import interrupts_to
from pipeline.work import OnEvent, Progress

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Workers(Executor):
    """So many workers elsewhere, each with a thread here that waits for it.

    They can be told to stop: what has begun ends in good order, and no more begins. A worker that
    was lost is told by `BrokenExecutor`, of the operation that it was at and of no other.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._threads = ThreadPoolExecutor(max_workers=size)
        self._stopping = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    @property
    def stopping(self) -> bool:
        """Whether the workers were asked to stop."""
        return self._stopping

    def stop(self) -> None:
        """Ask every worker to stop in good order; may be called from a signal's handler."""
        self._stopping = True
        self._stop()

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Have a worker call the function, as soon as one has nothing else to do."""
        return self._threads.submit(self._begin, fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 as inherited
        """Wait for what has begun, and let the workers go."""
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        self._end(wait=wait)

    def _begin(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        if self._stopping:
            raise CancelledError
        return self._call(fn, *args, **kwargs)

    @abstractmethod
    def _call(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Have a worker call the function, and wait for it."""

    @abstractmethod
    def _stop(self) -> None:
        """Tell the workers, without waiting for them."""

    @abstractmethod
    def _end(self, *, wait: bool) -> None:
        """Let the workers go."""


def stoppable(workers: Workers, say: OnEvent) -> AbstractContextManager[None]:
    """Hand the first SIGINT or SIGTERM on to the workers, once; the next ones do nothing."""

    def hand_over(number: signal.Signals) -> None:
        if not workers.stopping:
            say(Progress("", f"stopping on {number.name}"))
            workers.stop()

    return interrupts_to(hand_over)
