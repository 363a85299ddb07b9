"""What `render` returns: one account's IAM documents as plain strings, ready to register."""

from dataclasses import dataclass

from iam_profiles.model import Account
from iam_profiles.names import Arn, GroupName, IdentityClass, RoleName, UserName


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
    secret_name: str
    recovery_window_days: int
    rotate_after_seconds: int | None


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
