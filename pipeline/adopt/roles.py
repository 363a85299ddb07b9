"""Roles of the role set that are there and not declared, as files would declare them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from access.arn import account_of
from access.world import Role, Unreadable, World
from iam_profiles.model import Organization, Profiles
from iam_profiles.paths import aws_policy_arn, reader_arn, role_path, state_account
from pipeline.adopt.found import Found, Notice, Sort, name_of, path_of
from pipeline.adopt.role_changes import (
    changes,
    lacking,
    longest,
    of_aws,
    shorter,
    trusted,
    unknown_action,
)
from pipeline.adopt.statements import (
    Draft,
    InexpressibleError,
    alike,
    filled,
    generalised,
    spelt,
    statements,
)

_SERVICE_LINKED: Final = "/aws-service-role/"
_ASSUMING: Final = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")


@dataclass(frozen=True, slots=True)
class RoleDraft:
    """A role, as its file would have it; `session_seconds` is `None` where nobody said it.

    Attributes:
        copies: the ARN of each account's.
    """

    name: str
    copies: tuple[str, ...]
    purpose: str | None
    session_seconds: int | None
    statements: tuple[Draft, ...]
    managed: tuple[str, ...]
    services: tuple[tuple[str, tuple[str, ...]], ...]


def roles(profiles: Profiles, found: Found) -> tuple[list[RoleDraft], list[Notice]]:
    """Return what to declare, and what cannot be declared as it is."""
    organization = profiles.organization
    accounts = {str(one.id): one for one in organization.accounts}
    declared = {str(role.name).casefold() for role in profiles.roles}
    readers = {
        str(reader_arn(organization, one.identity_class, one.name))
        for one in profiles.service_users
        if one.reader is not None
    }
    there: dict[str, dict[str, Role]] = defaultdict(dict)
    notices: list[Notice] = []
    for arn, role in sorted(found.world.roles.items()):
        path, name = path_of(arn), name_of(arn)
        if account_of(arn) not in accounts or path.startswith(_SERVICE_LINKED):
            continue  # AWS's own, which nobody else can make or change
        if path == role_path(organization):
            if name.casefold() not in declared:
                there[name][account_of(arn)] = role
        elif name.casefold() in declared:
            notices.append(_elsewhere(organization, arn))
        elif arn not in readers:
            notices.append(_outside(organization, arn))
    drafts: list[RoleDraft] = []
    for name, copies in there.items():
        try:
            draft, more = _role(profiles, name, copies, found)
            drafts.append(draft)
            notices += more
        except InexpressibleError as error:
            notices += (
                Notice(Sort.LEFT, role.arn, error.found, error.remedy) for role in copies.values()
            )
    return drafts, notices


def _outside(organization: Organization, arn: str) -> Notice:
    return Notice(
        Sort.LEFT,
        arn,
        f"on the path `{path_of(arn)}`, not on `{role_path(organization)}`",
        "nothing to do: AWS cannot move a role, so it would have to be replaced; the proof counts "
        "it as it is",
    )


def _elsewhere(organization: Organization, arn: str) -> Notice:
    return Notice(
        Sort.LEFT,
        arn,
        f"has the name of a declared role on another path than `{role_path(organization)}`: AWS "
        "cannot move a role, and takes no second one of that name",
        "delete it once nobody uses it, or call the declared one otherwise",
    )


def _role(
    profiles: Profiles, name: str, copies: Mapping[str, Role], found: Found
) -> tuple[RoleDraft, list[Notice]]:
    organization = profiles.organization
    own = {account: _own(found.world, role) for account, role in copies.items()}
    general = _general(organization, name, own)
    managed = {account: _managed(organization, role) for account, role in copies.items()}
    if len(set(managed.values())) > 1:
        raise InexpressibleError(
            f"role `{name}` has other policies of AWS's in one account than in another",
            "make them alike, or give the role that differs another name",
        )
    services = {_services(role) for role in copies.values()}
    if len(services) > 1:
        raise InexpressibleError(
            f"role `{name}` trusts other services in one account than in another",
            "make them alike, or give the role that differs another name",
        )
    kept, unknown = spelt(general)
    first = next(iter(copies.values()))
    notices = [
        *(unknown_action(first.arn, action) for action in unknown),
        *(one for role in copies.values() for one in changes(organization, role)),
        *lacking(organization, name, copies),
        *shorter(found.details, copies),
    ]
    return RoleDraft(
        name,
        tuple(role.arn for role in copies.values()),
        _said(found.details.purposes, copies),
        longest(found.details, copies),
        tuple(kept),
        next(iter(managed.values())),
        next(iter(services)),
    ), notices


def _own(world: World, role: Role) -> list[Draft]:
    """Return what a role's own policies say: the customer's managed ones, and those inline."""
    if role.boundary is not None:
        raise InexpressibleError(
            f"has the permissions boundary `{role.boundary}`, which no role of the role set has",
            "write what it leaves of the permissions into the role's own, and take it off",
        )
    trust = role.trust.read()
    if isinstance(trust, Unreadable):
        raise InexpressibleError(f"its trust policy cannot be read: {trust.why}", "mend it")
    own = [world.managed(arn) for arn in role.grants.managed if not of_aws(arn)]
    return [draft for one in (*own, *role.grants.inline) for draft in statements(one)]


def _general(organization: Organization, name: str, own: Mapping[str, list[Draft]]) -> list[Draft]:
    """Return the statements of which every account has its copy."""
    state = state_account(organization).id
    ids = {str(one.id): one.id for one in organization.accounts}
    # In state, `{account}` and `{state_account}` are the same: another account tells them apart.
    account = next((one for one in own if one != state), next(iter(own)))
    general = generalised(own[account], organization, ids[account])
    for other, drafts in own.items():
        if not alike(filled(general, organization, ids[other]), drafts):
            raise InexpressibleError(
                f"role `{name}` is permitted other things in account `{other}` than in `{account}`",
                "a role is the same in every account: make them alike, or give one another name",
            )
    return general


def _managed(organization: Organization, role: Role) -> tuple[str, ...]:
    prefix = aws_policy_arn(organization, "")
    return tuple(sorted(arn.removeprefix(prefix) for arn in role.grants.managed if of_aws(arn)))


def _services(role: Role) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, tuple[str, ...]] = {}
    for statement in trusted(role):
        for entry in statement.principals.entries if statement.principals else ():
            if entry.kind == "Service" and statement.effect == "Allow":
                actions = {one.lower() for one in statement.actions.values}
                meant = (one for one in _ASSUMING if one.lower() in actions)
                found[entry.value] = tuple(dict.fromkeys(("sts:AssumeRole", *meant)))
    return tuple(sorted(found.items()))


def _said(purposes: Mapping[str, str], copies: Mapping[str, Role]) -> str | None:
    return next((purposes[one.arn] for one in copies.values() if purposes.get(one.arn)), None)
