"""The fast sets of texts hold what the patterns that they are made of match."""

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from access.pattern import Language
from access.reach.texts import Union, named

arn_parts = st.text(st.sampled_from("ab1*?:/"), max_size=6)
patterns = arn_parts.map(lambda rest: f"arn:aws:iam::1:{rest}") | st.text(
    st.sampled_from("arn:aws:iam::1*?"), max_size=12
)
texts = st.text(st.sampled_from("ab1:/"), max_size=5).map(lambda rest: f"arn:aws:iam::1:{rest}")


@given(st.lists(patterns, max_size=5), texts)
def test_a_union_holds_what_any_of_its_patterns_matches(some: list[str], text: str) -> None:
    union = Union.of(map(Language.glob, some))
    assert union.meets(text) == any(fnmatchcase(text, pattern) for pattern in some)


@given(st.lists(patterns, max_size=4), patterns)
def test_a_union_meets_and_covers_as_the_exact_algebra_says(some: list[str], name: str) -> None:
    languages = [Language.glob(pattern) for pattern in some]
    union, asked = Union.of(languages), Language.glob(name)
    assert union.meets(named(name)) == any(not asked.is_disjoint(one) for one in languages)
    if union.covers(named(name)):
        total = Language.words(())
        for one in languages:
            total |= one
        assert asked.is_subset(total)
