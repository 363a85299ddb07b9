"""The three kinds of file in `profiles/`, as they are written; also the source of their schemas."""

from typing import Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from iam_profiles.source import values as v
from iam_profiles.source.federation import FederationEntry
from iam_profiles.source.stores import SecretsManagerEntry, SecretsStoreEntry
from iam_profiles.source.text import refusal
from iam_profiles.source.written import Written


class AccountEntry(Written):
    """One AWS account."""

    REMEDIES: ClassVar[dict[str, str]] = {"name": "take it out: the account's key is its name"}

    id: v.AccountId
    """The account's id: twelve digits in quotes, or YAML would read a number."""
    tier: v.TierName
    """The class of the account: what grants and isolation rules speak of."""


class IsolationEntry(Written):
    """One class of identities and the tiers it never reaches, by any path."""

    identity_class: Literal["nonprod", "prod", "people"] = Field(alias="class")
    """The class of the identities: `nonprod` and `prod` are machines."""
    never_reaches: tuple[v.TierName, ...] = Field(min_length=1)
    """The tiers that no identity of the class ever reaches."""


class DefaultsEntry(Written):
    """What holds where a role or a grant is silent."""

    session: v.Session | None = None
    """How long a role's session may last; `1h` unless given."""
    mfa: Literal["required", "optional"] | None = None
    """Whether grants to people may do without MFA; `required` unless given."""


_FIXED = "take it out: AWS does not raise this quota"


class QuotasEntry(Written):
    """Quotas of these accounts that AWS has raised; what is not named is AWS's default.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """

    REMEDIES: ClassVar[dict[str, str]] = {
        "managed_policy_characters": _FIXED,
        "managed_policies_per_group": _FIXED,
        "groups_per_user": _FIXED,
        "users_per_account": _FIXED,
        "audiences_per_identity_provider": _FIXED,
    }

    trust_policy_characters: int | None = Field(default=None, ge=2048, le=8192)
    """Role trust policy length; 2048 unless raised."""
    managed_policies_per_role: int | None = Field(default=None, ge=10, le=25)
    """Managed policies attached to a role; 10 unless raised."""
    managed_policies_per_user: int | None = Field(default=None, ge=10, le=20)
    """Managed policies attached to a user; 10 unless raised."""
    roles_per_account: int | None = Field(default=None, ge=1000, le=10000)
    """Roles in an account; 1000 unless raised."""
    groups_per_account: int | None = Field(default=None, ge=300, le=500)
    """Groups in an account; 300 unless raised."""
    customer_managed_policies_per_account: int | None = Field(default=None, ge=1500, le=10000)
    """Customer managed policies in an account; 1500 unless raised."""
    identity_providers_per_account: int | None = Field(default=None, ge=100, le=700)
    """OpenID Connect providers in an account; 100 unless raised."""


class OrganizationFile(Written):
    """The organisation: its accounts and tiers, who never reaches which, and the defaults."""

    REMEDIES: ClassVar[dict[str, str]] = {
        "name": "call it `organization`",
        "organisation": "spell it with a `z`",
    }
    STAND_INS: ClassVar[dict[str, Any]] = {
        "organization": "unknown",
        "region": "us-east-1",
        "accounts": {},
        "isolation": (),
    }

    organization: v.OrganizationName
    """The organisation's name."""
    region: v.Region
    """The home region: where the state account's secrets store is, if it is one of AWS's."""
    partition: Literal["aws", "aws-cn", "aws-us-gov"] | None = None
    """The AWS partition; unless given, the region's."""
    prefix: v.PathPrefix | None = None
    """Begins every IAM path: `/PlatformRoles/`, `/PlatformGroups/`, …; `Platform` unless given."""
    tiers: tuple[v.TierName, ...] | None = None
    """The tiers; `[state, sandbox, nonprod, prod]` unless given."""
    accounts: dict[v.AccountName, AccountEntry] = Field(json_schema_extra={"minProperties": 1})
    """The accounts by name; exactly one is of tier `state`."""
    isolation: tuple[IsolationEntry, ...] = Field(json_schema_extra={"minItems": 1})
    """The properties that are proved; `nonprod` never reaching `prod` and `state` is among them."""
    defaults: DefaultsEntry = DefaultsEntry()
    """What holds where a role or a grant is silent."""
    secrets_store: SecretsStoreEntry = SecretsManagerEntry()
    """Where service users' keys are kept."""
    quotas: QuotasEntry = Field(default_factory=QuotasEntry)
    """Only the quotas that AWS has raised for these accounts."""


_BY_NAME = "list what is meant instead: all but a few is more with every service that AWS adds"


class StatementEntry(Written):
    """One statement of the role's permissions."""

    REMEDIES: ClassVar[dict[str, str]] = {
        "Sid": "write `sid`",
        "Effect": "write `effect`",
        "Action": "write `actions`",
        "Resource": "write `resources`",
        "Condition": "write `conditions`",
        "NotAction": _BY_NAME,
        "NotResource": _BY_NAME,
        "not_actions": _BY_NAME,
        "not_resources": _BY_NAME,
    }

    sid: v.Sid
    """The statement's name, once per role: findings and reviews speak of it."""
    effect: Literal["Allow", "Deny"] | None = None
    """`Allow` unless given."""
    actions: tuple[v.Action, ...] = Field(min_length=1)
    """Actions as AWS spells them; each is looked up in AWS's catalogue."""
    resources: tuple[v.Resource, ...] = Field(min_length=1)
    """ARNs, in which `{account}`, `{partition}`, `{prefix}`, `{region}`, `{state_account}` stand
    for what each account has there."""
    conditions: dict[v.Operator, dict[v.ConditionKey, v.ConditionValues]] = Field(default={})
    """IAM's conditions: operator, key, list of values; placeholders as in `resources`."""

    @model_validator(mode="after")
    def everything_is_only_denied(self) -> Self:
        """Refuse to allow `*`, which is every service that AWS has or will have."""
        if "*" in self.actions and self.effect != "Deny":
            found = "`*` among the actions that are allowed"
            raise refusal(found, "name the services and actions that the role needs")
        return self


