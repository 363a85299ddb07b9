"""When two policy documents are equal, and how large AWS counts one."""

import json
from typing import Any

import pytest

from local.aws.documents import equal, parse, size

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def _text(*statements: dict[str, Any], **more: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


EQUAL = {
    "order of keys": (
        _text(ALLOW),
        json.dumps({"Statement": [dict(reversed(ALLOW.items()))], "Version": "2012-10-17"}),
    ),
    "white space": (_text(ALLOW), json.dumps(json.loads(_text(ALLOW)), indent=4)),
    "one action and a list of one": (_text(ALLOW), _text({**ALLOW, "Action": ["s3:GetObject"]})),
    "one statement and a list of one": (
        _text(ALLOW),
        json.dumps({"Version": "2012-10-17", "Statement": ALLOW}),
    ),
    "order of actions": (
        _text({**ALLOW, "Action": ["a:B", "c:D"]}),
        _text({**ALLOW, "Action": ["c:D", "a:B"]}),
    ),
    "order of statements": (
        _text(ALLOW, {**ALLOW, "Effect": "Deny"}),
        _text({**ALLOW, "Effect": "Deny"}, ALLOW),
    ),
    "a condition's boolean and its text": (
        _text({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": True}}}),
        _text({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": ["true"]}}}),
    ),
    "one principal and a list of one": (
        _text({**ALLOW, "Principal": {"AWS": "arn:aws:iam::111111111111:root"}}),
        _text({**ALLOW, "Principal": {"AWS": ["arn:aws:iam::111111111111:root"]}}),
    ),
}

DIFFERENT = {
    "another action": (_text(ALLOW), _text({**ALLOW, "Action": "s3:PutObject"})),
    "one action more": (_text(ALLOW), _text({**ALLOW, "Action": ["s3:GetObject", "s3:*"]})),
    "another effect": (_text(ALLOW), _text({**ALLOW, "Effect": "Deny"})),
    "a condition more": (
        _text(ALLOW),
        _text({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
    ),
    "a statement more": (_text(ALLOW), _text(ALLOW, {**ALLOW, "Effect": "Deny"})),
    "no JSON": (_text(ALLOW), "{"),
}


@pytest.mark.parametrize(("one", "other"), EQUAL.values(), ids=EQUAL)
def test_documents_that_mean_the_same_are_equal(one: str, other: str) -> None:
    assert equal(one, other)
    assert equal(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_documents_that_mean_something_else_are_not_equal(one: str, other: str) -> None:
    assert not equal(one, other)
    assert not equal(other, one)


def test_white_space_does_not_count_towards_a_size() -> None:
    assert size('{ "a" :\n\t"b" }') == len('{"a":"b"}')


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "[]", "", "{", '"text"'])
def test_what_is_no_object_with_unique_keys_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)
