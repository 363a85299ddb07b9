"""Sets of texts, fast on concrete names; what is not concrete goes to the exact algebra."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from access.label import bare
from access.pattern import ANYTHING, Language, Piece, Wildcard, pieces

_WILD = re.compile(r"[*?]")
_COLONS = 5  # between the six components of an ARN

Name = str | Language
"""One ARN, or the ARNs that something not yet made may have."""


def named(label: str) -> Name:
    """Return the name that a label stands for: an ARN, or all that a pattern may be."""
    label = bare(label)
    return _pattern(label) if "*" in label or "?" in label else label


@lru_cache(maxsize=1 << 14)
def _pattern(text: str) -> Language:
    return of_pieces(pieces(text))


def meets(texts: Language, name: Name) -> bool:
    """Whether a set holds the name, or one that the name may be."""
    if isinstance(name, str):
        return name in texts
    return texts is ANYTHING or not name.is_disjoint(texts)


def covers(texts: Language, name: Name) -> bool:
    """Whether a set holds the name, or all that the name may be."""
    if isinstance(name, str):
        return name in texts
    return texts is ANYTHING or name.is_subset(texts)


def of_words(words: Iterable[str]) -> Language:
    """Return the set of these texts."""
    return Language.words(words)


@lru_cache(maxsize=1 << 16)
def of_pieces(parts: tuple[Piece, ...], *, by_component: bool = False) -> Language:
    """Return what the pieces match: as `Language.of`, or as `Language.segmented`."""
    if not by_component and parts == (Wildcard.STAR,):
        return ANYTHING
    return Language.segmented(parts) if by_component else Language.of(parts)


@dataclass(frozen=True, slots=True)
class Union:
    """What any of some sets holds, arranged so that few of them need be asked.

    Attributes:
        words: the texts that are named in full.
        near: `{account: the sets of ARNs of it}`.
        rest: the other sets.
        is_everything: whether every text is in it.
    """

    words: frozenset[str] = frozenset()
    near: Mapping[str, tuple[Language, ...]] = field(
        default_factory=dict[str, tuple[Language, ...]]
    )
    rest: tuple[Language, ...] = ()
    is_everything: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_everything", any(one is ANYTHING for one in self.rest))

    @classmethod
    def of(cls, sets: Iterable[Language]) -> "Union":
        """Return the union of these."""
        words: set[str] = set()
        near: dict[str, list[Language]] = {}
        rest: list[Language] = []
        for one in sets:
            if one.finite is not None:
                words |= one.finite
            elif (account := _account(one.written or "")) is not None:
                near.setdefault(account, []).append(one)
            else:
                rest.append(one)
        return cls(frozenset(words), {key: tuple(some) for key, some in near.items()}, tuple(rest))

    @property
    def is_empty(self) -> bool:
        """Whether no set was given."""
        return not (self.words or self.near or self.rest)

    @property
    def beginnings(self) -> frozenset[str] | None:
        """What all its texts begin with one of, but for its words; `None` if with anything."""
        found: set[str] = set()
        for some in (*self.near.values(), self.rest):
            found.update(_WILD.split(one.written or "*", maxsplit=1)[0] for one in some)
        return None if "" in found else frozenset(found)

    @property
    def parts(self) -> Iterator[Language]:
        """The sets that it is made of."""
        if self.words:
            yield of_words(self.words)
        for some in self.near.values():
            yield from some
        yield from self.rest

    def meets(self, name: Name) -> bool:
        """Whether it holds the name, or one that the name may be."""
        if self.is_everything:
            return True
        if isinstance(name, str):
            return name in self.words or any(name in one for one in self._asked(name))
        return any(meets(one, name) for one in self.parts)

    def covers(self, name: Name) -> bool:
        """Whether one of the sets holds the name, or all that the name may be."""
        if self.is_everything or isinstance(name, str):
            return self.meets(name)
        return any(covers(one, name) for one in self.parts)

    def _asked(self, name: str) -> Iterator[Language]:
        if self.near:
            yield from self.near.get(_account(name) or "", ())
        yield from self.rest


def _account(pattern: str) -> str | None:
    """Return the account of all ARNs that a pattern matches, if its text says so."""
    parts = pattern.split(":", _COLONS)
    head = parts[:_COLONS]
    if len(parts) <= _COLONS or any("*" in part or "?" in part for part in head):
        return None
    return head[-1]


NOWHERE = Union()
EVERY = Union.of((ANYTHING,))
