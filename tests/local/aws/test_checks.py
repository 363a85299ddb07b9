"""Bad inputs: each is refused with its property and a reason, and none crashes the stand-in."""

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from local.aws.table import Resource
from local.aws.types import RESOURCES
from local.aws.wire import decode, encode
from tests.local.aws.plugin import UNKNOWN, Plugin, struct, urn
from tests.local.aws.samples import (
    ACCESS_KEY,
    GROUP,
    MEMBERSHIP,
    POLICY,
    ROLE,
    SECRET,
    USER,
    document,
    trust,
)

ATTACHMENTS = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
ARN = "arn:aws:iam::111111111111:policy/a"

GOOD: dict[str, dict[str, Any]] = {
    ROLE: {"name": "a", "assumeRolePolicy": trust()},
    POLICY: {"name": "a", "policy": document()},
    USER: {"name": "a"},
    GROUP: {"name": "a"},
    MEMBERSHIP: {"name": "a", "group": "a", "users": ["a"]},
    SECRET: {"name": "a"},
    ACCESS_KEY: {"user": "a"},
    ATTACHMENTS: {"roleName": "a", "policyArns": [ARN]},
}

BAD: tuple[tuple[str, str, Any, str], ...] = (
    (ROLE, "name", "r" * 65, "range (1 - 64), got 65"),
    (ROLE, "name", "", "range (1 - 64), got 0"),
    (ROLE, "name", "ro le", "must match"),
    (ROLE, "name", "rôle", "must match"),
    (ROLE, "name", 7, "expected text, got int"),
    (ROLE, "name", ["a"], "expected text, got list"),
    (ROLE, "path", "r/", "begin and end with `/`"),
    (ROLE, "path", "/r", "begin and end with `/`"),
    (ROLE, "path", "/r//s/", "no empty part"),
    (ROLE, "path", "/" + "r" * 511 + "/", "range (1 - 512), got 513"),
    (ROLE, "path", "/é/", "must match"),
    (ROLE, "maxSessionDuration", 3599, "range (3600 - 43200), got 3599"),
    (ROLE, "maxSessionDuration", 43201, "range (3600 - 43200), got 43201"),
    (ROLE, "maxSessionDuration", 3600.5, "expected a whole number, got float"),
    (ROLE, "maxSessionDuration", True, "expected a whole number, got bool"),
    (ROLE, "maxSessionDuration", "3600", "expected a whole number, got str"),
    (ROLE, "forceDetachPolicies", "true", "expected true or false, got str"),
    (ROLE, "assumeRolePolicy", "{", "invalid JSON policy"),
    (ROLE, "assumeRolePolicy", "", "must begin with `{`"),
    (ROLE, "assumeRolePolicy", "[]", "must begin with `{`"),
    (ROLE, "assumeRolePolicy", '{"a": 1, "a": 2}', 'duplicate key "a"'),
    (ROLE, "assumeRolePolicy", '{"a":' * 100_000, "invalid JSON policy"),
    (ROLE, "assumeRolePolicy", '{"Sid": "\u4e16"}', "must match"),
    (ROLE, "assumeRolePolicy", 7, "expected a policy document, got int"),
    (ROLE, "description", "d" * 1001, "range (0 - 1000), got 1001"),
    (ROLE, "description", "a \u201cquote\u201d", "specially formatted"),
    (ROLE, "permissionsBoundary", "boundary", "not the ARN of a managed policy"),
    (ROLE, "permissionsBoundary", "arn:aws:iam::1:policy/a", "not the ARN of a managed policy"),
    (ROLE, "tags", {"aws:a": "b"}, "reserved"),
    (ROLE, "tags", {"k" * 129: "b"}, "range (1 - 128), got 129"),
    (ROLE, "tags", {"a": "v" * 257}, "range (0 - 256), got 257"),
    (ROLE, "tags", {"a": "#"}, "must match"),
    (ROLE, "tags", {"a": 7}, "the value of `a` is no string"),
    (ROLE, "tags", {str(key): "v" for key in range(51)}, "at most 50, got 51"),
    (ROLE, "tags", ["a"], "expected a map of texts, got list"),
    (ROLE, "inlinePolicies", [], "not served"),
    (ROLE, "managedPolicyArns", [], "not served"),
    (ROLE, "arn", "arn", "not expected here"),
    (ROLE, "rolename", "r", "not expected here"),
    (POLICY, "name", "p" * 129, "range (1 - 128), got 129"),
    (POLICY, "policy", "null", "must begin with `{`"),
    (POLICY, "path", "/a b/", "must match"),
    (POLICY, "delayAfterPolicyCreationInMs", 1, "not served"),
    (USER, "name", "u" * 65, "range (1 - 64), got 65"),
    (USER, "name", "u/v", "must match"),
    (GROUP, "name", "g" * 129, "range (1 - 128), got 129"),
    (MEMBERSHIP, "users", ["a b"], "must match"),
    (MEMBERSHIP, "users", [7], "`7` is no string"),
    (MEMBERSHIP, "users", "a", "expected a list of texts, got str"),
    (SECRET, "name", "a b", "must contain only"),
    (SECRET, "name", "s" * 513, "range (1 - 512), got 513"),
    (SECRET, "recoveryWindowInDays", 6, "0 or in the range (7 - 30)"),
    (SECRET, "recoveryWindowInDays", 31, "0 or in the range (7 - 30)"),
    (SECRET, "recoveryWindowInDays", -1, "0 or in the range (7 - 30)"),
    (SECRET, "replicas", [], "not served"),
    (ACCESS_KEY, "status", "On", "expected one of"),
    (ACCESS_KEY, "pgpKey", "keybase:x", "not served"),
    (ATTACHMENTS, "policyArns", ["a"], "not the ARN of a managed policy"),
    (ATTACHMENTS, "policyArns", [ARN, None], "no string"),
)


