"""Parsing: what AWS takes is read, anything else is one clear error that says where."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.document import MAX_CHARACTERS, Condition, Element, PrincipalEntry, parse
from access.errors import PolicyParseError

ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def policy(**changes: object) -> dict[str, Any]:
    statement = {key: value for key, value in {**ALLOW, **changes}.items() if value is not None}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_a_statement_may_stand_alone_or_in_a_list() -> None:
    alone = parse({"Version": "2012-10-17", "Statement": ALLOW})
    assert parse(policy()).statements == alone.statements


def test_text_and_mapping_are_read_alike() -> None:
    assert parse(policy()) == parse(json.dumps(policy()))


def test_a_policy_without_version_is_of_2008() -> None:
    assert parse({"Statement": []}).version == "2008-10-17"


def test_an_action_may_have_a_hyphen() -> None:
    hyphened = "vpc-lattice:AssociateViaAWSService-EventsAndStates"
    (statement,) = parse(policy(Action=hyphened)).statements
    assert statement.actions.values == (hyphened,)


def test_all_elements_are_read() -> None:
    document = parse(
        {
            "Version": "2012-10-17",
            "Id": "id",
            "Statement": {
                "Sid": "All",
                "Effect": "Deny",
                "NotPrincipal": {"AWS": ["111111111111"], "Service": "ec2.amazonaws.com"},
                "NotAction": ["iam:*", "sts:*"],
                "NotResource": "arn:aws:s3:::b",
                "Condition": {
                    "Bool": {"aws:SecureTransport": True},
                    "NumericEquals": {"n": [1, 2.5]},
                },
            },
        },
        name="mine",
    )
    (statement,) = document.statements
    assert (document.id, document.name, statement.name) == ("id", "mine", "All")
    assert statement.effect == "Deny"
    assert statement.principals is not None
    assert statement.principals.negated
    assert statement.principals.entries == (
        PrincipalEntry("AWS", "111111111111"),
        PrincipalEntry("Service", "ec2.amazonaws.com"),
    )
    assert statement.actions == Element(("iam:*", "sts:*"), negated=True)
    assert statement.resources == Element(("arn:aws:s3:::b",), negated=True)
    assert statement.conditions == (
        Condition("Bool", "aws:SecureTransport", ("true",)),
        Condition("NumericEquals", "n", ("1", "2.5")),
    )


def test_a_statement_without_sid_is_named_by_its_place() -> None:
    document = parse({"Version": "2012-10-17", "Statement": [ALLOW, {**ALLOW, "Sid": ""}]})
    assert [statement.name for statement in document.statements] == ["#0", "#1"]


REFUSED = {
    "not JSON": ("{", "line 1 column 2"),
    "truncated JSON": ('{"Version": "2012-10-17", "Statement": [{"Effect"', "line 1"),
    "a list": ("[]", "document"),
    "a number": ("5", "document"),
    "nothing": ("", "line 1 column 1"),
    "a key twice": ('{"Statement": [], "Statement": []}', "`Statement` twice"),
    "a key twice within a statement": (
        '{"Statement": {"Effect": "Allow", "Effect": "Deny", "Action": "*", "Resource": "*"}}',
        "`Effect` twice",
    ),
    "not a number": ('{"Version": NaN, "Statement": []}', "`NaN`"),
    "deep nesting": ("[" * 100_000, "nested too deeply"),
    "a number too long": ('{"Version": ' + "1" * 5000 + "}", "document"),
    "too large": (" " * (MAX_CHARACTERS + 1), "characters"),
    "an unknown version": ({"Version": "2012-10-18", "Statement": []}, "Version"),
    "a version of another type": ({"Version": 2012, "Statement": []}, "Version"),
    "no statement": ({"Version": "2012-10-17"}, "`Statement` is missing"),
    "an unknown key": ({"Statement": [], "Statements": []}, "`Statements`"),
    "a key in another case": ({"statement": []}, "`statement`"),
    "an id that is no text": ({"Id": 1, "Statement": []}, "Id"),
    "a null id": ({"Id": None, "Statement": []}, "Id"),
    "a statement that is text": ({"Statement": ["x"]}, "Statement[0]"),
    "a null statement": ({"Statement": None}, "Statement[0]"),
    "an unknown key in a statement": (policy(Actions="s3:*"), "Statement[0]: unknown key"),
    "no effect": (policy(Effect=None), "Statement[0].Effect"),
    "an effect in another case": (policy(Effect="allow"), "Statement[0].Effect"),
    "neither action": (policy(Action=None), "neither `Action` nor `NotAction`"),
    "both actions": (policy(NotAction="s3:*"), "both `Action` and `NotAction`"),
    "both resources": (policy(NotResource="*"), "both `Resource` and `NotResource`"),
    "both principals": (policy(Principal="*", NotPrincipal="*"), "both `Principal`"),
    "an action without service": (policy(Action="GetObject"), "Statement[0].Action"),
    "an action with a space": (policy(Action="s3:Get Object"), "Statement[0].Action"),
    "an action that is a number": (policy(Action=3), "Statement[0].Action"),
    "no action in the list": (policy(Action=[]), "Statement[0].Action"),
    "an empty action": (policy(Action=""), "Statement[0].Action"),
    "a nested list of actions": (policy(Action=[["s3:*"]]), "Statement[0].Action"),
    "a resource that is no ARN": (policy(Resource="bucket"), "Statement[0].Resource"),
    "an empty resource": (policy(Resource=[""]), "Statement[0].Resource"),
    "a principal that is text": (policy(Principal="111111111111"), "Statement[0].Principal"),
    "no principal at all": (policy(Principal={}), "Statement[0].Principal"),
    "no principal in the list": (policy(Principal={"AWS": []}), "Statement[0].Principal.AWS"),
    "an unknown kind of principal": (policy(Principal={"Aws": "*"}), "`'Aws'`"),
    "a principal that is a number": (policy(Principal={"AWS": 1}), "Statement[0].Principal.AWS"),
    "a condition that is text": (policy(Condition="x"), "Statement[0].Condition"),
    "a condition operator without keys": (policy(Condition={"Bool": []}), "Condition.Bool"),
    "a condition without values": (policy(Condition={"Bool": {"k": []}}), "Condition.Bool.k"),
    "a condition on null": (policy(Condition={"Bool": {"k": None}}), "Condition.Bool.k"),
    "a condition on an object": (policy(Condition={"Bool": {"k": {}}}), "Condition.Bool.k"),
    "a condition key in two spellings": (
        policy(Condition={"StringEquals": {"aws:TagKeys": "a", "aws:tagkeys": "b"}}),
        "two spellings",
    ),
    "a Sid that is a number": (policy(Sid=1), "Statement[0].Sid"),
    "a Sid twice": ({"Statement": [{**ALLOW, "Sid": "A"}, {**ALLOW, "Sid": "A"}]}, "`A` twice"),
}


@pytest.mark.parametrize("case", REFUSED.keys())
def test_what_aws_does_not_take_is_one_error_that_says_where(case: str) -> None:
    written, where = REFUSED[case]
    with pytest.raises(PolicyParseError) as raised:
        parse(written)
    assert where in str(raised.value)
    assert raised.value.remedy in str(raised.value)
    assert len(str(raised.value)) < 500


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Effect", "Action", "Resource", "Statement", "Principal", "AWS"]),
            parts,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_a_policy_or_a_parse_error(value: object) -> None:
    with suppress(PolicyParseError):
        parse(json.dumps(value))


@given(st.text(max_size=40))
def test_any_text_is_a_policy_or_a_parse_error(text: str) -> None:
    with suppress(PolicyParseError):
        parse(text)
