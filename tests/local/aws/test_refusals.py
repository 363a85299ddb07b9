"""AWS's own refusals, in the official plugin's words; also those that an emulator does not make."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.status_pb2 import Status

from local.aws.errors import AwsError
from local.aws.types import RESOURCES
from tests.local.aws.plugin import Live, Plugin, plain, reason, struct, urn
from tests.local.aws.samples import (
    ACCESS_KEY,
    GROUP,
    MEMBERSHIP,
    POLICY,
    ROLE,
    SECRET,
    USER,
    Surroundings,
    document,
    trust,
)

ATTACHMENTS = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"


@pytest.fixture
def around(plugin: Plugin, unique: str) -> Surroundings:
    return Surroundings(plugin, unique)


def _refusal(call: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(grpc.RpcError) as refused:
        call(*arguments)
    return reason(refused.value)


def _long(characters: int, blanks: int = 0, letter: str = "s") -> str:
    """Return a policy of so many characters, white space not counted."""
    filler = letter * (characters - len(document("s3:")))
    return document(f"s3:{filler}").replace("}]", " " * blanks + "}]")


def test_an_error_of_aws_is_worded_as_the_official_plugin_words_it(
    plugin: Plugin, unique: str
) -> None:
    good = {"name": unique, "assumeRolePolicy": trust()}
    plugin.create(ROLE, good)
    said = _refusal(plugin.create, ROLE, good)
    assert said.startswith(
        f"creating IAM Role ({unique}): operation error IAM: CreateRole, "
        "https response error StatusCode: 409, RequestID: "
    )
    assert said.endswith(f", EntityAlreadyExists: Role with name {unique} already exists.")


@pytest.mark.parametrize(
    ("type_", "more"),
    [
        (ROLE, {"assumeRolePolicy": trust()}),
        (POLICY, {"policy": document()}),
        (USER, {}),
        (GROUP, {}),
    ],
)
def test_a_name_that_differs_in_case_only_is_taken(
    plugin: Plugin, unique: str, type_: str, more: dict[str, Any]
) -> None:
    live = plugin.create(type_, {"name": unique, **more})
    assert "EntityAlreadyExists" in _refusal(plugin.create, type_, {"name": unique.upper(), **more})
    plugin.delete(live)
    plugin.create(type_, {"name": unique.upper(), **more})


def test_of_names_that_differ_in_case_created_at_once_one_wins(plugin: Plugin, unique: str) -> None:
    def create(name: str) -> bool:
        try:
            plugin.create(USER, {"name": name})
        except grpc.RpcError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(create, [unique, unique.upper()] * 4))
    assert sum(made) == 1


def test_a_refused_name_is_free_again(plugin: Plugin, unique: str) -> None:
    missing = "arn:aws:iam::111111111111:policy/missing"
    _refusal(plugin.create, USER, {"name": unique, "permissionsBoundary": missing})
    plugin.create(USER, {"name": unique.upper()})


@pytest.mark.parametrize(("type_", "more"), [(ROLE, {"assumeRolePolicy": trust()}), (USER, {})])
def test_a_permissions_boundary_must_exist(
    plugin: Plugin, unique: str, type_: str, more: dict[str, Any]
) -> None:
    missing = "arn:aws:iam::111111111111:policy/missing"
    wanted = {"name": unique, "permissionsBoundary": missing, **more}
    assert "NoSuchEntity: Scope ARN" in _refusal(plugin.create, type_, wanted)
    live = plugin.create(type_, {"name": unique, **more})
    assert "NoSuchEntity: Scope ARN" in _refusal(plugin.update, live, wanted)


def test_a_trust_policy_over_its_quota_is_refused_white_space_not_counted(
    plugin: Plugin, unique: str
) -> None:
    size = len(trust())
    fitting = trust("arn:aws:iam::111111111111:root" + "x" * (2048 - size))
    spaced = fitting.replace("}]", " " * 500 + "}]")
    live = plugin.create(ROLE, {"name": unique, "assumeRolePolicy": spaced})
    over = {"name": unique, "assumeRolePolicy": fitting.replace("root", "rootx")}
    limit = "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048"
    assert limit in _refusal(plugin.update, live, over)
    assert limit in _refusal(plugin.create, ROLE, {**over, "name": f"{unique}-2"})


def test_a_managed_policy_over_its_quota_is_refused(plugin: Plugin, unique: str) -> None:
    live = plugin.create(POLICY, {"name": unique, "policy": _long(6144, blanks=9)})
    limit = "LimitExceeded: Cannot exceed quota for PolicySize: 6144"
    assert limit in _refusal(plugin.update, live, {"name": unique, "policy": _long(6145)})
    over = {"name": f"{unique}-2", "policy": _long(6145)}
    assert limit in _refusal(plugin.create, POLICY, over)


@pytest.mark.parametrize(("kind", "size"), [("Role", 10240), ("Group", 5120), ("User", 2048)])
def test_inline_policies_share_one_quota(
    plugin: Plugin, around: Surroundings, kind: str, size: int
) -> None:
    type_ = f"aws:iam/{kind.lower()}Policy:{kind}Policy"
    owner = {kind.lower(): around.owner(kind)}
    plugin.create(type_, {**owner, "name": "a", "policy": document()})
    rest = size - len(document())
    over = {**owner, "name": "b", "policy": _long(rest + 1)}
    said = _refusal(plugin.create, type_, over)
    assert f"LimitExceeded: Maximum policy size of {size} bytes exceeded" in said
    live = plugin.create(type_, {**over, "policy": _long(rest)})
    plugin.update(live, {**over, "policy": _long(rest, letter="t")})


def test_a_role_has_at_most_ten_policies_and_they_can_all_be_exchanged(
    plugin: Plugin, around: Surroundings
) -> None:
    arns = [around.policy(number) for number in range(21)]
    role = {"roleName": around.role()}
    live = plugin.create(ATTACHMENTS, {**role, "policyArns": arns[:10]})
    live = plugin.update(live, {**role, "policyArns": arns[10:20]})
    assert live.outputs["policyArns"] == sorted(arns[10:20])
    said = _refusal(plugin.update, live, {**role, "policyArns": arns[10:21]})
    assert "LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10" in said


def test_a_user_is_in_at_most_ten_groups(plugin: Plugin, around: Surroundings) -> None:
    user = around.user()
    for number in range(10):
        good = {"name": f"{around.name}-{number}", "group": around.group(number), "users": [user]}
        plugin.create(MEMBERSHIP, good)
    over = {"name": around.name, "group": around.group(11), "users": [user]}
    said = _refusal(plugin.create, MEMBERSHIP, over)
    assert "LimitExceeded: Cannot exceed quota for GroupsPerUser: 10" in said


def test_a_user_with_an_access_key_is_not_deleted_unless_forced(
    plugin: Plugin, unique: str
) -> None:
    live = plugin.create(USER, {"name": unique})
    plugin.create(ACCESS_KEY, {"user": unique})
    said = _refusal(plugin.delete, live)
    assert "DeleteConflict: Cannot delete entity, must delete access keys first." in said
    forced = plugin.update(live, {"name": unique, "forceDestroy": True})
    plugin.delete(forced)
    assert plugin.read(forced) is None


def test_a_user_leaves_its_groups_when_deleted(plugin: Plugin, around: Surroundings) -> None:
    live = plugin.create(USER, {"name": around.name})
    group = around.group()
    members = {"name": around.name, "group": group, "users": [around.name]}
    membership = plugin.create(MEMBERSHIP, members)
    plugin.delete(live)
    found = plugin.read(membership)
    assert found is not None
    assert found.outputs["users"] == []


def test_a_group_in_use_is_not_deleted(plugin: Plugin, around: Surroundings) -> None:
    user, arn = around.user(), around.policy()
    live = plugin.create(GROUP, {"name": around.name})
    members = {"name": around.name, "group": around.name, "users": [user]}
    uses = [
        (MEMBERSHIP, members, "remove users from group"),
        (
            "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
            {"group": around.name, "policyArn": arn},
            "detach all policies",
        ),
        (
            "aws:iam/groupPolicy:GroupPolicy",
            {"group": around.name, "name": "a", "policy": document()},
            "delete policies",
        ),
    ]
    for type_, inputs, first in uses:
        use = plugin.create(type_, inputs)
        said = _refusal(plugin.delete, live)
        assert f"DeleteConflict: Cannot delete entity, must {first} first." in said
        plugin.delete(use)
    plugin.delete(live)


def test_a_policy_in_use_is_not_deleted(plugin: Plugin, around: Surroundings) -> None:
    arn, role = around.policy(), around.role()
    plugin.create(ATTACHMENTS, {"roleName": role, "policyArns": [arn]})
    live = plugin.import_(POLICY, arn)
    assert live is not None
    said = _refusal(plugin.delete, live)
    assert "DeleteConflict: Cannot delete a policy attached to entities." in said


def test_a_role_in_use_is_deleted_only_by_force_or_when_its_state_shows_the_use(
    plugin: Plugin, around: Surroundings
) -> None:
    good = {"name": around.name, "assumeRolePolicy": trust()}
    live = plugin.create(ROLE, good)
    use = {"roleName": around.name, "policyArns": [around.policy()]}
    plugin.create(ATTACHMENTS, use)
    assert "DeleteConflict" in _refusal(plugin.delete, live)
    refreshed = plugin.read(live)
    assert refreshed is not None
    assert refreshed.outputs["managedPolicyArns"] == use["policyArns"]
    plugin.delete(refreshed)
    live = plugin.create(ROLE, {**good, "forceDetachPolicies": True})
    around.inline("Role", around.name, "inside")
    plugin.create(ATTACHMENTS, use)
    plugin.delete(live)
    assert plugin.read(live) is None


def _failing(code: str) -> Callable[..., Any]:
    def fail(*_: object) -> None:
        raise AwsError(service="IAM", operation="GetRole", status=400, code=code, message="no")

    return fail


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling", "InternalFailure", "NoSuchKey"])
def test_an_error_that_does_not_say_gone_never_means_gone(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    failing = replace(RESOURCES[ROLE], read=_failing(code), delete=_failing(code))
    monkeypatch.setitem(cast("dict[str, Any]", RESOURCES), ROLE, failing)
    live = Live(ROLE, "a", {}, {"name": "a"})
    assert f"{code}: no" in _refusal(plugin.read, live)
    assert f"{code}: no" in _refusal(plugin.delete, live)


def test_an_exclusive_set_takes_off_what_was_attached_out_of_band(
    plugin: Plugin, around: Surroundings
) -> None:
    role = around.role()
    ours, theirs = around.policy(1), around.policy(2)
    wanted = {"roleName": role, "policyArns": [ours]}
    live = plugin.create(ATTACHMENTS, wanted)
    attachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    plugin.create(attachment, {"role": role, "policyArn": theirs})
    refreshed = plugin.read(live)
    assert refreshed is not None
    assert refreshed.outputs["policyArns"] == sorted([ours, theirs])
    assert plugin.diff(refreshed, wanted).properties == ["policyArns"]
    assert plugin.update(refreshed, wanted).outputs["policyArns"] == [ours]


def test_a_creation_that_fails_half_way_is_kept_by_the_engine(
    plugin: Plugin, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secret exists when its policy is refused; forgotten, it would be created twice."""
    failing = replace(RESOURCES[SECRET], finish=_failing("MalformedPolicyDocument"))
    monkeypatch.setitem(cast("dict[str, Any]", RESOURCES), SECRET, failing)
    inputs = struct(plugin.checked(SECRET, {"name": unique}))
    with pytest.raises(grpc.RpcError) as refused:
        plugin.stub.Create(provider_pb2.CreateRequest(urn=urn(SECRET), properties=inputs))
    trailers = dict(cast("Any", refused.value).trailing_metadata())
    status = Status.FromString(trailers["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert detail.id.startswith("arn:aws:secretsmanager:")
    assert plain(detail.properties)["name"] == unique
    assert plain(detail.inputs)["name"] == unique
    assert "MalformedPolicyDocument: no" in detail.reasons[0]
    assert plugin.import_(SECRET, detail.id) is not None
