"""The example's permissions against AWS's own lists of actions, resources and condition keys."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from policy_sentry.querying.all import get_all_actions
from policy_sentry.shared.iam_data import get_service_prefix_data

from iam_profiles.model import Role, Statement
from iam_profiles.names import AccountId
from iam_profiles.placeholders import fill
from tests.domain.example import EXAMPLE

ACCOUNT = AccountId("333333333333")
ROLES = pytest.mark.parametrize("role", EXAMPLE.roles, ids=lambda role: role.name)

# AWS lists both resource types of a tag as required; a request names one of them.
ALTERNATIVES = {("route53:ChangeTagsForResource", "healthcheck")}


@cache
def _catalogue() -> dict[str, str]:
    return {action.lower(): action for action in get_all_actions()}


def _meant(pattern: str) -> list[str]:
    if "*" not in pattern:
        return [_catalogue()[pattern.lower()]] if pattern.lower() in _catalogue() else []
    return [real for low, real in _catalogue().items() if fnmatchcase(low, pattern.lower())]


def _privilege(action: str) -> dict[str, Any]:
    service, name = action.split(":")
    return get_service_prefix_data(service)["privileges"][name]


def _resource_types(action: str) -> dict[str, dict[str, Any]]:
    """The action's resource types, `{name: {"required", "arn", "condition_keys"}}`."""
    resources = get_service_prefix_data(action.split(":", maxsplit=1)[0])["resources"]
    return {
        name: {
            "required": kind["required"],
            "arn": resources[name]["arn"],
            "condition_keys": {*kind["condition_keys"], *resources[name]["condition_keys"]},
        }
        for name, kind in _privilege(action)["resource_types"].items()
        if name
    }


def _fits(resource: str, raw: str) -> bool:
    """Whether some ARN of the raw format matches the resource, placeholders filled in."""
    concrete = raw.replace("${Partition}", "aws").replace("${Account}", ACCOUNT)
    return _overlap(
        fill(resource, EXAMPLE.organization, ACCOUNT), re.sub(r"\$\{[^}]+\}", "*", concrete)
    )


@cache
def _overlap(one: str, other: str) -> bool:
    """Whether two patterns of characters and `*` have a string in common."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return _overlap(one[1:], other) or _overlap(one, other[1:])
    if other[0] == "*":
        return _overlap(one, other[1:]) or _overlap(one[1:], other)
    return one[0] == other[0] and _overlap(one[1:], other[1:])


def _allowed(role: Role) -> Iterator[tuple[Statement, str]]:
    """Each action that the role is allowed by its own name."""
    for statement in role.permissions:
        if statement.effect == "Allow":
            for action in statement.actions:
                if "*" not in action:
                    yield statement, action


@ROLES
def test_every_action_is_one_of_aws_s_spelt_as_aws_does(role: Role) -> None:
    for statement in role.permissions:
        for action in statement.actions:
            assert _meant(action), action
            assert "*" in action or _meant(action) == [action]


@ROLES
def test_only_reading_is_allowed_by_wildcard(role: Role) -> None:
    for statement in role.permissions:
        for pattern in statement.actions:
            if "*" in pattern:
                levels = {_privilege(action)["access_level"] for action in _meant(pattern)}
                assert levels <= {"List", "Read"}, pattern


@ROLES
def test_everything_is_scoped_where_aws_offers_something_narrower(role: Role) -> None:
    for statement, action in _allowed(role):
        assert ("*" in statement.resources) == (not _resource_types(action)), action


@ROLES
def test_every_resource_fits_an_action_and_every_action_a_resource(role: Role) -> None:
    for statement in role.permissions:
        if statement.resources == ("*",):
            continue
        raws = {
            action: [kind["arn"] for kind in _resource_types(action).values()]
            for action in statement.actions
        }
        for action, formats in raws.items():
            fitting = any(_fits(own, raw) for own in statement.resources for raw in formats)
            assert fitting, action
        for resource in statement.resources:
            fitting = any(_fits(resource, raw) for formats in raws.values() for raw in formats)
            assert fitting, (statement.sid, resource)


@ROLES
def test_every_resource_that_an_action_requires_is_allowed_by_the_role(role: Role) -> None:
    for _, action in _allowed(role):
        resources = [
            resource
            for statement in role.permissions
            if action in statement.actions and statement.effect == "Allow"
            for resource in statement.resources
        ]
        for name, kind in _resource_types(action).items():
            if kind["required"] and (action, name) not in ALTERNATIVES:
                assert any(_fits(resource, kind["arn"]) for resource in resources), (action, name)


@ROLES
def test_every_condition_key_is_one_that_the_action_has(role: Role) -> None:
    for statement, action in _allowed(role):
        known = {
            key
            for kind in _privilege(action)["resource_types"].values()
            for key in kind["condition_keys"]
        } | {key for kind in _resource_types(action).values() for key in kind["condition_keys"]}
        stems = {re.sub(r"/\$\{.*\}$", "/", key) for key in known}
        for _, tests in statement.conditions:
            for key, _ in tests:
                assert re.sub(r"/.*$", "/", key) in stems, (action, key)
