"""What groups may do, assume exact roles: the identity side of the lock, sufficient alone."""

from collections import defaultdict
from collections.abc import Iterable
from functools import partial

from iam_profiles.documents import GroupDocuments, ManagedPolicy
from iam_profiles.findings import Findings
from iam_profiles.isolation import deny_forbidden
from iam_profiles.model import Grant, Organization, Profiles
from iam_profiles.names import Arn, GroupName, IdentityClass
from iam_profiles.own_mfa import manage_own_mfa
from iam_profiles.paths import (
    OWN_MFA_POLICY,
    PEOPLE_GROUP,
    group_path,
    group_policy_name,
    own_group,
    role_arn,
    state_account,
)
from iam_profiles.quotas import place_of_group
from iam_profiles.render_policies import managed_policies, managed_policy
from iam_profiles.statements import ASSUME, PolicyStatement, document
from iam_profiles.terms import Terms


def groups(profiles: Profiles, findings: Findings) -> tuple[GroupDocuments, ...]:
    """Return the groups of people, one group for each service user, and the group of all people."""
    path = group_path(profiles.organization)
    of_people = (
        GroupDocuments(
            group.name,
            path,
            _policies(
                profiles,
                group.name,
                IdentityClass.PEOPLE,
                [grant for grant in profiles.grants if grant.group == group.name],
                findings,
            ),
            group.people,
        )
        for group in profiles.groups
    )
    of_machines = (
        GroupDocuments(
            own_group(user.name),
            path,
            _policies(
                profiles,
                own_group(user.name),
                user.identity_class,
                [grant for grant in profiles.grants if grant.service_user == user.name],
                findings,
            ),
            (user.name,),
        )
        for user in profiles.service_users
        if user.federation is None
    )
    everybody = GroupDocuments(
        PEOPLE_GROUP,
        path,
        (_own_mfa(profiles.organization),),
        tuple(person.name for person in profiles.people),
    )
    return tuple(sorted((*of_people, *of_machines, everybody), key=lambda group: group.name))


def _policies(
    profiles: Profiles,
    group: GroupName,
    identity_class: IdentityClass,
    grants: Iterable[Grant],
    findings: Findings,
) -> tuple[ManagedPolicy, ...]:
    organization = profiles.organization
    return managed_policies(
        organization,
        state_account(organization).id,
        _statements(organization, identity_class, grants),
        (partial(group_policy_name, group), f"Roles that members of {group} may assume"),
        (place_of_group(profiles, group), findings),
    )


def _own_mfa(organization: Organization) -> ManagedPolicy:
    return managed_policy(
        organization,
        state_account(organization).id,
        OWN_MFA_POLICY,
        "Lets people manage exactly their own MFA device",
        document(manage_own_mfa(organization)),
    )


def _statements(
    organization: Organization, identity_class: IdentityClass, grants: Iterable[Grant]
) -> list[PolicyStatement]:
    """Return what a group's policies say: Deny where its class never goes, Allow exact roles."""
    roles: dict[Terms, set[Arn]] = defaultdict(set)
    for grant in grants:
        for account in organization.accounts:
            if account.tier in grant.on:
                arn = role_arn(organization, account.id, grant.role)
                roles[Terms(grant.mfa, grant.expires)].add(arn)
    return [
        *deny_forbidden(organization, identity_class),
        *(
            PolicyStatement(
                sid=f"AssumeRoles{terms.suffix}",
                effect="Allow",
                actions=ASSUME,
                resources=tuple(sorted(arns)),
                conditions=terms.conditions,
            )
            for terms, arns in sorted(roles.items(), key=lambda item: item[0].order)
        ),
    ]
