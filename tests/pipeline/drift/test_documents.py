"""Policies are compared by what they say, and a difference is told by its statement."""

import json
from typing import Any

import pytest

from pipeline.drift.documents import same, told

READ = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}
LIST = {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketAcl"], "Resource": ["*"]}


def policy(*statements: dict[str, Any], **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


WHOLE = policy(READ, LIST)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(json.dumps(json.loads(WHOLE), indent=2, sort_keys=True), id="spelling"),
        pytest.param(policy(LIST, READ), id="order of statements"),
        pytest.param(policy({**READ, "Action": "s3:GetObject"}, LIST), id="a set of one"),
        pytest.param(policy(READ, {**LIST, "Action": LIST["Action"][::-1]}), id="order of actions"),
        pytest.param(policy(READ, LIST, LIST), id="a statement twice"),
    ],
)
def test_what_says_the_same_is_the_same(other: str) -> None:
    assert same(WHOLE, other)


def test_one_statement_needs_no_list() -> None:
    assert same(policy(READ), json.dumps({"Version": "2012-10-17", "Statement": READ}))


@pytest.mark.parametrize(
    ("other", "how"),
    [
        (policy({**READ, "Action": "s3:*"}, LIST), ("statement `Read` has another Action",)),
        (
            policy({**READ, "Condition": {"Bool": {"aws:SecureTransport": True}}}, LIST),
            ("statement `Read` has another Condition",),
        ),
        (policy(READ), (f"statement without a Sid is gone: {json.dumps(LIST, sort_keys=True)}",)),
        (
            policy(READ, LIST, {**READ, "Sid": "More"}),
            (f"statement `More` is new: {json.dumps({**READ, 'Sid': 'More'}, sort_keys=True)}",),
        ),
        (policy(READ, LIST, Version="2008-10-17"), ("its version or id is another one",)),
        ("gibberish", ("it is no policy any more",)),
        ("[]", ("it is no policy any more",)),
    ],
)
def test_a_difference_is_told_by_its_statement(other: str, how: tuple[str, ...]) -> None:
    assert not same(WHOLE, other)
    assert told(WHOLE, other) == how


def test_a_condition_means_the_same_with_and_without_quotes() -> None:
    plain, quoted = (
        policy({**READ, "Condition": {"Bool": {"aws:SecureTransport": value}}})
        for value in (True, "true")
    )
    assert same(plain, quoted)
