"""The algebra of languages: its laws, its agreement with brute force, and its bounds."""

import fnmatch
import re

import pytest
from hypothesis import given, settings

from access._automaton import At, at, both, shortest
from access._line import Line
from access._product import meet
from access.arn import ARNS, arns
from access.effort import limited
from access.errors import PatternTooComplexError
from access.pattern import ANYTHING, NOTHING, Language, Wildcard, pieces
from tests.access.strategies import ALPHABET, TEXTS, globs, held, languages, lines

glob = Language.glob
laws = settings(max_examples=100, deadline=None)


def by_regex(pattern: str, text: str) -> bool:
    return re.fullmatch(fnmatch.translate(pattern), text) is not None


# --- agreement with brute force ---


@laws
@given(globs)
def test_a_glob_holds_what_a_regular_expression_matches(pattern: str) -> None:
    assert held(glob(pattern)) == {text for text in TEXTS if by_regex(pattern, text)}


@laws
@given(languages, languages)
def test_the_operations_are_those_of_sets(one: Language, two: Language) -> None:
    left, right = held(one), held(two)
    assert held(one & two) == left & right
    assert held(one | two) == left | right
    assert held(one - two) == left - right
    assert held(~one) == frozenset(TEXTS) - left


@laws
@given(languages, languages)
def test_relations_agree_with_brute_force_and_give_witnesses(one: Language, two: Language) -> None:
    left, right = held(one), held(two)
    if one.is_subset(two):
        assert left <= right
    else:
        witness = (one - two).example()
        assert witness is not None
        assert witness in one
        assert witness not in two
    if one.is_disjoint(two):
        assert not left & right
    else:
        shared = (one & two).example()
        assert shared is not None
        assert shared in one
        assert shared in two


@laws
@given(languages)
def test_the_example_is_the_shortest_text(language: Language) -> None:
    example = language.example()
    if example is not None and set(example) <= set("ab:"):
        assert example in language
        assert not [text for text in held(language) if len(text) < len(example)]


@laws
@given(globs, globs)
def test_the_product_and_the_search_agree_on_intersection(one: str, two: str) -> None:
    left, right = glob(one).node, glob(two).node
    if isinstance(left, At) and isinstance(right, At):
        found = shortest(both(left, right)) is not None
        assert meet(left, right) == found == meet(right, left)


@laws
@given(globs, globs)
def test_the_components_of_an_arn_are_matched_each_by_itself(one: str, two: str) -> None:
    pattern, text = f"arn:{one}:{two}", f"arn:{two.replace('*', 'b').replace('?', 'a')}:a::b:b"
    language = Language.segmented(pieces(pattern))
    parts, texts = pattern.split(":", 5), text.split(":", 5)
    expected = len(parts) == 6 == len(texts) and all(map(by_regex, parts, texts))
    assert (text in language) == expected


def as_regex(line: Line) -> str:
    """Write a line as a regular expression over the small alphabet and one other letter."""
    classes = (
        "".join(char for char in ALPHABET + "z" if item.chars.has(char)) for item in line.items
    )
    parts = (f"[{letters}]" if letters else "(?!)" for letters in classes)
    return "".join(
        f"(?:{part})*" if item.loop else part for part, item in zip(parts, line.items, strict=True)
    )


@laws
@given(lines)
def test_a_line_accepts_what_its_regular_expression_matches(line: Line) -> None:
    language, regex = Language(at(line)), re.compile(as_regex(line))
    assert held(language) == {text for text in TEXTS if regex.fullmatch(text)}


@laws
@given(lines, lines)
def test_two_lines_meet_where_the_search_finds_a_text(one: Line, two: Line) -> None:
    left, right = at(one), at(two)
    if isinstance(left, At) and isinstance(right, At):
        assert meet(left, right) == (shortest(both(left, right)) is not None)


# --- laws ---


@laws
@given(languages, languages)
def test_union_and_intersection_commute(one: Language, two: Language) -> None:
    assert one | two == two | one
    assert one & two == two & one


@laws
@given(languages, languages, languages)
def test_union_and_intersection_are_associative(
    one: Language, two: Language, three: Language
) -> None:
    assert (one | two) | three == one | (two | three)
    assert (one & two) & three == one & (two & three)


@laws
@given(languages, languages, languages)
def test_intersection_distributes_over_union(one: Language, two: Language, three: Language) -> None:
    assert one & (two | three) == (one & two) | (one & three)


@laws
@given(languages, languages)
def test_de_morgan(one: Language, two: Language) -> None:
    assert ~(one | two) == ~one & ~two
    assert ~(one & two) == ~one | ~two


@laws
@given(languages)
def test_complement_is_an_involution_and_splits_everything(language: Language) -> None:
    assert ~~language == language
    assert language | ~language == ANYTHING
    assert language & ~language == NOTHING


