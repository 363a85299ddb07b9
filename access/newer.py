"""Actions newer than the catalogue: whoever is allowed one may come to do what nobody knows."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from access.catalogue import unclassified
from access.world import Unreadable, read


def newer_actions(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Return the actions on identities that these policies allow and the catalogue does not know.

    `iam:*` and its like stand for the actions that are known: only a name that matches none of them
    is newer. A policy that cannot be read is doubted elsewhere.
    """
    return tuple(sorted({action for text in texts if text for action in _newer(text)}))


@lru_cache(maxsize=1 << 14)
def _newer(text: str) -> tuple[str, ...]:
    return unclassified(_allowed(text))


def _allowed(text: str) -> Iterator[str]:
    policy = read(text)
    for statement in () if isinstance(policy, Unreadable) else policy.statements:
        if statement.effect == "Allow" and not statement.actions.negated:
            yield from statement.actions.values
