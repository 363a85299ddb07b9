"""Condition keys that a step itself sets: how it says so, and what that comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from access.context import Absent, Among, Exactly, Value
from access.pattern import Language


@dataclass(frozen=True, slots=True)
class Other:
    """A text of the caller's choice that a pattern matches, and that is none of `but`."""

    pattern: str
    but: frozenset[str] = frozenset()


Said = str | Other | None
"""A key's value; `None` if the request lacks the key."""

Given = tuple[tuple[str, Said], ...]
"""Pairs of key and value; several texts of one key are alternatives."""


def values(given: Given) -> Mapping[str, Value]:
    """Return what is known of each key that is set, in lower case."""
    texts: dict[str, dict[str, None]] = {}
    found: dict[str, Value] = {}
    for key, said in given:
        if isinstance(said, str):
            texts.setdefault(key.lower(), {})[said] = None
        else:
            found[key.lower()] = Absent() if said is None else Among(_other(said))
    for key, some in texts.items():
        found[key] = Among(Language.words(some)) if len(some) > 1 else Exactly(tuple(some))
    return found


@lru_cache(maxsize=1 << 10)
def _other(other: Other) -> Language:
    return Language.glob(other.pattern) - Language.words(other.but)
