"""Ctrl-C and SIGTERM in somebody else's hands for a while."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts_to(handle: Callable[[signal.Signals], None]) -> Generator[None]:
    """Hand Ctrl-C and SIGTERM to a function; who had them before has them again afterwards."""

    def hand_over(number: int, frame: FrameType | None) -> None:
        del frame
        handle(signal.Signals(number))

    before = {number: signal.signal(number, hand_over) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
