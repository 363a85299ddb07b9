"""What the SDK hands over becomes plain values, and nothing unknown is lost or raised."""

import pulumi
import pytest
from pulumi_policy import PolicyProviderResource, PolicyResource, PolicyResourceOptions, proxy

from policies.registered import UNKNOWN, properties, registered

SENTINELS = [value for key, value in vars(proxy).items() if key.startswith("UNKNOWN_")]
URN = "urn:pulumi:prod::iam-profiles::aws:iam/role:Role::r"


def resource(urn: str = URN, **props: object) -> PolicyResource:
    wrapped = proxy.unknown_checking_proxy(props)
    options = PolicyResourceOptions(
        protect=False,
        ignore_changes=[],
        delete_before_replace=None,
        aliases=[],
        custom_timeouts=None,  # pyright: ignore[reportArgumentType] -- no rule reads it
        additional_secret_outputs=[],
        parent=None,
    )
    provider = PolicyProviderResource("pulumi:providers:aws", wrapped, f"{urn}-provider", "p")
    return PolicyResource("aws:iam/role:Role", wrapped, urn, "r", options, provider, None, [], {})


def test_there_are_seven_kinds_of_unknown() -> None:
    assert len(SENTINELS) == 7


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_an_unknown_is_marked_wherever_it_stands(sentinel: str) -> None:
    props = proxy.unknown_checking_proxy(
        {"a": sentinel, "b": ["x", sentinel], "c": {"d": [{"e": sentinel}]}, "f": 1.0}
    )
    assert properties(props) == {
        "a": UNKNOWN,
        "b": ("x", UNKNOWN),
        "c": {"d": ({"e": UNKNOWN},)},
        "f": 1.0,
    }


def test_what_was_declared_is_judged_and_the_outputs_are_kept() -> None:
    (seen,) = registered([resource(name="after", arn="x")], {URN: {"name": "before"}}).resources
    assert seen.inputs == {"name": "before"}
    assert seen.outputs == {"name": "after", "arn": "x"}


def test_a_resource_that_was_never_shown_is_judged_by_its_outputs() -> None:
    (seen,) = registered([resource(name=SENTINELS[0])], {}).resources
    assert seen.inputs == {"name": UNKNOWN}


def test_a_provider_is_known_by_its_inputs() -> None:
    (seen,) = registered([resource(allowedAccountIds='["444444444444"]')], {}).resources
    assert seen.provider is not None
    assert seen.provider.inputs == {"allowedAccountIds": '["444444444444"]'}


def test_resources_are_sorted_by_urn() -> None:
    stack = registered([resource("urn:b"), resource("urn:a")], {})
    assert [one.urn for one in stack.resources] == ["urn:a", "urn:b"]


def test_the_text_of_an_asset_is_read_and_a_file_is_unknown() -> None:
    assets = {"text": pulumi.StringAsset("hush"), "file": pulumi.FileAsset("x")}
    assert properties(assets) == {"text": "hush", "file": UNKNOWN}


def test_a_number_where_text_belongs_is_unknown() -> None:
    (seen,) = registered([resource(name=1.0, path=["/", 1.0], users="ana")], {}).resources
    assert seen.text("name") is UNKNOWN
    assert seen.texts("path") is UNKNOWN
    assert seen.texts("users") == ("ana",)
    assert seen.texts("absent") == ()
