"""Splitting over documents: never a word more or less, always within the quota."""

from collections.abc import Iterable
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iam_profiles.split import StatementTooLongError, pack
from iam_profiles.statements import PolicyStatement, characters, document
from tests.domain.strategies import actions, resources

# Long lists take long to cut; how long is for benchmarks to say.
unhurried = settings(deadline=None)

conditions = st.sampled_from([(), (("StringEquals", (("aws:RequestedRegion", ("eu-west-1",)),)),)])
statements = st.lists(
    st.builds(
        PolicyStatement,
        sid=st.sampled_from(["Read", "Write", "Read2"]),
        effect=st.sampled_from(["Allow", "Deny"]),
        actions=actions,
        resources=resources,
        conditions=conditions,
    ),
    min_size=1,
    max_size=5,
)


def _said(entries: Iterable[PolicyStatement]) -> set[tuple[object, ...]]:
    """Everything the statements say, one action on one resource at a time."""
    return {
        (entry.effect, entry.conditions, *pair)
        for entry in entries
        for pair in product(entry.actions, entry.resources)
    }


@unhurried
@given(statements, st.integers(400, 6144))
def test_splitting_changes_nothing_that_is_said(whole: list[PolicyStatement], limit: int) -> None:
    parts = [entry for held in pack(whole, limit) for entry in held]
    assert _said(parts) == _said(whole)


@unhurried
@given(statements, st.integers(400, 6144))
def test_every_part_is_within_the_limit_and_has_each_sid_once(
    whole: list[PolicyStatement], limit: int
) -> None:
    for held in pack(whole, limit):
        sids = [entry.sid for entry in held]
        assert len(sids) == len(set(sids))
        assert characters(document(held)) <= limit


@unhurried
@given(statements)
def test_what_fits_together_stays_in_one_document_and_in_order(
    whole: list[PolicyStatement],
) -> None:
    (held,) = pack(whole, 1_000_000)
    assert [(entry.effect, entry.actions) for entry in held] == [
        (entry.effect, entry.actions) for entry in whole
    ]


def test_a_hundred_role_arns_are_cut_along_resources_and_not_along_actions() -> None:
    arns = tuple(f"arn:aws:iam::222222222222:role/PlatformRoles/Role{n:03}" for n in range(200))
    parts = pack([PolicyStatement("AssumeRoles", "Allow", ("a:B", "a:C"), arns)], 6144)
    assert [len(entry.resources) for (entry,) in parts] == [100, 100]
    assert {entry.actions for (entry,) in parts} == {("a:B", "a:C")}


def test_a_statement_too_long_in_both_lists_is_cut_along_both() -> None:
    names = tuple(f"service:{'A' * 80}{n}" for n in range(20))
    parts = pack([PolicyStatement("Both", "Allow", names, names)], 1000)
    assert _said(entry for held in parts for entry in held) == _said(
        [PolicyStatement("Both", "Allow", names, names)]
    )


def test_one_action_on_one_resource_that_is_too_long_is_an_error_and_not_a_cut() -> None:
    with pytest.raises(StatementTooLongError, match="Long"):
        pack([PolicyStatement("Long", "Allow", ("s3:GetObject",), ("x" * 500,))], 400)


def test_a_document_is_compact_with_its_keys_sorted() -> None:
    text = document([PolicyStatement("S", "Allow", ("a:A",), ("x",))])
    assert text == (
        '{"Statement":[{"Action":["a:A"],"Effect":"Allow","Resource":["x"],"Sid":"S"}],'
        '"Version":"2012-10-17"}'
    )


def test_characters_are_counted_as_aws_counts_them_without_white_space() -> None:
    assert characters('{ "a" :\n\t"b c" }') == len('{"a":"bc"}')


def test_a_sid_given_twice_is_numbered_before_its_statement_is_measured() -> None:
    statement = PolicyStatement("Same", "Allow", ("a:A", "a:B"), ("x", "y"))
    limit = characters(document([statement]))
    held = pack([statement, statement], limit)
    assert all(characters(document(part)) <= limit for part in held)
    assert len({entry.sid for part in held for entry in part}) == len(held)


def test_a_piece_leaves_room_for_the_number_of_its_sid() -> None:
    names = tuple(f"arn:{n}" for n in range(4))
    two = PolicyStatement("Same", "Allow", ("a:A",), names[:2])
    limit = characters(document([two]))
    held = pack([PolicyStatement("Same", "Allow", ("a:A",), names)], limit)
    assert all(characters(document(part)) <= limit for part in held)


def test_statements_share_a_document_up_to_its_last_character() -> None:
    pair = [PolicyStatement(sid, "Allow", ("a:A",), ("x",)) for sid in ("One", "Two")]
    limit = characters(document(pair))
    assert [len(held) for held in pack(pair, limit)] == [2]
    assert [len(held) for held in pack(pair, limit - 1)] == [1, 1]