@laws
@given(languages, languages)
def test_difference_is_intersection_with_the_complement(one: Language, two: Language) -> None:
    assert one - two == one & ~two
    assert (one - two) | (one & two) == one


@laws
@given(languages, languages)
def test_absorption(one: Language, two: Language) -> None:
    assert one | (one & two) == one
    assert one & (one | two) == one


@laws
@given(languages, languages)
def test_equal_languages_have_equal_hashes_and_examples(one: Language, two: Language) -> None:
    same = (one & two) | (one - two)
    assert same == one
    assert hash(same) == hash(one)
    assert same.example() == one.example()
    assert (one == two) == (one.is_subset(two) and two.is_subset(one))


# --- particular cases ---


@pytest.mark.parametrize(
    ("one", "two"),
    [("*?*", "?*"), ("**", "*"), ("?*?", "??*"), ("a**b", "a*b"), ("*?*?*", "*??")],
)
def test_patterns_written_differently_are_one_language(one: str, two: str) -> None:
    assert glob(one) == glob(two)
    assert hash(glob(one)) == hash(glob(two))


def test_a_language_is_never_equal_to_something_else() -> None:
    assert glob("a") != "a"


def test_case_is_ignored_where_asked() -> None:
    language = Language.of(("aB", Wildcard.STAR), ignore_case=True)
    assert [text for text in ("ab", "AB", "aBx", "b") if text in language] == ["ab", "AB", "aBx"]


def test_a_star_in_a_component_does_not_cross_a_colon() -> None:
    source = (
        "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
    )
    pattern = "arn:aws:someservice:*:111122223333:finance/*"
    assert source in glob(pattern)
    assert source not in Language.segmented(pieces(pattern))


def test_an_arn_has_a_well_formed_account() -> None:
    # A search in texts alone finds the account `4:0000000000`.
    assert "arn:aws:iam::4:0000000000:role/x" not in ARNS
    assert [text for text in ("arn:aws:iam::aws:policy/x", "arn:aws:s3:::b/k") if text in ARNS] == [
        "arn:aws:iam::aws:policy/x",
        "arn:aws:s3:::b/k",
    ]
    assert arns("arn:aws:iam::4:*:role/x").is_empty()
    assert arns("arn:aws:iam::4*:role/x").example() == "arn:aws:iam::400000000000:role/x"


def test_patterns_without_an_arn_are_empty() -> None:
    assert arns("role/x*").is_empty()
    assert arns("arn:aws:iam::12345:role/*").is_empty()


# --- hostile patterns ---

HOSTILE = [
    pytest.param("*a" * 100_000, "*b" * 100_000, True, id="stars and letters"),
    pytest.param("*a" + "?" * 40, "*b" + "?" * 40, True, id="subsets beyond number"),
    pytest.param("?" * 100_000 + "*", "a*" * 100_000, False, id="singles"),
    pytest.param("*" * 100_000, "a", False, id="stars alone"),
]


@pytest.mark.parametrize(("one", "two", "disjoint"), HOSTILE)
def test_hostile_patterns_are_intersected_exactly(one: str, two: str, disjoint: bool) -> None:  # noqa: FBT001 -- the expected value
    assert glob(one).is_disjoint(glob(two)) == disjoint


def test_a_search_beyond_its_limit_gives_up() -> None:
    with pytest.raises(PatternTooComplexError, match="fewer wildcards"):
        glob("*a" + "?" * 60).is_subset(glob("*b" + "?" * 60) | glob("*a" + "?" * 59 + "a"))


def test_positions_that_a_later_loop_covers_cost_nothing() -> None:
    with limited(1_000):
        assert "ab" * 50 in glob("*ab" * 20)


def test_searches_of_one_question_share_its_limit() -> None:
    texts = [f"{number}" + "a" * 200 for number in range(20)]

    def match_all() -> list[str]:
        return [text for text in texts if text in glob("*b*")]

    with limited(200):
        assert match_all() == []
    with limited(100), pytest.raises(PatternTooComplexError):
        match_all()
    assert match_all() == []


def test_a_question_within_another_counts_for_both() -> None:
    texts = [f"{number}" + "a" * 200 for number in range(10)]

    def match_each() -> None:
        for text in texts:
            with limited(10):
                assert text not in glob("*b*")

    with limited(100):
        match_each()
    with limited(50), pytest.raises(PatternTooComplexError):
        match_each()


def test_a_question_within_another_has_a_limit_of_its_own() -> None:
    texts = [f"{number}" + "a" * 200 for number in range(10)]

    def match_all() -> list[str]:
        with limited(5):
            return [text for text in texts if text in glob("*b*")]

    with limited(100), pytest.raises(PatternTooComplexError):
        match_all()


def test_a_text_is_not_matched_beyond_the_limit() -> None:
    with pytest.raises(PatternTooComplexError):
        assert "a" * 100_000 in glob("*a" + "?" * 100_000)
