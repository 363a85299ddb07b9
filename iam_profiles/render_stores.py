"""Who may read a class's keys: the policy of each of its secrets, and that of its KMS key.

A secret's policy only denies: what a reader may do, its own policies say as well. A KMS key's
policy is where all access begins, so it allows too; both name the same principals. A session of a
role has the role's ARN as its `aws:PrincipalArn`; a request of an AWS service has none, and is
denied. No statement has a principal that must exist: the roles are made by the same stack.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html
Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
"""

from collections.abc import Sequence
from typing import Final

from iam_profiles.documents import StoreKeyDocuments
from iam_profiles.model import Organization, ParameterStore, Profiles, SecretsManager
from iam_profiles.names import Arn, IdentityClass, RoleName
from iam_profiles.paths import (
    account_root,
    reader_roles_pattern,
    role_arn,
    state_account,
    store_key_alias,
)
from iam_profiles.statements import Conditions, PolicyStatement, document, via_service

_READ: Final = ("secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue")
_WRITE: Final = (
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecret",
    "secretsmanager:UpdateSecretVersionStage",
)
_OPEN: Final = (
    "secretsmanager:DeleteResourcePolicy",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:ReplicateSecretToRegions",
    "secretsmanager:RotateSecret",
)
"""What would hand the key to others without reading it."""


_DECRYPT: Final = ("kms:CreateGrant", "kms:Decrypt", "kms:ReEncryptFrom")
_MANAGE: Final = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)


def keepers(organization: Organization) -> tuple[Arn, ...]:
    """Return the principals that mint, rotate and deploy; none if the organisation names none."""
    store, account = organization.secrets_store, state_account(organization).id
    if not isinstance(store, SecretsManager | ParameterStore):
        return ()
    named = (
        Arn(keeper)
        if keeper.startswith("arn:")
        else role_arn(organization, account, RoleName(keeper))
        for keeper in store.keepers
    )
    return tuple(sorted(named))


def secret_policy(organization: Organization, identity_class: IdentityClass) -> str | None:
    """Return the policy of a class's secrets; None if the organisation names no keepers.

    Keepers read and write, readers of the class read, and nobody else does, whatever is allowed
    elsewhere. The account's root user may change the policy besides: else nobody could mend it
    once the keepers are gone.
    """
    own = keepers(organization)
    if not own or not isinstance(organization.secrets_store, SecretsManager):
        return None
    root = account_root(organization, state_account(organization).id)
    readers = reader_roles_pattern(organization, identity_class)
    return document(
        (
            _deny("NobodyElseReads", (*own, readers), _READ),
            _deny("NobodyElseWrites", own, _WRITE),
            _deny("NobodyElseOpensIt", (*own, root), _OPEN),
        )
    )


def key_alias(organization: Organization, identity_class: IdentityClass) -> str | None:
    """Return the alias of the class's own KMS key; None if the organisation wants none."""
    store = organization.secrets_store
    wanted = isinstance(store, SecretsManager | ParameterStore) and store.customer_key
    return store_key_alias(organization, identity_class) if wanted else None


def store_keys(profiles: Profiles) -> tuple[StoreKeyDocuments, ...]:
    """Return the KMS key of each class of service users that has something stored."""
    organization = profiles.organization
    classes = {user.identity_class for user in profiles.service_users if user.federation is None}
    return tuple(
        StoreKeyDocuments(f"store-{one}", alias, one, key_policy(organization, one))
        for one in sorted(classes)
        if (alias := key_alias(organization, one)) is not None
    )


def key_policy(organization: Organization, identity_class: IdentityClass) -> str:
    """Return the policy of the KMS key that encrypts a class's keys.

    Readers and keepers decrypt, and only through the store's own service in this account and
    region. Keepers, and the account's root user, manage the key. The account as such is not given
    `kms:*`: that would hand the key to whatever its IAM policies allow.
    """
    own, account = keepers(organization), state_account(organization).id
    users = (*own, reader_roles_pattern(organization, identity_class))
    in_parameters = isinstance(organization.secrets_store, ParameterStore)
    service = "ssm" if in_parameters else "secretsmanager"
    via = via_service(organization.partition, organization.region, service)
    here = ("kms:CallerAccount", (account,))
    root = account_root(organization, account)
    encrypt = "kms:Encrypt" if in_parameters else "kms:GenerateDataKey"
    return document(
        (
            _allow("KeepersManageTheKey", (*own, root), _MANAGE, here),
            _allow("ReadersDecrypt", users, ("kms:Decrypt", "kms:DescribeKey"), here, via),
            _allow("KeepersEncrypt", own, (encrypt,), here, via),
            _deny("NobodyElseDecrypts", users, _DECRYPT),
            PolicyStatement(
                sid="OnlyThroughTheStore",
                effect="Deny",
                actions=("kms:Decrypt", "kms:ReEncryptFrom"),
                resources=("*",),
                principal="*",
                conditions=(("StringNotEquals", (via,)),),
            ),
        )
    )


def _allow(
    sid: str,
    principals: Sequence[Arn],
    actions: Sequence[str],
    *equal: tuple[str, tuple[str, ...]],
) -> PolicyStatement:
    named: Conditions = (("ArnLike", (("aws:PrincipalArn", tuple(sorted(principals))),)),)
    return PolicyStatement(
        sid=sid,
        effect="Allow",
        actions=tuple(actions),
        resources=("*",),
        principal="*",
        conditions=(*named, ("StringEquals", equal)),
    )


def _deny(sid: str, others_than: Sequence[Arn], actions: Sequence[str]) -> PolicyStatement:
    exempt = ("aws:PrincipalArn", tuple(sorted(others_than)))
    return PolicyStatement(
        sid=sid,
        effect="Deny",
        actions=tuple(actions),
        # A resource policy speaks of what it is attached to.
        resources=("*",),
        principal="*",
        conditions=(("ArnNotLike", (exempt,)),),
    )
