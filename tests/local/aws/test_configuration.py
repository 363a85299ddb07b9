"""The provider's configuration: which accounts and machines it talks to, and what it refuses."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from local.aws.endpoints import require_loopback
from local.aws.errors import NotLocalError
from tests.local.aws.plugin import UNKNOWN, Plugin, reason
from tests.local.aws.samples import ROLE, trust

PROFILE = {"profile": "iam-profiles-state"}


@pytest.fixture
def bare(unconfigured: Plugin, monkeypatch: pytest.MonkeyPatch) -> Plugin:
    """A stand-in in an environment without any AWS configuration."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAAAAAAAAAAAAAAAAA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    return unconfigured


@pytest.fixture
def here(
    unconfigured: Plugin, aws_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Plugin:
    """A stand-in in the environment of the running cloud."""
    for name, value in aws_environment.items():
        monkeypatch.setenv(name, value)
    return unconfigured


def _refusal(plugin: Plugin, **arguments: object) -> str:
    with pytest.raises(grpc.RpcError) as refused:
        plugin.configure(dict(arguments))
    return reason(refused.value)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://iam.amazonaws.com",
        "http://10.0.0.1:5000",
        "http://169.254.169.254",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://example.com#127.0.0.1",
        "http://[::ffff:10.0.0.1]",
        "http://0.0.0.0:5000",
        "http://2130706433.example",
        "localhost:5000",
        "127.0.0.1",
        "",
    ],
)
def test_no_endpoint_but_loopback_is_accepted(endpoint: str) -> None:
    with pytest.raises(NotLocalError):
        require_loopback("iam", endpoint)


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000"]
)
def test_loopback_is_accepted(endpoint: str) -> None:
    require_loopback("iam", endpoint)


def test_without_an_endpoint_it_refuses_and_says_how_to_get_the_official_plugin(
    bare: Plugin,
) -> None:
    said = _refusal(bare, region="eu-west-1")
    assert "serves the local cloud only" in said
    assert "pulumi plugin install resource aws v7.51.1" in said


@pytest.mark.parametrize("service", ["iam", "sts", "secretsmanager", "s3"])
def test_one_stray_endpoint_is_refused(bare: Plugin, service: str) -> None:
    everything = dict.fromkeys(("iam", "sts", "secretsmanager"), "http://127.0.0.1:9")
    stray = {**everything, service: "https://aws.example.com"}
    assert f"`{service}` would be asked at" in _refusal(bare, region="x", endpoints=[stray])


def test_an_endpoint_of_the_environment_is_refused_as_well(
    bare: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://aws.example.com")
    assert "`secretsmanager` would be asked at" in _refusal(bare, region="eu-west-1")


def test_credentials_are_asked_of_this_machine_only(
    bare: Plugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile that assumes a role would have botocore call the real STS by itself."""
    config = tmp_path / "config"
    config.write_text(
        "[profile assumed]\nrole_arn = arn:aws:iam::111111111111:role/r\n"
        "credential_source = Environment\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    endpoints = [dict.fromkeys(("iam", "sts", "secretsmanager"), "http://127.0.0.1:9")]
    said = _refusal(bare, region="eu-west-1", profile="assumed", endpoints=endpoints)
    assert "https://sts." in said
    assert "serves the local cloud only" in said


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port at which nothing answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_cloud_that_is_not_running_is_named_with_its_remedy(
    bare: Plugin, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent_port}")
    said = _refusal(bare, region="eu-west-1")
    assert f"does not answer at `http://127.0.0.1:{silent_port}`" in said
    assert "iam-profiles local start" in said


def test_another_account_is_refused_before_anything_is_written(here: Plugin) -> None:
    said = _refusal(here, **PROFILE, allowedAccountIds=json.dumps(["222222222222"]))
    assert said.startswith("AWS account ID not allowed: 111111111111")
    with pytest.raises(grpc.RpcError) as refused:
        here.create(ROLE, {"name": "never", "assumeRolePolicy": trust()})
    assert "not configured" in reason(refused.value)


def test_a_forbidden_account_is_refused(here: Plugin) -> None:
    said = _refusal(here, **PROFILE, forbiddenAccountIds=["111111111111"])
    assert said.startswith("AWS account ID not allowed: 111111111111")


def test_an_allowed_account_says_who_it_is(here: Plugin) -> None:
    here.configure({**PROFILE, "allowedAccountIds": '["111111111111"]', "region": "eu-west-1"})
    identity = here.invoke("aws:index/getCallerIdentity:getCallerIdentity")
    assert identity["accountId"] == "111111111111"
    assert identity["arn"].startswith("arn:aws:sts::111111111111:assumed-role/")


def test_a_function_that_is_not_served_is_named(here: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        here.invoke("aws:iam/getRole:getRole")
    assert "`aws:iam/getRole:getRole` is not served" in reason(refused.value)


def test_a_type_that_is_not_served_is_named(unconfigured: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        unconfigured.check("aws:s3/bucket:Bucket", {})
    assert "`aws:s3/bucket:Bucket` is not served" in reason(refused.value)


def test_a_profile_that_does_not_exist_is_named(here: Plugin) -> None:
    assert "missing" in _refusal(here, profile="missing")


def test_a_region_must_be_known(bare: Plugin) -> None:
    assert "missing region" in _refusal(bare)


def test_what_the_engine_and_the_sdk_send_is_accepted(unconfigured: Plugin) -> None:
    sent = {
        "version": "7.51.1",
        "region": "eu-west-1",
        "profile": UNKNOWN,
        "allowedAccountIds": '["111111111111"]',
        "defaultTags": '{"tags":{"a":"b"}}',
        "endpoints": '[{"iam":"http://127.0.0.1:1"}]',
        "skipCredentialsValidation": "true",
        "skipMetadataApiCheck": True,
        "skipRegionValidation": "false",
        "skipRequestingAccountId": "true",
    }
    assert unconfigured.check_config(sent) == {}


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("region", 7, "expected a string"),
        ("allowedAccountIds", "[", "expected list as JSON"),
        ("allowedAccountIds", '{"a":1}', "expected list, got dict"),
        ("allowedAccountIds", "[111111111111]", "twelve digits, as text"),
        ("forbiddenAccountIds", '["1"]', "twelve digits, as text"),
        ("defaultTags", '{"tags":{"a":1}}', "a tag's value is text"),
        ("defaultTags", '{"a":"b"}', "expected `{tags: {…}}`"),
        ("endpoints", '["a"]', "list of maps"),
        ("skipRegionValidation", '"yes"', "expected bool, got str"),
        ("assumeRoles", "[]", "not served"),
        ("ignoreTags", "{}", "not served"),
        ("accessKey", "AKIA", "go together"),
    ],
)
def test_a_bad_configuration_is_refused_with_its_property(
    unconfigured: Plugin, name: str, value: object, why: str
) -> None:
    reasons = unconfigured.check_config({name: value})
    assert reasons.keys() == {name}
    assert why in reasons[name]
    with pytest.raises(grpc.RpcError) as refused:
        unconfigured.configure({name: value})
    assert why in reason(refused.value)


def test_a_cancelled_provider_begins_nothing_more(unconfigured: Plugin) -> None:
    unconfigured.cancel()
    with pytest.raises(grpc.RpcError) as refused:
        unconfigured.check(ROLE, {})
    assert refused.value.code() is grpc.StatusCode.CANCELLED
