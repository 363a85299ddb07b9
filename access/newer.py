"""Actions newer than the catalogue: whoever is allowed one may come to do what nobody knows."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from access.catalogue import readable, unclassified
from access.world import Unreadable, World, read


def newer_actions(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Return the actions on identities that these policies allow and the catalogue does not know.

    `iam:*` and its like stand for the actions that are known: only a name that matches none of them
    is newer. A policy that cannot be read is doubted elsewhere.
    """
    return tuple(sorted({action for text in texts if text for action in _newer(text)}))


def unread(world: World) -> tuple[str, ...]:
    """Return why it is not known who reads the stored credentials of which that is not known."""
    return tuple(
        f"`{one.secret}`: no step of the catalogue reads what is stored there, and nobody knows "
        f"what does; add one, or take the credential of `{one.principal}` out of the input"
        for one in world.credentials
        if not readable(one.secret)
    )


@lru_cache(maxsize=1 << 14)
def _newer(text: str) -> tuple[str, ...]:
    return unclassified(_allowed(text))


def _allowed(text: str) -> Iterator[str]:
    policy = read(text)
    for statement in () if isinstance(policy, Unreadable) else policy.statements:
        if statement.effect == "Allow" and not statement.actions.negated:
            yield from statement.actions.values
