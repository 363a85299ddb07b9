"""Sets of texts, fast on concrete names; what is not concrete goes to the exact algebra."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from access.pattern import ANYTHING, NOTHING, Language, Piece, Wildcard

Name = str | Language
"""One ARN, or the ARNs that something not yet made may have."""

_COLONS = 5  # that separate the six components of an ARN
_STARS = 4  # a regular expression of more may backtrack for long; the algebra never does


@dataclass(frozen=True, slots=True)
class Texts:
    """A set of texts: `words`, else `whole`, tested by `form` where there is one."""

    words: frozenset[str] | None = None
    parts: tuple[Piece, ...] = ()
    form: re.Pattern[str] | None = None
    by_component: bool = False
    whole: Language | None = None

    def __contains__(self, text: str) -> bool:
        if self.words is not None:
            return text in self.words
        if self.form is not None:
            return self.form.fullmatch(text) is not None
        return self.whole is ANYTHING or text in self.language

    @property
    def language(self) -> Language:
        """The same set, for the exact algebra."""
        if self.words is not None:
            return Language.words(self.words)
        if self.whole is not None:
            return self.whole
        return Language.segmented(self.parts) if self.by_component else Language.of(self.parts)

    def meets(self, name: Name) -> bool:
        """Whether it holds the name, or one that the name may be."""
        if isinstance(name, str):
            return name in self
        return self.whole is ANYTHING or not name.is_disjoint(self.language)

    def covers(self, name: Name) -> bool:
        """Whether it holds the name, or all that the name may be."""
        if isinstance(name, str):
            return name in self
        return self.whole is ANYTHING or name.is_subset(self.language)


ALL = Texts(whole=ANYTHING)
NONE = Texts(words=frozenset())


def of_words(words: Iterable[str]) -> Texts:
    """Return the set of these texts."""
    return Texts(words=frozenset(words))


def of_language(language: Language) -> Texts:
    """Return a set of the exact algebra as it is."""
    if language is ANYTHING:
        return ALL
    known = language.finite
    return Texts(whole=language) if known is None else Texts(words=known)


@lru_cache(maxsize=1 << 16)
def of_pieces(parts: tuple[Piece, ...], *, by_component: bool = False) -> Texts:
    """Return what the pieces match: as `Language.of`, or as `Language.segmented`."""
    literal = "".join(part for part in parts if isinstance(part, str))
    if by_component and literal.count(":") < _COLONS:
        return NONE
    if not any(isinstance(part, Wildcard) for part in parts):
        return of_words((literal,))
    if not by_component and parts == (Wildcard.STAR,):
        return ALL
    few = sum(part is Wildcard.STAR for part in parts) <= _STARS
    form = _form(parts, by_component=by_component) if few else None
    return Texts(parts=parts, form=form, by_component=by_component)


def _form(parts: tuple[Piece, ...], *, by_component: bool) -> re.Pattern[str]:
    found: list[str] = []
    colons = 0
    for part in parts:
        any_character = "[^:]" if by_component and colons < _COLONS else "."
        if part is Wildcard.STAR:
            found.append(f"{any_character}*")
        elif part is Wildcard.ONE:
            found.append(any_character)
        else:
            colons += str(part).count(":")
            found.append(re.escape(str(part)))
    return re.compile("".join(found), re.DOTALL)


__all__ = ["ALL", "NONE", "NOTHING", "Name", "Texts", "of_language", "of_pieces", "of_words"]
