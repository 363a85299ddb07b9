"""Attackers' worlds of conditions: each way in is found, and its twin proved."""

import pytest

from access.prove import Answer
from tests.access.attacks import (
    GUIDE,
    ROOT,
    Attack,
    Json,
    admit,
    answer,
    on,
    refuse,
    trust,
)
from tests.access.small_world import PROD, STATE, N

OPERATORS = f"{GUIDE}reference_policies_elements_condition_operators.html"
KEYS = f"{GUIDE}reference_policies_condition-keys.html"
SEVERAL = f"{GUIDE}reference_policies_condition-single-vs-multi-valued-context-keys.html"
ARN, TAG, ORG_PATHS = "aws:PrincipalArn", "aws:PrincipalTag/env", "aws:PrincipalOrgPaths"


def kept_out(id_: str, page: str, opened: Json, shut: Json) -> Attack:
    """Return a case of two conditions, on which `R` refuses what it admits else."""
    one, two = ([admit(ROOT), refuse(**conditions)] for conditions in (opened, shut))
    return trust(id_, page, one, two)


def admitted(id_: str, page: str, opened: Json, shut: Json) -> Attack:
    """Return a case of two conditions, on which `R` admits."""
    return trust(id_, page, admit(ROOT, **opened), admit(ROOT, **shut))


CONDITIONS = [
    admitted(
        "ForAllValues is true of none",
        SEVERAL,
        on("ForAllValues:StringEquals", TAG, "prod"),
        on("ForAnyValue:StringEquals", TAG, "prod"),
    ),
    admitted(
        "Null of what is absent", OPERATORS, on("Null", TAG, "true"), on("Null", TAG, "false")
    ),
    admitted(
        "IfExists of what is absent",
        OPERATORS,
        on("StringEqualsIfExists", TAG, "prod"),
        on("StringEquals", TAG, "prod"),
    ),
    admitted(
        "an external id is no secret",
        f"{GUIDE}id_roles_common-scenarios_third-party.html",
        on("StringEquals", "sts:ExternalId", "x"),
        {**on("StringEquals", "sts:ExternalId", "x"), **on("StringLike", TAG, "*")},
    ),
    admitted(
        "the session's name is the caller's",
        KEYS,
        on("StringLike", "sts:RoleSessionName", "prod-*"),
        on("StringEquals", "aws:username", "another"),
    ),
    admitted(
        "a fresh second factor",
        KEYS,
        on("NumericLessThan", "aws:MultiFactorAuthAge", "300"),
        on("StringEquals", "aws:PrincipalType", "AssumedRole"),
    ),
    admitted(
        "any unit of the organisation",
        KEYS,
        on("ForAnyValue:StringLike", ORG_PATHS, "o-example/*"),
        on("StringEquals", "aws:PrincipalAccount", PROD),
    ),
    admitted(
        "through a service",
        KEYS,
        on("Bool", "aws:ViaAWSService", "true"),
        on("Bool", "aws:PrincipalIsAWSService", "true"),
    ),
    kept_out(
        "a tag that is absent",
        OPERATORS,
        on("StringEquals", TAG, "nonprod"),
        on("StringNotEquals", TAG, "prod"),
    ),
    kept_out(
        "any tag at all",
        OPERATORS,
        on("StringLike", TAG, "*"),
        on("StringNotLike", TAG, "*"),
    ),
    kept_out(
        "a Deny of any value of none",
        SEVERAL,
        on("ForAnyValue:StringNotEquals", TAG, "prod"),
        on("ForAllValues:StringNotEquals", TAG, "prod"),
    ),
    kept_out(
        "ArnLike does not cross colons",
        OPERATORS,
        on("ArnLike", ARN, "arn:*:user/n"),
        on("StringLike", ARN, "arn:*:user/n"),
    ),
    kept_out(
        "StringEquals takes a star for a star",
        OPERATORS,
        on("StringEquals", ARN, f"arn:aws:iam::{STATE}:user/*"),
        on("ArnEquals", ARN, f"arn:aws:iam::{STATE}:user/*"),
    ),
    kept_out(
        "letters of another case",
        OPERATORS,
        on("StringEquals", ARN, N.upper()),
        on("StringEqualsIgnoreCase", ARN, N.upper()),
    ),
    kept_out(
        "an address that may be had",
        OPERATORS,
        on("NotIpAddress", "aws:SourceIp", "10.0.0.0/8"),
        on("StringNotEquals", "aws:PrincipalAccount", PROD),
    ),
    kept_out(
        "a long-term key has no second factor",
        KEYS,
        on("Bool", "aws:MultiFactorAuthPresent", "false"),
        on("Bool", "aws:PrincipalIsAWSService", "False"),
    ),
    kept_out(
        "an absent FederatedProvider",
        KEYS,
        on("Null", "aws:FederatedProvider", "false"),
        on("Null", ARN, "false"),
    ),
    kept_out(
        "the ARN of a session is not that of who asks",
        KEYS,
        on("ArnLike", ARN, f"arn:aws:sts::{STATE}:*"),
        on("ArnLike", ARN, f"arn:aws:iam::{STATE[:-1]}?:*"),
    ),
]


@pytest.mark.parametrize("attack", CONDITIONS, ids=lambda attack: attack.id)
def test_a_way_in_is_found_and_the_world_without_it_is_proved(attack: Attack) -> None:
    assert answer(attack.opened, attack.given) is Answer.REFUTED
    assert answer(attack.shut, attack.given) is Answer.PROVED
