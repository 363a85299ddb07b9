"""What counts as a difference, and what does not."""

import json
from typing import Any

import pytest

from local.aws.differences import Change, compare
from local.aws.types import RESOURCES
from tests.local.aws.plugin import UNKNOWN
from tests.local.aws.samples import MEMBERSHIP, ROLE, SECRET, trust

STATE: dict[str, Any] = {
    "name": "a",
    "path": "/",
    "assumeRolePolicy": trust(),
    "description": "",
    "maxSessionDuration": 3600,
    "forceDetachPolicies": False,
    "tags": {"a": "b"},
    "tagsAll": {"a": "b", "by": "us"},
}
NEWS = {"name": "a", "assumeRolePolicy": trust(), "tags": {"a": "b"}}
DEFAULT_TAGS = {"by": "us"}


def _paths(news: dict[str, Any], ignored: tuple[str, ...] = (), **state: object) -> list[str]:
    found = compare(RESOURCES[ROLE], {**STATE, **state}, {**NEWS, **news}, DEFAULT_TAGS, ignored)
    return [one.path for one in found]


@pytest.mark.parametrize(
    ("news", "state"),
    [
        ({}, {}),
        ({"description": ""}, {}),
        ({}, {"permissionsBoundary": None}),
        ({"assumeRolePolicy": json.dumps(json.loads(trust()), indent=2)}, {}),
        ({"assumeRolePolicy": trust().replace('"sts:AssumeRole"', '["sts:AssumeRole"]')}, {}),
        ({}, {"namePrefix": "anything", "uniqueId": "anything"}),
    ],
)
def test_what_aws_takes_for_the_same_is_no_difference(
    news: dict[str, Any], state: dict[str, Any]
) -> None:
    assert _paths(news, **state) == []


@pytest.mark.parametrize(
    ("news", "state", "paths"),
    [
        ({}, {"description": "drifted"}, ["description"]),
        ({}, {"maxSessionDuration": 7200}, ["maxSessionDuration"]),
        ({"maxSessionDuration": UNKNOWN}, {}, ["maxSessionDuration"]),
        ({}, {"permissionsBoundary": "arn"}, ["permissionsBoundary"]),
        ({"assumeRolePolicy": trust("*")}, {}, ["assumeRolePolicy"]),
        ({}, {"assumeRolePolicy": "no JSON"}, ["assumeRolePolicy"]),
        ({"tags": {"a": "c"}}, {}, ["tags.a", "tagsAll.a"]),
        ({"tags": {}}, {}, ["tags.a", "tagsAll.a"]),
        ({"tags": {"a": "b", "x:y": "z"}}, {}, ['tags["x:y"]', 'tagsAll["x:y"]']),
        ({}, {"tagsAll": {"a": "b"}}, ["tagsAll.by"]),
        ({}, {"tagsAll": {"a": "b", "by": "them"}}, ["tagsAll.by"]),
        ({"tags": UNKNOWN}, {}, ["tags", "tagsAll"]),
    ],
)
def test_what_drifted_or_is_wanted_otherwise_is_a_difference(
    news: dict[str, Any], state: dict[str, Any], paths: list[str]
) -> None:
    assert _paths(news, **state) == paths


def test_ignored_changes_are_no_differences() -> None:
    news = {"tags": {"a": "c"}, "description": "new"}
    assert _paths(news, ("description",)) == ["tags.a", "tagsAll.a"]
    assert _paths(news, ("description", "tags.a")) == []
    assert _paths(news, ("description", 'tags["a"]')) == []
    assert _paths(news, ("description", "tags")) == []
    assert _paths({"description": "new"}, ("tags",)) == ["description"]


def test_the_order_of_a_set_is_no_difference() -> None:
    state = {"name": "a", "group": "g", "users": ["a", "b"]}
    resource = RESOURCES[MEMBERSHIP]
    assert compare(resource, state, {**state, "users": ["b", "a"]}, {}) == []
    assert compare(resource, state, {**state, "users": ["b"]}, {}) != []
    assert compare(resource, state, {**state, "users": ["b", UNKNOWN]}, {}) != []


def test_zero_is_not_nothing() -> None:
    state = {"name": "a", "recoveryWindowInDays": 30}
    news = {"name": "a", "recoveryWindowInDays": 0}
    found = compare(RESOURCES[SECRET], state, news, {})
    assert [(one.path, one.change) for one in found] == [("recoveryWindowInDays", Change.UPDATE)]
