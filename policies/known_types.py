"""The resource types that the rules can judge, as data: any other is refused until it is here."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ROLE: Final = "aws:iam/role:Role"
GROUP: Final = "aws:iam/group:Group"
USER: Final = "aws:iam/user:User"
POLICY: Final = "aws:iam/policy:Policy"
GROUP_MEMBERSHIP: Final = "aws:iam/groupMembership:GroupMembership"
USER_GROUP_MEMBERSHIP: Final = "aws:iam/userGroupMembership:UserGroupMembership"
IDENTITY_PROVIDER: Final = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
SECRET: Final = "aws:secretsmanager/secret:Secret"  # noqa: S105 -- a type token
KMS_KEY: Final = "aws:kms/key:Key"
KMS_ALIAS: Final = "aws:kms/alias:Alias"
STORED_ACCESS_KEY: Final = "iamprofiles:index:StoredAccessKey"
STACK: Final = "pulumi:pulumi:Stack"


class Kind(StrEnum):
    """What can carry a policy."""

    ROLE = "role"
    GROUP = "group"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Attachment:
    """How a type gives policies to holders: the input that names these, and the one for those."""

    type: str
    kind: Kind
    holders: str
    policies: str


_ATTACHED_TO_SEVERAL = "aws:iam/policyAttachment:PolicyAttachment"

MANAGED: Final = (
    Attachment(ROLE, Kind.ROLE, "name", "managedPolicyArns"),
    Attachment("aws:iam/rolePolicyAttachment:RolePolicyAttachment", Kind.ROLE, "role", "policyArn"),
    Attachment(
        "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
        *(Kind.ROLE, "roleName", "policyArns"),
    ),
    Attachment(
        "aws:iam/groupPolicyAttachment:GroupPolicyAttachment", Kind.GROUP, "group", "policyArn"
    ),
    Attachment(
        "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
        *(Kind.GROUP, "groupName", "policyArns"),
    ),
    Attachment("aws:iam/userPolicyAttachment:UserPolicyAttachment", Kind.USER, "user", "policyArn"),
    Attachment(
        "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive",
        *(Kind.USER, "userName", "policyArns"),
    ),
    Attachment(_ATTACHED_TO_SEVERAL, Kind.ROLE, "roles", "policyArn"),
    Attachment(_ATTACHED_TO_SEVERAL, Kind.GROUP, "groups", "policyArn"),
    Attachment(_ATTACHED_TO_SEVERAL, Kind.USER, "users", "policyArn"),
)
"""What attaches managed policies, by ARN."""

INLINE: Final = (
    Attachment("aws:iam/rolePolicy:RolePolicy", Kind.ROLE, "role", "policy"),
    Attachment("aws:iam/groupPolicy:GroupPolicy", Kind.GROUP, "group", "policy"),
    Attachment("aws:iam/userPolicy:UserPolicy", Kind.USER, "user", "policy"),
)
"""What writes a policy into a holder."""

INLINE_KEPT: Final = (
    Attachment(
        "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive", Kind.ROLE, "roleName", "policyNames"
    ),
    Attachment(
        "aws:iam/groupPoliciesExclusive:GroupPoliciesExclusive",
        *(Kind.GROUP, "groupName", "policyNames"),
    ),
    Attachment(
        "aws:iam/userPoliciesExclusive:UserPoliciesExclusive", Kind.USER, "userName", "policyNames"
    ),
)
"""What takes off every inline policy but those it names."""

EXCLUSIVE: Final = tuple(
    attachment for attachment in (*MANAGED, *INLINE_KEPT) if "Exclusive" in attachment.type
)
"""What takes off again whatever was attached or written out of band."""

JUDGED: Final = frozenset(
    {
        *(ROLE, GROUP, USER, POLICY, GROUP_MEMBERSHIP, USER_GROUP_MEMBERSHIP),
        *(IDENTITY_PROVIDER, SECRET, STORED_ACCESS_KEY, KMS_KEY, KMS_ALIAS),
        *(attachment.type for attachment in (*MANAGED, *INLINE, *INLINE_KEPT)),
    }
)
"""Types that may grant something, and that the rules know how to read."""

HARMLESS: Final = frozenset(
    {
        "aws:iam/accountAlias:AccountAlias",
        "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
    }
)
"""Types of a provider that grant nobody anything, whatever their inputs."""
