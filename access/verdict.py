"""The answer to a question about access: never a bare bool, always with its reasons."""

from dataclasses import dataclass
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is; `statement` is a Sid or `#index`, where one is meant."""

    text: str
    policy: str | None = None
    statement: str | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the three answers share."""

    reasons: tuple[Reason, ...]

    def __bool__(self) -> NoReturn:
        """Refuse to be taken for a bool: `Undecided` is neither."""
        raise TypeError("a verdict is not a bool; match it on Allowed, Denied and Undecided")

    def __str__(self) -> str:
        told = "; ".join(map(str, self.reasons))
        return f"{type(self).__name__.lower()}: {told}"


@dataclass(frozen=True, slots=True)
class Allowed(_Answer):
    """At least one of the requests asked about may be allowed; `example` is one of them.

    Where the request is concrete and its context complete, that request *is* allowed.
    """

    example: str | None = None


@dataclass(frozen=True, slots=True)
class Denied(_Answer):
    """None of the requests asked about is allowed."""


@dataclass(frozen=True, slots=True)
class Undecided(_Answer):
    """Something not supported stands in the way of an answer; it blocks as `Allowed` does."""


Verdict = Allowed | Denied | Undecided
