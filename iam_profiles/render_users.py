"""The identities of the state account, each under the path and the boundary of its class."""

from collections import defaultdict
from collections.abc import Mapping

from iam_profiles.documents import PersonDocuments, ServiceUserDocuments
from iam_profiles.model import Profiles
from iam_profiles.names import GroupName, IdentityClass, UserName
from iam_profiles.paths import (
    PEOPLE_GROUP,
    boundary_arn,
    own_group,
    secret_name,
    user_arn,
    user_path,
)


def service_users(profiles: Profiles) -> tuple[ServiceUserDocuments, ...]:
    """Return the machines; each is alone in a group of its own."""
    organization = profiles.organization
    return tuple(
        ServiceUserDocuments(
            name=user.name,
            path=user_path(organization, user.identity_class),
            arn=user_arn(organization, user.identity_class, user.name),
            identity_class=user.identity_class,
            boundary_arn=boundary_arn(organization, user.identity_class),
            groups=(own_group(user.name),),
            secret_name=secret_name(organization, user.identity_class, user.name),
            recovery_window_days=organization.secrets_store.recovery_window_days,
            rotate_after_seconds=(
                None if user.rotate_after is None else int(user.rotate_after.total_seconds())
            ),
        )
        for user in profiles.service_users
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
