"""The identities of the state account, each under the path and the boundary of its class."""

from collections import defaultdict
from collections.abc import Mapping

from iam_profiles.documents import PersonDocuments, ServiceUserDocuments
from iam_profiles.model import Profiles, SecretsManager
from iam_profiles.names import Arn, GroupName, IdentityClass, UserName
from iam_profiles.paths import (
    PEOPLE_GROUP,
    boundary_arn,
    own_group,
    role_arn,
    user_arn,
    user_path,
)
from iam_profiles.render_stores import key_alias, secret_policy
from iam_profiles.store_config import store_config


def service_users(profiles: Profiles) -> tuple[ServiceUserDocuments, ...]:
    """Return the machines that have a key; each is alone in a group of its own."""
    organization = profiles.organization
    store = organization.secrets_store
    return tuple(
        ServiceUserDocuments(
            name=user.name,
            path=user_path(organization, user.identity_class),
            arn=user_arn(organization, user.identity_class, user.name),
            identity_class=user.identity_class,
            boundary_arn=boundary_arn(organization, user.identity_class),
            groups=(own_group(user.name),),
            store=store_config(organization, user.identity_class, user.name),
            secret_policy=secret_policy(organization, user.identity_class),
            key_alias=key_alias(organization, user.identity_class),
            recovery_window_days=(
                store.recovery_window_days if isinstance(store, SecretsManager) else None
            ),
            rotate_after_seconds=(
                None if user.rotate_after is None else int(user.rotate_after.total_seconds())
            ),
            grace_seconds=int(user.grace.total_seconds()),
            probe_role_arn=_probe(profiles, user.name),
        )
        for user in profiles.service_users
        if user.federation is None
    )


def _probe(profiles: Profiles, user: UserName) -> Arn | None:
    """The first role that a service user is granted for good, in the first such account."""
    organization = profiles.organization
    return next(
        (
            role_arn(organization, account.id, grant.role)
            for grant in sorted(profiles.grants, key=lambda grant: grant.role)
            for account in organization.accounts
            if grant.service_user == user and grant.expires is None and account.tier in grant.on
        ),
        None,
    )


def people(profiles: Profiles) -> tuple[PersonDocuments, ...]:
    """Return the people; each is in the group `people`, and in those of their teams."""
    organization, groups = profiles.organization, _groups_of_people(profiles)
    return tuple(
        PersonDocuments(
            name=person.name,
            path=user_path(organization, IdentityClass.PEOPLE),
            arn=user_arn(organization, IdentityClass.PEOPLE, person.name),
            boundary_arn=boundary_arn(organization, IdentityClass.PEOPLE),
            groups=tuple(sorted((PEOPLE_GROUP, *groups[person.name]))),
        )
        for person in profiles.people
    )


def _groups_of_people(profiles: Profiles) -> Mapping[UserName, list[GroupName]]:
    groups: dict[UserName, list[GroupName]] = defaultdict(list)
    for group in profiles.groups:
        for name in group.people:
            groups[name].append(group.name)
    return groups
