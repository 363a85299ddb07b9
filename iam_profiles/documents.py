"""What `render` returns: one account's IAM documents as plain strings, ready to register."""

from dataclasses import dataclass

from iam_profiles.model import Account
from iam_profiles.names import Arn, GroupName, IdentityClass, RoleName, UserName
from iam_profiles.store_config import StoreConfig


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer-managed policy; `document` is canonical JSON."""

    name: str
    path: str
    arn: Arn
    description: str
    document: str


@dataclass(frozen=True, slots=True)
class RoleDocuments:
    """One role of the role set as this account has it; only `trust` differs between accounts."""

    name: RoleName
    path: str
    arn: Arn
    description: str
    max_session_seconds: int
    trust: str
    policies: tuple[ManagedPolicy, ...]
    managed_policy_arns: tuple[Arn, ...]
    """AWS-managed policies attached besides `policies`."""
    renamed_from: RoleName | None


@dataclass(frozen=True, slots=True)
class GroupDocuments:
    """A group, the policies attached to it, and the users in it; state account only."""

    name: GroupName
    path: str
    policies: tuple[ManagedPolicy, ...]
    members: tuple[UserName, ...]


@dataclass(frozen=True, slots=True)
class ServiceUserDocuments:
    """A machine user and where its key is kept; state account only."""

    name: UserName
    path: str
    arn: Arn
    identity_class: IdentityClass
    boundary_arn: Arn
    groups: tuple[GroupName, ...]
    store: StoreConfig
    secret_policy: str | None
    """The resource policy of its secret, if the store has one."""
    key_alias: str | None
    """The alias of its class's own KMS key, if it has one."""
    recovery_window_days: int | None
    """How long a deleted secret can be restored, where the store can do that."""
    rotate_after_seconds: int | None
    grace_seconds: int
    probe_role_arn: Arn | None
    """A role that it is granted, which a new key must get before it is given out."""

    @property
    def secret_name(self) -> str:
        """What its key is kept as, in its store."""
        return str(self.store["name"])


@dataclass(frozen=True, slots=True)
class ReaderDocuments:
    """The role that reads a service user's key with its pipeline's token; state account only."""

    name: UserName
    path: str
    arn: Arn
    boundary_arn: Arn
    trust: str
    policy: ManagedPolicy


@dataclass(frozen=True, slots=True)
class IdentityProviderDocuments:
    """An OpenID Connect issuer that the account trusts, for these audiences and no others."""

    name: str
    """The issuer's host and path, as the ARN ends."""
    arn: Arn
    url: str
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoreKeyDocuments:
    """The KMS key that encrypts what is stored of one identity class; state account only."""

    name: str
    alias: str
    identity_class: IdentityClass
    policy: str


@dataclass(frozen=True, slots=True)
class PersonDocuments:
    """A human user; state account only."""

    name: UserName
    path: str
    arn: Arn
    boundary_arn: Arn
    groups: tuple[GroupName, ...]


@dataclass(frozen=True, slots=True)
class AccountDocuments:
    """All that one account's stack declares."""

    account: Account
    partition: str
    region: str
    boundaries: tuple[ManagedPolicy, ...]
    """In state: one per identity class. In every account: the workload boundary."""
    roles: tuple[RoleDocuments, ...]
    groups: tuple[GroupDocuments, ...]
    service_users: tuple[ServiceUserDocuments, ...]
    people: tuple[PersonDocuments, ...]
    identity_providers: tuple[IdentityProviderDocuments, ...] = ()
    """The issuers of those federated identities that are granted a role in the account."""
    store_keys: tuple[StoreKeyDocuments, ...] = ()
    readers: tuple[ReaderDocuments, ...] = ()
