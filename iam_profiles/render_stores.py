"""Who may read a class's keys: the policy of each of its secrets, and that of its KMS key.

A secret's policy only denies: what a reader may do, its own policies say as well. A KMS key's
policy is where all access begins, so it allows too; both name the same principals. A session of a
role has the role's ARN as its `aws:PrincipalArn`; a request of an AWS service has none, and is
no keeper's. No statement has a principal that must exist: the roles are made by the same stack.

Where keepers are named, everybody else is denied. Where none are, nobody knows who deploys, and a
policy that named the wrong one could not be mended by the right one: then the account's IAM
policies decide, but for identities themselves and readers of other classes, who are denied.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html
Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
"""

from collections.abc import Sequence
from typing import Final

from iam_profiles.documents import StoreKeyDocuments
from iam_profiles.model import Organization, ParameterStore, Profiles, SecretsManager
from iam_profiles.names import Arn, IdentityClass, RoleName
from iam_profiles.paths import (
    account_root,
    class_pattern,
    reader_roles_pattern,
    role_arn,
    state_account,
    store_key_alias,
)
from iam_profiles.statements import PolicyStatement, document, via_service

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
_LOOK: Final = (
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListResourceTags",
)
"""What previews and drift read of a key; nothing of what it encrypts."""


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
    """Return the policy of a class's secrets; None where they are kept in no Secrets Manager.

    Keepers read and write, readers of the class read, and nobody else does, whatever is allowed
    elsewhere. The account's root user may change the policy besides: else nobody could mend it
    once the keepers are gone. Without keepers, who is of another class gets at nothing.
    """
    if not isinstance(organization.secrets_store, SecretsManager):
        return None
    own = keepers(organization)
    if not own:
        kept_out = _others(organization, identity_class)
        return document([_deny("NobodyOfAnotherClass", (*_READ, *_WRITE, *_OPEN), only=kept_out)])
    root = account_root(organization, state_account(organization).id)
    readers = reader_roles_pattern(organization, identity_class)
    return document(
        (
            _deny("NobodyElseReads", _READ, but=(*own, readers)),
            _deny("NobodyElseWrites", _WRITE, but=own),
            _deny("NobodyElseOpensIt", _OPEN, but=(*own, root)),
        )
    )


def key_alias(organization: Organization, identity_class: IdentityClass) -> str | None:
    """Return the alias of the class's own KMS key; None if the organisation wants none."""
    store = organization.secrets_store
    wanted = isinstance(store, SecretsManager | ParameterStore) and store.customer_key
    return store_key_alias(organization, identity_class) if wanted else None


def store_keys(profiles: Profiles) -> tuple[StoreKeyDocuments, ...]:
    """Return the KMS key of each class of service users, once something of any is stored.

    A class that loses its last user keeps its key: what was stored can be restored for a while.
    """
    organization = profiles.organization
    stored = any(user.federation is None for user in profiles.service_users)
    return tuple(
        StoreKeyDocuments(f"store-{one}", alias, one, key_policy(organization, one))
        for one in (IdentityClass.NONPROD, IdentityClass.PROD)
        if stored and (alias := key_alias(organization, one)) is not None
    )


def key_policy(organization: Organization, identity_class: IdentityClass) -> str:
    """Return the policy of the KMS key that encrypts a class's keys.

    Readers and keepers decrypt, and only through the store's own service in this account and
    region. Keepers, and the account's root user, manage the key. The account as such is not given
    `kms:*`, which would hand the key to whatever its IAM policies allow: they let nobody more than
    look at it. Without keepers they say who manages it, and whoever may read a secret decrypts it,
    as with AWS's own key, but for those of another class.
    """
    own, account = keepers(organization), state_account(organization).id
    in_parameters = isinstance(organization.secrets_store, ParameterStore)
    service = "ssm" if in_parameters else "secretsmanager"
    via = via_service(organization.partition, organization.region, service)
    encrypt = "kms:Encrypt" if in_parameters else "kms:GenerateDataKey"
    root = account_root(organization, account)
    through = PolicyStatement(
        sid="OnlyThroughTheStore",
        effect="Deny",
        actions=("kms:Decrypt", "kms:ReEncryptFrom"),
        resources=("*",),
        principal="*",
        conditions=(("StringNotEquals", (via,)),),
    )
    here = ("kms:CallerAccount", (account,))
    if not own:
        uses = ("kms:Decrypt", "kms:DescribeKey", encrypt)
        return document(
            (
                _delegate("AccountManagesTheKey", root, _MANAGE),
                _allow("WhoeverUsesTheStore", uses, (), here, via),
                _deny("NobodyOfAnotherClass", _DECRYPT, only=_others(organization, identity_class)),
                through,
            )
        )
    users = (*own, reader_roles_pattern(organization, identity_class))
    return document(
        (
            _allow("KeepersManageTheKey", _MANAGE, (*own, root), here),
            _delegate("AccountLooks", root, _LOOK),
            _allow("ReadersDecrypt", ("kms:Decrypt", "kms:DescribeKey"), users, here, via),
            _allow("KeepersEncrypt", (encrypt,), own, here, via),
            _deny("NobodyElseDecrypts", _DECRYPT, but=users),
            through,
        )
    )


def _others(organization: Organization, identity_class: IdentityClass) -> tuple[Arn, ...]:
    """Return who has no business with a class's keys: other classes' readers, and identities.

    An identity acts by the roles that it assumes, so none of its own class is among them.
    """
    return (
        *(
            reader_roles_pattern(organization, one)
            for one in IdentityClass
            if one != identity_class
        ),
        *(class_pattern(organization, one) for one in IdentityClass),
    )


def _allow(
    sid: str,
    actions: Sequence[str],
    principals: Sequence[Arn],
    *equal: tuple[str, tuple[str, ...]],
) -> PolicyStatement:
    """Return an Allow for these principals, or, if none is named, for whoever meets the rest."""
    named = ("ArnLike", (("aws:PrincipalArn", tuple(sorted(principals))),))
    return PolicyStatement(
        sid=sid,
        effect="Allow",
        actions=tuple(actions),
        resources=("*",),
        principal="*",
        conditions=(*((named,) if principals else ()), ("StringEquals", equal)),
    )


def _delegate(sid: str, root: Arn, actions: Sequence[str]) -> PolicyStatement:
    """Return an Allow for whomever the account's own IAM policies allow it, too."""
    return PolicyStatement(
        sid=sid,
        effect="Allow",
        actions=tuple(actions),
        resources=("*",),
        principal=("AWS", root),
    )


def _deny(
    sid: str, actions: Sequence[str], *, but: Sequence[Arn] = (), only: Sequence[Arn] = ()
) -> PolicyStatement:
    """Return a Deny for everybody but some, or for some only."""
    operator, named = ("ArnNotLike", but) if but else ("ArnLike", only)
    return PolicyStatement(
        sid=sid,
        effect="Deny",
        actions=tuple(actions),
        # A resource policy speaks of what it is attached to.
        resources=("*",),
        principal="*",
        conditions=((operator, (("aws:PrincipalArn", tuple(sorted(named))),)),),
    )