@pytest.fixture
def check(unconfigured: Plugin) -> Plugin:
    """Inputs are checked before anything is configured."""
    return unconfigured


@pytest.mark.parametrize(
    ("type_", "name", "value", "why"),
    BAD,
    ids=[f"{type_.split(':')[-1]}.{name}={str(value)[:20]!r}" for type_, name, value, _ in BAD],
)
def test_a_bad_input_is_refused_with_its_property_and_reason(
    check: Plugin, type_: str, name: str, value: object, why: str
) -> None:
    _, reasons = check.check(type_, {**GOOD[type_], name: value})
    assert reasons.keys() == {name}
    assert why in reasons[name]


@pytest.mark.parametrize("type_", GOOD)
def test_a_good_input_is_not_refused(check: Plugin, type_: str) -> None:
    assert check.check(type_, GOOD[type_])[1] == {}


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)
def test_every_required_input_is_asked_for(check: Plugin, resource: Resource) -> None:
    _, reasons = check.check(resource.type, {})
    required = {one.name for one in resource.properties if one.required}
    assert reasons == {name: f"Missing required property '{name}'" for name in required}


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)
@pytest.mark.parametrize(
    "value", [7, 1.5, True, "", "x", [], [[]], [7], {}, {"a": []}, {"": ""}, UNKNOWN, [UNKNOWN]]
)
def test_no_value_of_any_input_crashes_the_check(
    check: Plugin, resource: Resource, value: object
) -> None:
    check.check(resource.type, {one.name: value for one in resource.properties})


def test_all_bad_inputs_are_named_at_once(check: Plugin) -> None:
    _, reasons = check.check(ROLE, {"name": "", "path": "r", "maxSessionDuration": 1, "x": 1})
    assert reasons.keys() == {"name", "path", "maxSessionDuration", "x", "assumeRolePolicy"}


def test_name_and_prefix_exclude_each_other(check: Plugin) -> None:
    for type_ in (ROLE, POLICY, SECRET):
        _, reasons = check.check(type_, {**GOOD[type_], "namePrefix": "a"})
        assert reasons == {"name": '"name": conflicts with namePrefix'}


def test_defaults_are_those_of_the_official_plugin(check: Plugin) -> None:
    assert check.checked(ROLE, GOOD[ROLE]) == {
        **GOOD[ROLE],
        "forceDetachPolicies": False,
        "maxSessionDuration": 3600,
        "path": "/",
        "__defaults": ["forceDetachPolicies", "maxSessionDuration", "path"],
    }
    assert check.checked(SECRET, GOOD[SECRET])["recoveryWindowInDays"] == 30
    assert check.checked(ACCESS_KEY, GOOD[ACCESS_KEY])["status"] == "Active"


def test_a_missing_name_is_made_of_the_resources_and_kept(check: Plugin) -> None:
    given = {"assumeRolePolicy": trust()}
    made = check.checked(ROLE, given)
    assert made["name"].startswith("thing-")
    assert len(made["name"]) == len("thing-") + 7
    assert check.check(ROLE, given, made, seed=b"another")[0]["name"] == made["name"]
    assert check.check(ROLE, given, seed=b"another")[0]["name"] != made["name"]
    assert check.check(ROLE, given, {**made, "__defaults": []}, b"x")[0]["name"] != made["name"]


def test_a_prefix_makes_a_unique_name_at_creation(plugin: Plugin, unique: str) -> None:
    given = {"assumeRolePolicy": trust(), "namePrefix": unique}
    one, other = plugin.create(ROLE, given), plugin.create(ROLE, given)
    assert "name" not in one.inputs
    assert one.id.startswith(unique)
    assert one.id != other.id
    assert not plugin.diff(one, given).changes


def test_a_policy_may_be_an_object(check: Plugin) -> None:
    inputs = check.checked(POLICY, {"name": "a", "policy": {"Statement": [{"Effect": "Allow"}]}})
    assert inputs["policy"] == '{"Statement": [{"Effect": "Allow"}]}'
    unknown = check.checked(POLICY, {"name": "a", "policy": {"Statement": [UNKNOWN]}})
    assert unknown["policy"] is UNKNOWN


def test_a_set_is_in_order_and_without_repetition(check: Plugin) -> None:
    inputs = check.checked(MEMBERSHIP, {"name": "a", "group": "a", "users": ["b", "a", "b"]})
    assert inputs["users"] == ["a", "b"]


def test_a_secret_input_stays_secret(check: Plugin) -> None:
    news = encode({"name": "a", "description": "hidden"}, {"description"})
    request = provider_pb2.CheckRequest(urn=urn(SECRET), olds=struct({}), news=news)
    inputs = decode(check.stub.Check(request).inputs)
    assert inputs.values["description"] == "hidden"
    assert inputs.secrets == {"description"}
