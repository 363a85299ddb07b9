"""The model: what `profiles/` says, validated and frozen."""

from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from iam_profiles.names import (
    AccountId,
    AccountName,
    GroupName,
    IdentityClass,
    RoleName,
    TeamName,
    TierName,
    UserName,
)

PLACEHOLDERS = ("account", "partition", "prefix", "region", "state_account")
"""What a role's resources and condition values may leave to the account: `{account}`, …"""


class Frozen(BaseModel):
    """A record that refuses unknown keys and never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Account(Frozen):
    """One AWS account and the tier it belongs to."""

    name: AccountName
    id: AccountId
    tier: TierName


class IsolationRule(Frozen):
    """Identities of a class never reach accounts of these tiers: the property that is proved."""

    identity_class: IdentityClass
    never_reaches: tuple[TierName, ...]


class Defaults(Frozen):
    """What holds where a role or a grant is silent."""

    session: timedelta = timedelta(hours=1)
    mfa: Literal["required", "optional"] = "required"


class SecretsManager(Frozen):
    """AWS Secrets Manager, in the state account."""

    kind: Literal["aws-secrets-manager"] = "aws-secrets-manager"
    prefix: str = "iam-profiles"
    recovery_window_days: int = 30
    keepers: tuple[str, ...] = ()
    """Who mints, rotates and deploys: names of roles of the role set, or ARNs."""
    customer_key: bool = True
    """Whether each class has a KMS key of its own, kept from readers of other classes."""


class ParameterStore(Frozen):
    """AWS Systems Manager's Parameter Store, in the state account."""

    kind: Literal["aws-ssm-parameter-store"] = "aws-ssm-parameter-store"
    prefix: str = "iam-profiles"
    kms_key: str | None = None
    """A key that is there already."""
    keepers: tuple[str, ...] = ()
    customer_key: bool = False
    """Both as in Secrets Manager."""


class Vault(Frozen):
    """A KV version 2 mount of HashiCorp Vault or OpenBao; what is None, Vault's settings say."""

    kind: Literal["vault"] = "vault"
    prefix: str = "iam-profiles"
    mount: str = "secret"
    address: str | None = None
    namespace: str | None = None


class CommandLineTool(Frozen):
    """Any tool that keeps a text by its name; `{name}` stands for it in each line."""

    kind: Literal["exec"] = "exec"
    prefix: str = "iam-profiles"
    read: tuple[str, ...]
    write: tuple[str, ...]
    create: tuple[str, ...] | None = None
    delete: tuple[str, ...]
    absent: str
    timeout_seconds: int = 20


SecretsStore = SecretsManager | ParameterStore | Vault | CommandLineTool
"""Where service users' keys are kept."""


class Quotas(Frozen):
    """AWS's limits in force in these accounts; each default is AWS's own default."""

    managed_policy_characters: int = 6144
    trust_policy_characters: int = 2048
    managed_policies_per_role: int = 10
    managed_policies_per_group: int = 10
    managed_policies_per_user: int = 10
    groups_per_user: int = 10
    roles_per_account: int = 1000
    groups_per_account: int = 300
    users_per_account: int = 5000
    customer_managed_policies_per_account: int = 1500
    identity_providers_per_account: int = 100
    audiences_per_identity_provider: int = 100


class Organization(Frozen):
    """The accounts, their tiers, and what holds for all of them."""

    name: str
    partition: Literal["aws", "aws-cn", "aws-us-gov"] = "aws"
    region: str
    prefix: str = "Platform"
    """Begins every IAM path of ours: `/PlatformRoles/`, `/PlatformGroups/`, …"""
    tiers: tuple[TierName, ...]
    """In the order written, as are `accounts`: the order in which people expect columns."""
    accounts: tuple[Account, ...]
    isolation: tuple[IsolationRule, ...]
    defaults: Defaults = Defaults()
    secrets_store: SecretsStore = SecretsManager()
    quotas: Quotas = Quotas()


class Statement(Frozen):
    """One statement of a role's permissions, before placeholders are filled in."""

    sid: str
    effect: Literal["Allow", "Deny"] = "Allow"
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...] = ()
    """`((operator, ((key, values), …)), …)`, so that it stays hashable."""


class TrustedService(Frozen):
    """An AWS service that may assume the role for resources of the same account."""

    service: str
    actions: tuple[str, ...]


class Role(Frozen):
    """One role of the role set: the same in every account."""

    name: RoleName
    owner: TeamName
    purpose: str
    enabled: bool = True
    session: timedelta
    permissions: tuple[Statement, ...] = ()
    managed_policies: tuple[str, ...] = ()
    """Names of AWS-managed policies, such as `ReadOnlyAccess`."""
    trusted_services: tuple[TrustedService, ...] = ()
    renamed_from: RoleName | None = None


class Person(Frozen):
    """A human who is not federated: an IAM user in the state account."""

    name: UserName
    team: TeamName


IssuerKind = Literal["github", "circleci", "gitlab", "oidc"]


class Federation(Frozen):
    """The tokens that stand for a service user: of this issuer, for this audience, so claiming."""

    kind: IssuerKind
    issuer: str
    """Its address: `https://…`, as the claim `iss` has it."""
    audience: str
    claims: tuple[tuple[str, str], ...]
    """`((claim, value), …)`, exactly; the first is the one that tells who it is."""
    variable: str | None = None
    """The environment variable that has the token, where the issuer's kind has no other way."""

    @property
    def host(self) -> str:
        """The issuer without its scheme: how IAM calls its provider and its condition keys."""
        return self.issuer.removeprefix("https://")


class ServiceUser(Frozen):
    """A machine: an IAM user in the state account, whose key lives in the secrets store.

    One with a `federation` is neither: roles trust its issuer's tokens instead.
    """

    name: UserName
    team: TeamName
    identity_class: IdentityClass
    rotate_after: timedelta | None = None
    grace: timedelta = timedelta(hours=1)
    """How long the key before works on after its successor became current."""
    federation: Federation | None = None
    reader: Federation | None = None
    """Whose tokens may read its key, by a role of its own, if any may."""


class Group(Frozen):
    """People who are granted the same roles."""

    name: GroupName
    team: TeamName
    people: tuple[UserName, ...]


class Grant(Frozen):
    """One cell of the access matrix; exactly one of `group` and `service_user` is set."""

    team: TeamName
    group: GroupName | None = None
    service_user: UserName | None = None
    role: RoleName
    on: tuple[TierName, ...]
    mfa: bool
    """Whether the caller must have used MFA: people only."""
    expires: date | None = None
    """The last day, UTC, on which the grant holds."""


class Team(Frozen):
    """A team and those who approve its changes."""

    name: TeamName
    owners: tuple[str, ...]


class Profiles(Frozen):
    """All of `profiles/`, consistent as a whole; every tuple here is sorted by name."""

    organization: Organization
    teams: tuple[Team, ...]
    roles: tuple[Role, ...]
    """Enabled roles only: the role set."""
    people: tuple[Person, ...]
    service_users: tuple[ServiceUser, ...]
    groups: tuple[Group, ...]
    grants: tuple[Grant, ...]
