"""Conditions by the tables: what each comes to, read in an Allow and in a Deny."""

from typing import Any

import pytest

from access.condition import test as condition_test
from access.context import Absent, Among, Anything, Context, Exactly
from access.decide import Policies, decide
from access.document import Condition, parse
from access.pattern import Language
from access.principal import Caller
from access.request import Request
from access.truth import Truth
from access.verdict import Allowed, Denied, Undecided
from tests.access import worlds

(_, TABLE), *_ = worlds.tables("conditions")
CASES = {
    case["name"]: {**case, "source": group["source"]}
    for group in TABLE["tests"]
    for case in group["cases"]
}
IN_ALLOW = {True: Allowed, False: Denied, "perhaps": Allowed, "unsupported": Undecided}
IN_DENY = {True: Denied, False: Allowed, "perhaps": Allowed, "unsupported": Undecided}


def decided(case: dict[str, Any], effect: str) -> type:
    tested = {
        "Sid": "Tested",
        "Effect": effect,
        "Action": "s3:*",
        "Resource": "*",
        "Condition": case["if"],
    }
    first = {"Sid": "First", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = parse(
        {
            "Version": case.get("version", "2012-10-17"),
            "Statement": [tested] if effect == "Allow" else [first, tested],
        }
    )
    context = {
        key: tuple(value) if isinstance(value, list) else value for key, value in case["in"].items()
    }
    request = Request(
        Caller.of("arn:aws:iam::111111111111:user/u"),
        "s3:GetObject",
        "arn:aws:s3:::bucket/key",
        "111111111111",
        Context.of(context),
    )
    return type(decide(request, Policies(identity=(policy,))))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_allow_holds_as_its_condition_does(case: dict[str, Any]) -> None:
    assert IN_ALLOW[case["holds"]] is decided(case, "Allow")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_deny_holds_as_its_condition_does(case: dict[str, Any]) -> None:
    assert IN_DENY[case["holds"]] is decided(case, "Deny")


# --- what is not known of a key ---

ENV = Condition("StringLike", "aws:PrincipalTag/env", ("prod*",))
UNKNOWN = {
    "absent": (Absent(), Truth.NEVER),
    "one that matches": (Exactly(("prod-1",)), Truth.ALWAYS),
    "any that match": (Among(Language.glob("prod-*")), Truth.ALWAYS),
    "any that match, or absent": (Among(Language.glob("prod-*"), optional=True), Truth.SOMETIMES),
    "any of which some match": (Among(Language.glob("*d")), Truth.SOMETIMES),
    "any that do not match": (Among(Language.glob("dev-*")), Truth.NEVER),
    "none that match, or absent": (Among(Language.glob("dev-*"), optional=True), Truth.NEVER),
    "anything": (Anything(), Truth.SOMETIMES),
}


@pytest.mark.parametrize("known", UNKNOWN.keys())
def test_a_condition_holds_always_never_or_sometimes(known: str) -> None:
    value, expected = UNKNOWN[known]
    context = Context({"aws:PrincipalTag/env": value})
    assert expected is condition_test((ENV,), context, "2012-10-17").truth


def test_a_negated_condition_is_the_opposite_where_the_key_is_there() -> None:
    negated = Condition("StringNotLike", ENV.key, ENV.values)
    for value, expected in UNKNOWN.values():
        if isinstance(value, Exactly) or (isinstance(value, Among) and not value.optional):
            context = Context({ENV.key: value})
            assert ~expected is condition_test((negated,), context, "2012-10-17").truth


def test_a_comparison_of_unknown_numbers_is_never_sure() -> None:
    context = Context({"aws:MultiFactorAuthAge": Among(Language.glob("1*"))})
    young = Condition("NumericLessThan", "aws:MultiFactorAuthAge", ("3600",))
    assert Truth.SOMETIMES is condition_test((young,), context, "2012-10-17").truth


def test_a_key_always_present_is_never_null() -> None:
    absent = Condition("Null", "aws:SecureTransport", ("true",))
    assert Truth.NEVER is condition_test((absent,), Context(), "2012-10-17").truth
    absent = Condition("Null", "aws:MultiFactorAuthPresent", ("true",))
    assert Truth.SOMETIMES is condition_test((absent,), Context(), "2012-10-17").truth


def test_for_any_value_if_exists_of_an_absent_key_is_not_counted_on() -> None:
    tested = Condition("ForAnyValue:StringEqualsIfExists", "aws:TagKeys", ("a",))
    context = Context(complete=True)
    assert Truth.SOMETIMES is condition_test((tested,), context, "2012-10-17").truth


def test_both_values_of_null_hold_always() -> None:
    either = Condition("Null", "aws:TokenIssueTime", ("true", "false"))
    assert Truth.ALWAYS is condition_test((either,), Context(), "2012-10-17").truth


def test_conditions_on_the_callers_arn_narrow_the_callers() -> None:
    users = Language.glob("arn:aws:iam::111111111111:user/*")
    context = Context({"aws:PrincipalArn": Among(users)})
    one = "arn:aws:iam::111111111111:user/a"
    equals = condition_test(
        (Condition("ArnEquals", "aws:PrincipalArn", (one,)),), context, "2012-10-17"
    )
    assert Truth.ALWAYS is equals.truth
    assert Language.literal(one) == equals.callers.may == equals.callers.must
    unequal = condition_test(
        (Condition("ArnNotEquals", "aws:PrincipalArn", (one,)),), context, "2012-10-17"
    )
    assert users - Language.literal(one) == unequal.callers.must & users
