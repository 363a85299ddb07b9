"""How long work tells what it is doing: a protocol, so that each front end shows it its own way."""

from typing import Protocol


class Progress(Protocol):
    """Told about each step of long work, and how far the step is."""

    def step(self, text: str, /) -> None:
        """Begin a step, which ends the one before."""
        ...

    def update(self, done: int, total: int, /) -> None:
        """Say that `done` of about `total` pieces of the current step are done."""
        ...


class Silent:
    """Tells nobody."""

    def step(self, text: str, /) -> None:
        """Take note of nothing."""

    def update(self, done: int, total: int, /) -> None:
        """Take note of nothing."""
