"""Every type from creation to its end, over the local cloud, as the engine would have it."""

import grpc
import pytest

from local.aws.types import RESOURCES
from tests.local.aws.conftest import DEFAULT_TAGS
from tests.local.aws.plugin import UNKNOWN, Live, Plugin, reason
from tests.local.aws.samples import (
    MEMBERSHIP,
    POLICY,
    ROLE,
    SAMPLES,
    Sample,
    Surroundings,
    Values,
    document,
)

SAMPLE = pytest.mark.parametrize("sample", SAMPLES, ids=[one.type for one in SAMPLES])


@pytest.fixture
def around(plugin: Plugin, unique: str) -> Surroundings:
    return Surroundings(plugin, unique)


def _without_prefix(good: Values, name: str) -> Values:
    """Return the inputs without what conflicts with `name`."""
    return {key: value for key, value in good.items() if name != "namePrefix" or key != "name"}


def test_every_type_has_a_sample() -> None:
    assert {one.type for one in SAMPLES} == RESOURCES.keys()


@SAMPLE
def test_what_is_created_reads_back_as_it_was_given(
    sample: Sample, plugin: Plugin, around: Surroundings
) -> None:
    good = sample.good(around)
    live = plugin.create(sample.type, good)
    assert live.id == sample.id(around, live)
    assert live.outputs["id"] == live.id
    assert {key: live.outputs[key] for key in good} == good
    assert sample.computed <= live.outputs.keys()
    if "tags" in good:
        assert live.outputs["tagsAll"] == {**DEFAULT_TAGS, **good["tags"]}


@SAMPLE
def test_what_was_created_does_not_differ_and_refreshes_to_itself(
    sample: Sample, plugin: Plugin, around: Surroundings
) -> None:
    good = sample.good(around)
    live = plugin.create(sample.type, good)
    assert not plugin.diff(live, good).changes
    refreshed = plugin.read(live)
    assert refreshed is not None
    assert refreshed == live
    assert not plugin.diff(refreshed, good).changes


@SAMPLE
def test_a_change_in_place_is_seen_applied_and_then_no_difference(
    sample: Sample, plugin: Plugin, around: Surroundings
) -> None:
    good = sample.good(around)
    live = plugin.create(sample.type, good)
    if sample.updates is None:
        assert {one.name for one in RESOURCES[sample.type].properties} == sample.replaces.keys()
        return
    changes = sample.updates(around)
    wanted = {**good, **changes}
    found = plugin.diff(live, wanted)
    assert changes.keys() <= {*found.properties}
    assert found.replaces == []
    previewed = plugin.preview_update(live, wanted)
    assert {key: previewed[key] for key in wanted} == wanted
    assert plugin.read(live) == live, "a preview changes nothing"
    updated = plugin.update(live, wanted)
    assert {key: updated.outputs[key] for key in wanted} == wanted
    assert not plugin.diff(updated, wanted).changes
    assert plugin.read(updated) == updated


@SAMPLE
def test_what_cannot_change_in_place_replaces(
    sample: Sample, plugin: Plugin, around: Surroundings
) -> None:
    good = sample.good(around)
    live = plugin.create(sample.type, good)
    for name, value in sample.replaces.items():
        found = plugin.diff(live, {**_without_prefix(good, name), name: value})
        assert name in found.replaces
        assert found.detail[name].endswith("_REPLACE")


@SAMPLE
def test_what_is_deleted_is_gone_and_gone_again(
    sample: Sample, plugin: Plugin, around: Surroundings
) -> None:
    live = plugin.create(sample.type, sample.good(around))
    plugin.delete(live)
    found = plugin.read(live)
    if sample.stays:
        assert found == live
    elif sample.type == MEMBERSHIP:
        assert found is not None
        assert found.outputs["users"] == []
    elif found is not None:
        assert found.outputs["groups"] == []
    plugin.delete(live)


