"""Files to the model: defaults filled in, everything sorted, nothing judged."""

from collections.abc import Iterable, Iterator
from typing import Literal, Protocol, TypeVar

from iam_profiles.federation import federation_of
from iam_profiles.model import (
    Account,
    CommandLineTool,
    Defaults,
    Grant,
    Group,
    IsolationRule,
    Organization,
    ParameterStore,
    Person,
    Profiles,
    Quotas,
    Role,
    SecretsManager,
    SecretsStore,
    ServiceUser,
    Statement,
    Team,
    TrustedService,
    Vault,
)
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
from iam_profiles.source.kinds import (
    OrganizationFile,
    RoleFile,
    StatementEntry,
    TeamFile,
)
from iam_profiles.source.stores import SecretsManagerEntry, SecretsStoreEntry


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Entry = TypeVar("_Entry", bound=_Named)
_TIERS = ("state", "sandbox", "nonprod", "prod")


def partition_of(region: str) -> Literal["aws", "aws-cn", "aws-us-gov"]:
    """Return the partition of a region; what is neither in China nor in GovCloud is in `aws`."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def organization_of(file: OrganizationFile) -> Organization:
    """Return the organisation."""
    return Organization(
        name=file.organization,
        partition=file.partition or partition_of(file.region),
        region=file.region,
        tiers=tuple(map(TierName, file.tiers or _TIERS)),
        accounts=tuple(
            Account(name=AccountName(name), id=AccountId(entry.id), tier=TierName(entry.tier))
            for name, entry in file.accounts.items()
        ),
        isolation=tuple(
            IsolationRule(
                identity_class=IdentityClass(entry.identity_class),
                never_reaches=tuple(map(TierName, entry.never_reaches)),
            )
            for entry in file.isolation
        ),
        defaults=Defaults(**file.defaults.given()),
        secrets_store=_secrets_store(file.secrets_store),
        quotas=Quotas(**file.quotas.given()),
        **({"prefix": file.prefix} if file.prefix else {}),
    )


def profiles_of(
    organization: Organization,
    roles: Iterable[tuple[str, RoleFile]],
    teams: Iterable[tuple[str, TeamFile]],
) -> Profiles:
    """Return the model of files that are consistent, each with its name."""
    files = [(TeamName(name), file) for name, file in teams]
    return Profiles(
        organization=organization,
        teams=_sorted(Team(name=name, owners=file.owners) for name, file in files),
        roles=_sorted(_role(name, file, organization) for name, file in roles if file.enabled),
        people=_sorted(
            Person(name=UserName(person), team=team)
            for team, file in files
            for person in file.people
        ),
        service_users=_sorted(user for team, file in files for user in _service_users(team, file)),
        groups=_sorted(
            Group(
                name=GroupName(name), team=team, people=tuple(sorted(map(UserName, entry.people)))
            )
            for team, file in files
            for name, entry in file.groups.items()
        ),
        grants=tuple(
            sorted((grant for team, file in files for grant in _grants(team, file)), key=_subject)
        ),
    )


_STORES = (SecretsManager, ParameterStore, Vault, CommandLineTool)


def _secrets_store(entry: SecretsStoreEntry) -> SecretsStore:
    given = entry.given()
    if isinstance(entry, SecretsManagerEntry):
        window = given.pop("recovery_window", None)
        return SecretsManager(**given, **({"recovery_window_days": window.days} if window else {}))
    store = next(one for one in _STORES if one.model_fields["kind"].default == entry.kind)
    return store(**given)


def _role(name: str, file: RoleFile, organization: Organization) -> Role:
    return Role(
        name=RoleName(name),
        owner=TeamName(file.owner),
        purpose=file.purpose,
        enabled=file.enabled,
        session=file.session or organization.defaults.session,
        permissions=tuple(map(_statement, file.permissions)),
        managed_policies=file.managed_policies,
        trusted_services=tuple(
            TrustedService(service=entry.service, actions=entry.actions)
            for entry in file.trusted_services
        ),
        renamed_from=RoleName(file.renamed_from) if file.renamed_from else None,
    )


def _statement(entry: StatementEntry) -> Statement:
    return Statement(
        sid=entry.sid,
        effect=entry.effect or "Allow",
        actions=entry.actions,
        resources=entry.resources,
        conditions=tuple(
            (operator, tuple(tests.items())) for operator, tests in entry.conditions.items()
        ),
    )


def _service_users(team: TeamName, file: TeamFile) -> Iterator[ServiceUser]:
    for name, entry in file.service_users.items():
        yield ServiceUser(
            name=UserName(name),
            team=team,
            identity_class=IdentityClass(entry.identity_class),
            rotate_after=entry.rotate_after,
            **({"grace": entry.grace} if entry.grace else {}),
            federation=federation_of(entry.federation) if entry.federation else None,
            reader=federation_of(entry.reader) if entry.reader else None,
        )


def _grants(team: TeamName, file: TeamFile) -> Iterator[Grant]:
    for entry in file.grants:
        yield Grant(
            team=team,
            group=GroupName(entry.group) if entry.group else None,
            service_user=UserName(entry.service_user) if entry.service_user else None,
            role=RoleName(entry.role),
            on=tuple(sorted(map(TierName, entry.on))),
            mfa=entry.group is not None and entry.mfa is not False,
            expires=entry.expires,
        )


def _sorted(entries: Iterable[_Entry]) -> tuple[_Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.name))


def _subject(grant: Grant) -> tuple[str, str, str, tuple[str, ...]]:
    return grant.group or "", grant.service_user or "", grant.role, grant.on
