"""How much work a question may take, counted over all the searches that it needs."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from access.errors import PatternTooComplexError

SEARCH_LIMIT = 1_000_000
"""Steps of one search in a language: a few seconds, and memory in proportion."""

QUESTION_LIMIT = 4_000_000
"""Steps of all searches of one question."""

_spent: ContextVar[int] = ContextVar("spent", default=0)
_limit: ContextVar[int | None] = ContextVar("limit", default=None)


@contextmanager
def limited(steps: int = QUESTION_LIMIT) -> Generator[None]:
    """Let what is done inside take so many steps together.

    Raises:
        PatternTooComplexError: from inside, as soon as it takes more.
    """
    spent, limit = _spent.set(0), _limit.set(steps)
    try:
        yield
    finally:
        _spent.reset(spent)
        _limit.reset(limit)


def spend(steps: int) -> None:
    """Count steps; the same question counts the same, whatever is remembered of earlier ones.

    Raises:
        PatternTooComplexError: the limit is passed.
    """
    limit = _limit.get()
    if limit is None:
        return
    total = _spent.get() + steps
    _spent.set(total)
    if total > limit:
        raise PatternTooComplexError(limit)
