"""Several runs at once, their calls in an order that the test chooses."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from credentials.errors import CredentialsError
from tests.credentials.worlds import World

JUMP = "time passes"
_JUMP = timedelta(seconds=100)
"""Longer than a lease: whoever does not move meanwhile was held up."""

Outcome = object | CredentialsError


class Interleaving:
    """Runs that take turns at every call and every sleep.

    `order` says whose turn it is, or `JUMP`; when it is used up, they take turns one by one. Who
    sleeps is passed over until it is time; when all sleep, time passes.
    """

    def __init__(self, world: World, order: Sequence[str]) -> None:
        self._world = world
        self._order = order
        self._control = threading.Semaphore(0)
        self._turns: dict[str, threading.Semaphore] = {}
        self._wake: dict[str, datetime] = {}
        self.outcomes: dict[str, Outcome] = {}
        self._broken: list[BaseException] = []
        world.aws.before = self._point

    def run(self, works: Mapping[str, Callable[[], object]]) -> Mapping[str, Outcome]:
        """Run them all to their ends; what each returned, or the CredentialsError it raised.

        Raises:
            BrokenInvariantError: What must never be was.
        """
        for name, work in works.items():
            self._turns[name] = threading.Semaphore(0)
            self._wake[name] = self._world.aws.clock.now
            target = threading.Thread(target=self._live, args=(work,), name=name, daemon=True)
            target.start()
        for name in self._choices():
            self._turns[name].release()
            self._control.acquire()
            if self._broken:
                raise self._broken[0]
        return self.outcomes

    def sleep(self, seconds: float) -> None:
        """Wait until the world's clock has come so far."""
        me = threading.current_thread().name
        self._wake[me] = self._world.aws.clock.now + timedelta(seconds=seconds)
        self._yield(me)

    def _choices(self) -> Iterator[str]:
        order, clock = iter(self._order), self._world.aws.clock
        turn = 0
        while waiting := [name for name in self._turns if name not in self.outcomes]:
            chosen = next(order, waiting[turn % len(waiting)])
            turn += 1
            if chosen == JUMP:
                clock.sleep(_JUMP.total_seconds())
                continue
            awake = [name for name in waiting if self._wake[name] <= clock.now]
            if not awake:
                clock.now = min(self._wake[name] for name in waiting)
                continue
            yield chosen if chosen in awake else awake[0]

    def _live(self, work: Callable[[], object]) -> None:
        me = threading.current_thread().name
        self._turns[me].acquire()
        try:
            self.outcomes[me] = work()
        except CredentialsError as error:
            self.outcomes[me] = error
        except BaseException as error:  # noqa: BLE001 - raised again by the controlling thread
            self._broken.append(error)
            self.outcomes[me] = error
        self._control.release()

    def _point(self, _at: int, _called: str) -> None:
        name = threading.current_thread().name
        if name in self._turns:
            self._yield(name)

    def _yield(self, me: str) -> None:
        self._control.release()
        self._turns[me].acquire()
