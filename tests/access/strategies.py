"""Strategies for patterns, and all short texts over a small alphabet to try them on."""

from itertools import product

from hypothesis import strategies as st

from access._line import Chars, Item, Line
from access.pattern import Language

ALPHABET = "ab:"
TEXTS = tuple("".join(letters) for size in range(6) for letters in product(ALPHABET, repeat=size))

globs = st.text(alphabet=ALPHABET + "*?", max_size=7)


def _combined(parts: st.SearchStrategy[Language]) -> st.SearchStrategy[Language]:
    return st.one_of(
        st.tuples(parts, parts).map(lambda pair: pair[0] & pair[1]),
        st.tuples(parts, parts).map(lambda pair: pair[0] | pair[1]),
        st.tuples(parts, parts).map(lambda pair: pair[0] - pair[1]),
        parts.map(lambda one: ~one),
    )


words = st.frozensets(st.text(alphabet=ALPHABET, max_size=3), max_size=3).map(Language.words)
languages = st.recursive(st.one_of(globs.map(Language.glob), words), _combined, max_leaves=4)


def held(language: Language) -> frozenset[str]:
    """Return which of the short texts a language holds."""
    return frozenset(text for text in TEXTS if text in language)


chars = st.builds(Chars, st.frozensets(st.sampled_from(ALPHABET), max_size=2), st.booleans())
lines = st.lists(st.builds(Item, chars, st.booleans()), max_size=6).map(
    lambda items: Line(tuple(items))
)
