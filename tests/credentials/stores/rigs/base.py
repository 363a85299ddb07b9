"""A rig: one user's store for a test, which sees what it holds and comes between its calls."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self, TypeVar

from credentials.store import Store
from tests.credentials.fakes import CALL_SECONDS, FakeAws

R = TypeVar("R")


def during(aws: FakeAws, name: str, work: Callable[[], R]) -> R:
    """Do a call as the fakes do theirs: counted, and with what the test does before and after."""
    at = len(aws.calls)
    aws.calls.append(name)
    aws.clock.sleep(CALL_SECONDS)
    aws.before(at, name)
    result = work()
    aws.after(at, name)
    return result


class Rig(ABC):
    """One user's store, and what a test needs to know of it and to do to it."""

    writes: frozenset[str]
    """The calls that change it."""
    reads: frozenset[str]
    can_close = False
    """Whether it can be deleted such that it can be restored."""

    def __init__(self, aws: FakeAws) -> None:
        self.aws = aws

    @abstractmethod
    def store(self) -> Store:
        """Open it, as a process of its own does."""

    @abstractmethod
    def text(self) -> str | None:
        """What readers get, without a call; None if there is nothing."""

    @abstractmethod
    def plant(self, text: str) -> None:
        """Have somebody write by hand."""

    def shut(self) -> None:
        """Delete it such that it can be restored."""
        raise AssertionError("this store cannot be closed")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Undo what the rig has put in place."""
        self.aws.before = self.aws.after = lambda _at, _called: None