@SAMPLE
def test_an_import_finds_what_a_program_would_give(
    sample: Sample, plugin: Plugin, around: Surroundings
) -> None:
    good = sample.good(around)
    live = plugin.create(sample.type, good)
    if sample.import_id is None:
        with pytest.raises(grpc.RpcError) as refused:
            plugin.import_(sample.type, live.id)
        assert "doesn't support import" in reason(refused.value)
        return
    imported = plugin.import_(sample.type, sample.import_id(around, live))
    assert imported is not None
    given = {key: value for key, value in good.items() if not _local(sample, key)}
    assert {key: imported.inputs[key] for key in given} == given
    found = plugin.diff(imported, good)
    assert {*found.properties} <= {key for key in good if _local(sample, key)}


def _local(sample: Sample, name: str) -> bool:
    one = RESOURCES[sample.type].input(name)
    return one is not None and one.local


@SAMPLE
def test_an_import_of_nothing_finds_nothing(sample: Sample, plugin: Plugin, unique: str) -> None:
    if sample.import_id is not None:
        names = {"aws:iam/policy:Policy": f"arn:aws:iam::111111111111:policy/{unique}"}
        secret = f"arn:aws:secretsmanager:eu-west-1:111111111111:secret:{unique}-aBcDeF"
        names["aws:secretsmanager/secret:Secret"] = secret
        provider = f"arn:aws:iam::111111111111:oidc-provider/{unique}.example.org"
        names["aws:iam/openIdConnectProvider:OpenIdConnectProvider"] = provider
        names["aws:iam/accessKey:AccessKey"] = "AKIAAAAAAAAAAAAAAAAA"
        form = f"{unique}:policy" if "licy:" in sample.type else f"{unique}/{names[POLICY]}"
        plain = RESOURCES[sample.type].properties[-1].name.endswith("Name") or sample.type in {
            ROLE,
            "aws:iam/group:Group",
            "aws:iam/user:User",
        }
        identifier = names.get(sample.type, unique if plain else form)
        assert plugin.import_(sample.type, identifier) is None


@SAMPLE
def test_a_preview_knows_the_inputs_and_leaves_the_rest_unknown(
    sample: Sample, plugin: Plugin, around: Surroundings
) -> None:
    good = sample.good(around)
    outputs = plugin.preview_create(sample.type, good)
    assert {key: outputs[key] for key in good} == good
    assert {key for key in sample.computed if outputs[key] is not UNKNOWN} == set()
    assert outputs["id"] is UNKNOWN
    if "tags" in good:
        assert outputs["tagsAll"] == {**DEFAULT_TAGS, **good["tags"]}


@SAMPLE
def test_an_unknown_input_passes_and_is_a_difference(
    sample: Sample, plugin: Plugin, around: Surroundings
) -> None:
    good = sample.good(around)
    live = plugin.create(sample.type, good)
    for name in good:
        news = {**good, name: UNKNOWN}
        inputs, reasons = plugin.check(sample.type, news)
        assert reasons == {}
        assert inputs[name] is UNKNOWN
        found = plugin.diff(live, news)
        assert found.changes
        one = RESOURCES[sample.type].input(name)
        assert one is not None
        assert found.replaces == ([name] if one.force_new else [])
        assert plugin.preview_create(sample.type, news)[name] is UNKNOWN


def test_a_policys_sixth_version_takes_the_place_of_the_oldest(plugin: Plugin, unique: str) -> None:
    live = plugin.create(POLICY, {"name": unique, "policy": document()})
    for number in range(7):
        wanted = {"name": unique, "policy": document(f"s3:Get{number}")}
        live = plugin.update(live, wanted)
        assert live.outputs["policy"] == wanted["policy"]
    plugin.delete(live)
    assert plugin.read(live) is None


def test_a_replaced_attachment_goes_first_and_a_renamed_role_last(
    plugin: Plugin, around: Surroundings
) -> None:
    role, arn = around.role(), around.policy()
    attachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    live = plugin.create(attachment, {"role": role, "policyArn": arn})
    assert plugin.diff(live, {"role": role, "policyArn": around.policy(2)}).delete_first
    good = {"name": around.name, "assumeRolePolicy": "{}", "path": "/a/"}
    renamed = Live(ROLE, around.name, good, good)
    assert not plugin.diff(renamed, {**good, "name": "another"}).delete_first
    assert plugin.diff(renamed, {**good, "path": "/b/"}).delete_first