class TrustedServiceEntry(Written):
    """An AWS service that may assume the role for resources of the same account."""

    service: v.ServiceName
    """The service's principal."""
    actions: tuple[Literal["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"], ...] = (
        Field(min_length=1)
    )
    """What the service may do with the role; `sts:AssumeRole` at least."""

    @model_validator(mode="after")
    def may_be_assumed(self) -> Self:
        """Refuse a trust that tags sessions which nobody can begin."""
        if "sts:AssumeRole" not in self.actions:
            raise refusal("a trusted service without `sts:AssumeRole`", "add it to `actions`")
        return self


class RoleFile(Written):
    """One role, the same in every account; the file's name is the role's name."""

    REMEDIES: ClassVar[dict[str, str]] = {
        "name": "take it out: the file's name is the role's name",
        "description": "call it `purpose`",
    }
    STAND_INS: ClassVar[dict[str, Any]] = {"owner": "unknown", "purpose": "Unknown."}

    owner: v.TeamName
    """The team that answers for the role."""
    purpose: v.Purpose
    """One sentence on what the role is for; becomes its description."""
    enabled: bool = True
    """Whether the role is deployed; `true` unless given."""
    session: v.Session | None = None
    """How long a session may last, `1h` to `12h`; the organisation's default unless given."""
    permissions: tuple[StatementEntry, ...] = ()
    """What the role may do."""
    managed_policies: tuple[v.ManagedPolicyName, ...] = ()
    """AWS-managed policies, by name."""
    trusted_services: tuple[TrustedServiceEntry, ...] = ()
    """AWS services that may assume the role."""
    renamed_from: v.RoleName | None = None
    """The role's former name, so that it is renamed and not replaced blindly."""


class GroupEntry(Written):
    """People who are granted the same roles."""

    people: tuple[v.PersonName, ...]
    """The people in the group, of any team."""


class ServiceUserEntry(Written):
    """A machine: an IAM user whose key is kept in the secrets store, or a federated one."""

    identity_class: Literal["nonprod", "prod"] = Field(alias="class")
    """Its trust class: `nonprod` or `prod`."""
    rotate_after: v.RotateAfter | None = None
    """How old its key may become, `1h` to `365d`."""
    grace: v.Grace | None = None
    """How long the key before works on, `5m` to `24h`; `1h` unless given."""
    federation: FederationEntry | None = None
    """Whose tokens stand for it instead of a key."""
    reader: FederationEntry | None = None
    """Whose tokens may read its key from the store; for AWS Secrets Manager."""

    @model_validator(mode="after")
    def no_key_of_a_federated_one(self) -> Self:
        """Refuse to rotate a key that there is not."""
        of_keys = ("rotate_after", "grace", "reader")
        given = [name for name in of_keys if getattr(self, name) is not None]
        if self.federation is not None and given:
            found = f"`{given[0]}` beside `federation`"
            raise refusal(found, f"take `{given[0]}` out: a federated service user has no key")
        return self


class GrantEntry(Written):
    """A group or a service user may assume a role in the accounts of these tiers."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["group"]}, {"required": ["service_user"]}]}
    )
    REMEDIES: ClassVar[dict[str, str]] = {
        "person": "put the person in a group and grant to the `group`",
        "tiers": "call it `on`",
        "accounts": "name the accounts' tiers, as `on`",
    }

    group: v.GroupName | None = None
    """The group that is granted the role; this or `service_user`."""
    service_user: v.ServiceUserName | None = None
    """The machine that is granted the role; this or `group`."""
    role: v.RoleName
    """The role that may be assumed: the name of a file in `roles/`."""
    on: tuple[v.TierName, ...] = Field(min_length=1)
    """The tiers in whose accounts the role may be assumed."""
    mfa: bool | None = None
    """Whether people must have used MFA; `true` unless given. Not for service users."""
    expires: v.Day | None = None
    """The last day, in UTC, on which the grant holds."""

    @model_validator(mode="after")
    def one_subject(self) -> Self:
        """Refuse a grant to nobody or to two, and MFA for a machine."""
        if (self.group is None) == (self.service_user is None):
            both = "both `group` and `service_user`" if self.group else "neither a group nor a user"
            raise refusal(both, "give one of `group` and `service_user`")
        if self.service_user is not None and self.mfa is not None:
            raise refusal("`mfa` for a service user", "take it out: a machine has no MFA device")
        return self


class TeamFile(Written):
    """One team and all that is its own; the file's name is the team's name."""

    REMEDIES: ClassVar[dict[str, str]] = {
        "name": "take it out: the file's name is the team's name",
        "members": "list them as `people`",
        "users": "list them as `people`, or machines as `service_users`",
    }
    STAND_INS: ClassVar[dict[str, Any]] = {"owners": ("@unknown",)}

    owners: tuple[v.Owner, ...] = Field(min_length=1)
    """Who approves changes to this file."""
    people: tuple[v.PersonName, ...] = ()
    """The team's people who are IAM users; each is declared once, by one team."""
    groups: dict[v.GroupName, GroupEntry] = Field(default={})
    """Groups of people."""
    service_users: dict[v.ServiceUserName, ServiceUserEntry] = Field(default={})
    """Machines."""
    grants: tuple[GrantEntry, ...] = ()
    """Who may assume which role on which tiers."""
