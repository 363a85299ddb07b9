"""A language known between two bounds: what a pattern may match, and what it must match."""

from collections.abc import Iterable
from dataclasses import dataclass

from access.pattern import ANYTHING, NOTHING, Language
from access.truth import Truth


@dataclass(frozen=True, slots=True)
class Span:
    """Bounds of a language that is not known exactly; an Allow is read by `may`, a Deny by `must`.

    INVARIANT: `must` is a subset of `may`.
    """

    may: Language
    must: Language

    @classmethod
    def exact(cls, language: Language) -> "Span":
        """Return the span of a language that is known."""
        return cls(language, language)

    def __and__(self, other: "Span") -> "Span":
        return Span(self.may & other.may, self.must & other.must)

    def __or__(self, other: "Span") -> "Span":
        return Span(self.may | other.may, self.must | other.must)

    def __invert__(self) -> "Span":
        return Span(~self.must, ~self.may)

    def within(self, asked: Language) -> "Span":
        """Return the part that concerns what is asked about."""
        return Span(self.may & asked, self.must & asked)

    def truth(self, asked: Language) -> Truth:
        """Return whether texts of `asked` are in the language: all, none, or not known."""
        if asked.is_subset(self.must):
            return Truth.ALWAYS
        return Truth.NEVER if asked.is_disjoint(self.may) else Truth.SOMETIMES


EVERYTHING = Span.exact(ANYTHING)
EMPTY = Span.exact(NOTHING)


def union(spans: Iterable[Span], asked: Language) -> Span:
    """Return the union of the spans within what is asked about."""
    total = EMPTY
    for span in spans:
        part = span.within(asked)
        if not part.may.is_empty():
            total |= part
    return total
