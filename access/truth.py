"""Three-valued truth over a set of requests: true of all, of none, or not known to be either."""

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """What is known of a test; `may` hold for some request, `must` hold for every one."""

    NEVER = 0
    SOMETIMES = 1
    ALWAYS = 2

    @classmethod
    def of(cls, known: bool) -> "Truth":  # noqa: FBT001 -- the value itself
        """Return what is known of a test whose outcome is known."""
        return cls.ALWAYS if known else cls.NEVER

    @property
    def may(self) -> bool:
        """Whether some request may meet the test."""
        return self is not Truth.NEVER

    @property
    def must(self) -> bool:
        """Whether every request meets the test."""
        return self is Truth.ALWAYS

    def __invert__(self) -> "Truth":
        return Truth(2 - self.value)


def every(truths: Iterable[Truth]) -> Truth:
    """Return the conjunction; of nothing, `ALWAYS`."""
    return min(truths, key=lambda truth: truth.value, default=Truth.ALWAYS)


def some(truths: Iterable[Truth]) -> Truth:
    """Return the disjunction; of nothing, `NEVER`."""
    return max(truths, key=lambda truth: truth.value, default=Truth.NEVER)
