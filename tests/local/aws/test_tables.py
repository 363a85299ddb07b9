"""The tables against pulumi-aws's own classes and AWS's own model: nothing missing or made up."""

import importlib
import inspect
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from local.aws.schema import render
from local.aws.shapes import pattern, problem, shape
from local.aws.table import Kind, Property, Resource
from local.aws.types import RESOURCES

SERVED = {
    *(f"iam.{name}" for name in ("Role", "Policy", "Group", "User", "AccessKey")),
    "iam.OpenIdConnectProvider",
    *(f"iam.{name}" for name in ("GroupMembership", "UserGroupMembership")),
    *(f"iam.{owner}PolicyAttachmentsExclusive" for owner in ("Role", "Group", "User")),
    *(f"iam.{owner}PoliciesExclusive" for owner in ("Role", "Group", "User")),
    *(f"iam.{owner}PolicyAttachment" for owner in ("Role", "Group", "User")),
    *(f"iam.{owner}Policy" for owner in ("Role", "Group", "User")),
    "secretsmanager.Secret",
    *("kms.Key", "kms.Alias"),
}
"""What the program registers, and what the tests of the policy pack do."""

NOT_IN_OUTPUTS = {
    "aws:iam/accessKey:AccessKey": {
        "encryptedSecret",
        "encryptedSesSmtpPasswordV4",
        "keyFingerprint",
        "secret",
        "sesSmtpPasswordV4",
    },
}
"""Computed properties left out on purpose: no secret key passes through the stand-in."""


def _class(resource: Resource) -> Any:
    _, module, name = re.split(r":(\w+)/\w+:", resource.type)
    return getattr(importlib.import_module(f"pulumi_aws.{module}"), name)


def _constructor(resource: Resource) -> Callable[..., None]:
    return vars(_class(resource))["_internal_init"]


def _arguments(resource: Resource) -> set[str]:
    names = inspect.signature(_constructor(resource)).parameters
    return {_camel(name) for name in names if not name.startswith("__")} - {"resourceName", "opts"}


def _properties(resource: Resource) -> set[str]:
    names = inspect.signature(_class(resource).get).parameters
    return {_camel(name) for name in names} - {"resourceName", "id", "opts"}


def _required(resource: Resource) -> set[str]:
    source = inspect.getsource(_constructor(resource))
    return {_camel(name) for name in re.findall(r"Missing required property '(\w+)'", source)}


def _camel(name: str) -> str:
    first, *rest = name.strip("_").split("_")
    return first + "".join(part.title() for part in rest)


EVERY = [
    pytest.param(resource, one, id=f"{resource.type}.{one.name}")
    for resource in RESOURCES.values()
    for one in resource.properties
]


RESOURCE = pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)


def test_exactly_the_types_of_the_program_and_of_the_packs_tests_are_served() -> None:
    names = {re.sub(r"aws:(\w+)/\w+:(\w+)", r"\1.\2", type_) for type_ in RESOURCES}
    assert names == SERVED


@RESOURCE
def test_a_table_has_the_type_token_of_pulumi_aws(resource: Resource) -> None:
    assert f"'{resource.type}'" in inspect.getsource(_constructor(resource))


@RESOURCE
def test_every_input_of_pulumi_aws_is_served_or_named_as_not_served(resource: Resource) -> None:
    arguments = _arguments(resource)
    inputs = {one.name for one in resource.properties}
    assert inputs | set(resource.unsupported) == arguments
    assert inputs.isdisjoint(resource.unsupported)


@RESOURCE
def test_every_required_input_of_pulumi_aws_is_required(resource: Resource) -> None:
    assert {one.name for one in resource.properties if one.required} == _required(resource)


@RESOURCE
def test_every_output_of_pulumi_aws_is_served(resource: Resource) -> None:
    inputs = {one.name for one in resource.properties}
    served = inputs | set(resource.outputs) | ({"tagsAll"} if resource.tagged else set())
    missing = _properties(resource) - set(resource.unsupported) - served
    assert missing == NOT_IN_OUTPUTS.get(resource.type, set())
    assert served <= _properties(resource)


@pytest.mark.parametrize(("resource", "one"), EVERY)
def test_every_shape_is_in_aws_model(resource: Resource, one: Property) -> None:
    del resource
    if one.shape is None:
        assert one.local or one.name == "region" or one.kind is Kind.FLAG
        return
    found = shape(one.shape)
    assert found.type_name == {Kind.INTEGER: "integer", Kind.TAGS: "list"}.get(one.kind, "string")
    if "pattern" in found.metadata:
        pattern(found.metadata["pattern"])


@pytest.mark.parametrize(("resource", "one"), EVERY)
def test_a_default_passes_its_own_rules(resource: Resource, one: Property) -> None:
    del resource
    if one.default is not None:
        assert [rule(one.default) for rule in one.rules] == [None] * len(one.rules)
        assert one.shape is None or problem(one.shape, one.default) is None


def test_the_schema_lists_every_type_with_its_inputs() -> None:
    rendered = json.loads(render(RESOURCES.values()))
    assert rendered["resources"].keys() == RESOURCES.keys()
    role = rendered["resources"]["aws:iam/role:Role"]
    assert role["requiredInputs"] == ["assumeRolePolicy"]
    assert role["inputProperties"]["name"] == {"type": "string", "willReplaceOnChanges": True}
    assert role["properties"]["tagsAll"]["type"] == "object"
