"""The directory of the model: what its pipelines read at run time."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from iam_profiles.directory import Directory, Listing, Place
from iam_profiles.model import Federation, Profiles, ServiceUser
from iam_profiles.paths import reader_arn, role_path
from iam_profiles.store_config import store_config

if TYPE_CHECKING:
    from iam_profiles.names import RoleName, TierName


def directory(profiles: Profiles) -> Directory:
    """Return the directory of the organisation: every service user with its grants."""
    organization = profiles.organization
    return Directory(
        organization=organization.name,
        partition=organization.partition,
        region=organization.region,
        role_path=role_path(organization),
        accounts={one.name: Place(one.id, one.tier) for one in organization.accounts},
        roles={role.name: int(role.session.total_seconds()) for role in profiles.roles},
        identities={user.name: _listing(profiles, user) for user in profiles.service_users},
    )


def _listing(profiles: Profiles, user: ServiceUser) -> Listing:
    organization = profiles.organization
    grants: dict[RoleName, set[TierName]] = defaultdict(set)
    for grant in profiles.grants:
        if grant.service_user == user.name:
            grants[grant.role].update(grant.on)
    order, tokens = list(organization.tiers), user.federation
    reader = reader_arn(organization, user.identity_class, user.name)
    return Listing(
        user.identity_class,
        None if tokens else store_config(organization, user.identity_class, user.name),
        {role: tuple(sorted(tiers, key=order.index)) for role, tiers in sorted(grants.items())},
        None if tokens is None else _whose(tokens),
        None if user.reader is None else {"role": reader, **_whose(user.reader)},
    )


def _whose(tokens: Federation) -> dict[str, Any]:
    return tokens.model_dump(include={"kind", "issuer", "audience", "variable"})
