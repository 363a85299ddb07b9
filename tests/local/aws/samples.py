"""For each type, inputs that are good, what changes in place, and what replaces."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.aws.documents import compact
from tests.local.aws.plugin import Live, Plugin

Values = dict[str, Any]

ACCOUNT = "111111111111"


def document(action: str = "s3:GetObject", **more: object) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", **more}
    return compact({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal: str = f"arn:aws:iam::{ACCOUNT}:root") -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return compact({"Version": "2012-10-17", "Statement": [statement]})


POLICY = "aws:iam/policy:Policy"
ROLE = "aws:iam/role:Role"
GROUP = "aws:iam/group:Group"
USER = "aws:iam/user:User"
SECRET = "aws:secretsmanager/secret:Secret"
MEMBERSHIP = "aws:iam/groupMembership:GroupMembership"
USER_MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"
IDENTITY_PROVIDER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
KEY = "aws:kms/key:Key"
ACCESS_KEY = "aws:iam/accessKey:AccessKey"


@dataclass(frozen=True)
class Surroundings:
    """What a resource under test refers to; made for one test, named after it."""

    plugin: Plugin
    name: str

    def policy(self, number: int = 1) -> str:
        """Make a policy and return its ARN."""
        inputs = {"name": f"{self.name}-policy-{number}", "policy": document()}
        return self.plugin.create(POLICY, inputs).id

    def user(self, number: int = 1) -> str:
        return self.plugin.create(USER, {"name": f"{self.name}-user-{number}"}).id

    def group(self, number: int = 1) -> str:
        return self.plugin.create(GROUP, {"name": f"{self.name}-group-{number}"}).id

    def role(self, number: int = 1) -> str:
        inputs = {"name": f"{self.name}-role-{number}", "assumeRolePolicy": trust()}
        return self.plugin.create(ROLE, inputs).id

    def key(self) -> str:
        return self.plugin.create(KEY, {"description": self.name}).id

    def owner(self, kind: str, number: int = 1) -> str:
        return getattr(self, kind.lower())(number)

    def inline(self, kind: str, owner: str, name: str) -> str:
        """Put an inline policy into `owner` and return its name."""
        inputs = {kind.lower(): owner, "name": name, "policy": document()}
        self.plugin.create(f"aws:iam/{kind.lower()}Policy:{kind}Policy", inputs)
        return name


@dataclass(frozen=True)
class Sample:
    """How a type is used, from creation to its end."""

    type: str
    good: Callable[[Surroundings], Values]
    id: Callable[[Surroundings, Live], str]
    computed: set[str] = field(default_factory=set[str])
    updates: Callable[[Surroundings], Values] | None = None
    """Inputs that change in place, added to the good ones."""
    replaces: dict[str, Any] = field(default_factory=dict[str, Any])
    """Inputs each of which alone replaces the resource."""
    import_id: Callable[[Surroundings, Live], str] | None = lambda _, live: live.id
    stays: bool = False
    """Whether what it manages is still there once it is deleted."""


def _name(around: Surroundings, _: Live) -> str:
    return around.name


def _exclusive_attachments(kind: str) -> Sample:
    owner = f"{kind.lower()}Name"
    return Sample(
        type=f"aws:iam/{kind.lower()}PolicyAttachmentsExclusive:{kind}PolicyAttachmentsExclusive",
        good=lambda around: {owner: around.owner(kind), "policyArns": [around.policy()]},
        id=lambda around, _: f"{around.name}-{kind.lower()}-1",
        updates=lambda around: {"policyArns": [around.policy(2), around.policy(3)]},
        replaces={owner: "another"},
        stays=True,
    )


def _exclusive_inline(kind: str) -> Sample:
    owner = f"{kind.lower()}Name"

    def good(around: Surroundings) -> Values:
        name = around.owner(kind)
        return {owner: name, "policyNames": [around.inline(kind, name, one) for one in "ab"]}

    return Sample(
        type=f"aws:iam/{kind.lower()}PoliciesExclusive:{kind}PoliciesExclusive",
        good=good,
        id=lambda around, _: f"{around.name}-{kind.lower()}-1",
        updates=lambda _: {"policyNames": ["a"]},
        replaces={owner: "another"},
        stays=True,
    )


def _attachment(kind: str) -> Sample:
    return Sample(
        type=f"aws:iam/{kind.lower()}PolicyAttachment:{kind}PolicyAttachment",
        good=lambda around: {kind.lower(): around.owner(kind), "policyArn": around.policy()},
        id=lambda _, live: f"{live.inputs[kind.lower()]}/{live.inputs['policyArn']}",
        replaces={
            kind.lower(): "another",
            "policyArn": f"arn:aws:iam::{ACCOUNT}:policy/another",
        },
    )


def _inline(kind: str) -> Sample:
    return Sample(
        type=f"aws:iam/{kind.lower()}Policy:{kind}Policy",
        good=lambda around: {
            kind.lower(): around.owner(kind),
            "name": "inside",
            "policy": document(),
        },
        id=lambda _, live: f"{live.inputs[kind.lower()]}:inside",
        updates=lambda _: {"policy": document("s3:PutObject")},
        replaces={kind.lower(): "another", "name": "another"},
    )


_OWNERS = ("Role", "Group", "User")

SAMPLES = (
    Sample(
        type=ROLE,
        good=lambda around: {
            "name": around.name,
            "path": "/r/",
            "assumeRolePolicy": trust(),
            "description": "before",
            "maxSessionDuration": 7200,
            "permissionsBoundary": around.policy(),
            "tags": {"a": "b", "c": "d"},
        },
        id=_name,
        computed={"arn", "createDate", "inlinePolicies", "managedPolicyArns", "uniqueId"},
        updates=lambda around: {
            "assumeRolePolicy": trust("arn:aws:iam::222222222222:root"),
            "description": "after",
            "forceDetachPolicies": True,
            "maxSessionDuration": 3600,
            "permissionsBoundary": around.policy(2),
            "tags": {"a": "B", "e": "f"},
        },
        replaces={"name": "another", "path": "/another/", "namePrefix": "another"},
    ),
    Sample(
        type=POLICY,
        good=lambda around: {
            "name": around.name,
            "path": "/p/",
            "description": "before",
            "policy": document(),
            "tags": {"a": "b"},
        },
        id=lambda around, _: f"arn:aws:iam::{ACCOUNT}:policy/p/{around.name}",
        computed={"arn", "attachmentCount", "policyId"},
        updates=lambda _: {"policy": document("s3:PutObject"), "tags": {"c": "d"}},
        replaces={"name": "another", "path": "/another/", "description": "another"},
    ),
    Sample(
        type=GROUP,
        good=lambda around: {"name": around.name, "path": "/g/"},
        id=_name,
        computed={"arn", "uniqueId"},
        updates=lambda around: {"name": f"{around.name}-new", "path": "/h/"},
    ),
    Sample(
        type=USER,
        good=lambda around: {
            "name": around.name,
            "path": "/u/",
            "permissionsBoundary": around.policy(),
            "tags": {"a": "b"},
        },
        id=_name,
        computed={"arn", "uniqueId"},
        updates=lambda around: {
            "name": f"{around.name}-new",
            "path": "/v/",
            "forceDestroy": True,
            "permissionsBoundary": around.policy(2),
            "tags": {"c": "d"},
        },
    ),
    Sample(
        type=MEMBERSHIP,
        good=lambda around: {
            "name": around.name,
            "group": around.group(),
            "users": [around.user(1), around.user(2)],
        },
        id=_name,
        updates=lambda around: {"users": [f"{around.name}-user-2", around.user(3)]},
        replaces={"name": "another", "group": "another"},
        import_id=None,
    ),
    Sample(
        type=USER_MEMBERSHIP,
        good=lambda around: {
            "user": around.user(),
            "groups": [around.group(1), around.group(2)],
        },
        id=lambda _, live: live.id if live.id.startswith("terraform-") else "terraform-…",
        updates=lambda around: {"groups": [f"{around.name}-group-2", around.group(3)]},
        replaces={"user": "another"},
        import_id=lambda _, live: "/".join([live.inputs["user"], *live.inputs["groups"]]),
    ),
    Sample(
        type=ACCESS_KEY,
        good=lambda around: {"user": around.user()},
        id=lambda _, live: live.id if live.id.startswith("AKIA") else "AKIA…",
        computed={"createDate"},
        updates=lambda _: {"status": "Inactive"},
        replaces={"user": "another"},
    ),
    Sample(
        type=IDENTITY_PROVIDER,
        good=lambda around: {
            "url": f"https://{around.name}.example.org/a",
            "clientIdLists": ["one", "two"],
            "tags": {"a": "b"},
        },
        id=lambda around, _: f"arn:aws:iam::{ACCOUNT}:oidc-provider/{around.name}.example.org/a",
        computed={"arn", "thumbprintLists"},
        updates=lambda _: {
            "clientIdLists": ["three", "two"],
            "thumbprintLists": ["f" * 40],
            "tags": {"c": "d"},
        },
        replaces={"url": "https://another.example.org"},
    ),
    Sample(
        type=SECRET,
        good=lambda around: {
            "name": f"a/{around.name}",
            "description": "before",
            "recoveryWindowInDays": 7,
            "tags": {"a": "b"},
        },
        id=lambda _, live: live.outputs["arn"],
        computed={"arn"},
        updates=lambda _: {
            "description": "after",
            "recoveryWindowInDays": 0,
            "policy": document("secretsmanager:GetSecretValue", Principal="*"),
            "tags": {"c": "d"},
        },
        replaces={"name": "another", "region": "eu-west-3"},
    ),
    Sample(
        type=KEY,
        good=lambda _: {"description": "before", "enableKeyRotation": True, "tags": {"a": "b"}},
        id=lambda _, live: live.outputs["keyId"],
        computed={"arn", "keyId"},
        updates=lambda _: {
            "description": "after",
            "enableKeyRotation": False,
            "policy": document("kms:Decrypt", Principal="*"),
            "tags": {"c": "d"},
        },
    ),
    Sample(
        type="aws:kms/alias:Alias",
        good=lambda around: {"name": f"alias/{around.name}", "targetKeyId": around.key()},
        id=lambda around, _: f"alias/{around.name}",
        computed={"arn", "targetKeyArn"},
        updates=lambda around: {"targetKeyId": around.key()},
        replaces={"name": "alias/another"},
    ),
    *(make(kind) for make in (_exclusive_attachments, _exclusive_inline) for kind in _OWNERS),
    *(make(kind) for make in (_attachment, _inline) for kind in _OWNERS),
)
