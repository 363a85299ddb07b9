"""How much work a question may take, counted over all the searches that it needs."""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from access.errors import PatternTooComplexError, ProofTooLongError

SEARCH_LIMIT = 1_000_000
"""Steps of one search in a language: a few seconds, and memory in proportion."""

QUESTION_LIMIT = 4_000_000
"""Steps of all searches of one question."""

PROOF_LIMIT = 100_000_000
"""Steps of one closure, its searches included: twenty times what 55,000 principals take."""


@dataclass(slots=True)
class _Meter:
    """What is left of a limit, and what to raise when nothing is."""

    limit: int
    error: type[PatternTooComplexError]
    spent: int = 0


_meter: ContextVar[_Meter | None] = ContextVar("meter", default=None)


@contextmanager
def limited(
    steps: int = QUESTION_LIMIT, error: type[PatternTooComplexError] = PatternTooComplexError
) -> Generator[None]:
    """Let what is done inside take so many steps together; what surrounds it takes them too.

    Raises:
        PatternTooComplexError: from inside, as soon as it takes more; at the end, if what
            surrounds it has now taken more than it may.
    """
    meter = _Meter(steps, error)
    token = _meter.set(meter)
    try:
        yield
    finally:
        _meter.reset(token)
        if around := _meter.get():
            around.spent += meter.spent
    spend(0)


def proving(steps: int = PROOF_LIMIT) -> AbstractContextManager[None]:
    """Let a closure take so many steps.

    Raises:
        ProofTooLongError: from inside, as soon as it takes more.
    """
    return limited(steps, ProofTooLongError)


def spend(steps: int) -> None:
    """Count steps; the same question counts the same, whatever is remembered of earlier ones.

    Raises:
        PatternTooComplexError: the limit is passed.
    """
    meter = _meter.get()
    if meter is not None:
        meter.spent += steps
        if meter.spent > meter.limit:
            raise meter.error(meter.limit)
