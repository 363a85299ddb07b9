"""Permissions boundaries: the most that an identity, or a workload's role, can ever be allowed."""

from dataclasses import dataclass
from typing import Final

from iam_profiles.documents import ManagedPolicy
from iam_profiles.findings import Findings, Note
from iam_profiles.isolation import deny_forbidden, forbidden_accounts
from iam_profiles.model import Account, Organization
from iam_profiles.names import AccountId, Arn, IdentityClass
from iam_profiles.own_mfa import manage_own_mfa
from iam_profiles.paths import (
    WORKLOAD_BOUNDARY,
    boundary_name,
    role_set_pattern,
    workload_roles_pattern,
)
from iam_profiles.render_policies import boundary_policy
from iam_profiles.statements import ASSUME, PolicyStatement, characters, document

# What clusters' nodes, controllers and functions use. A boundary grants nothing: it is the ceiling
# of what the workloads' own policies may allow.
_WORKLOAD_SERVICES: Final = (
    "aps:*",
    "autoscaling:*",
    "cloudwatch:*",
    "dynamodb:*",
    "ec2:*",
    "ecr:*",
    "eks-auth:*",
    "eks:*",
    "elasticfilesystem:*",
    "elasticloadbalancing:*",
    "kms:*",
    "logs:*",
    "route53:*",
    "s3:*",
    "sns:*",
    "sqs:*",
    "ssm:*",
    "ssmmessages:*",
    "xray:*",
)

# By verb, so that an action that AWS adds is denied too; `iam:PassRole` is left to the one Allow.
_CHANGES_OF_ACCESS: Final = (
    "iam:Accept*",
    "iam:Add*",
    "iam:Associate*",
    "iam:Attach*",
    "iam:Change*",
    "iam:Create*",
    "iam:Deactivate*",
    "iam:Delegate*",
    "iam:Delete*",
    "iam:Detach*",
    "iam:Disable*",
    "iam:Enable*",
    "iam:Put*",
    "iam:Reject*",
    "iam:Remove*",
    "iam:Reset*",
    "iam:Resync*",
    "iam:Send*",
    "iam:Set*",
    "iam:Tag*",
    "iam:Untag*",
    "iam:Update*",
    "iam:Upload*",
    "identitystore:*",
    "organizations:*",
    "sso:*",
    "sts:Assume*",
    "sts:GetFederationToken",
)


_ANY_ACCOUNT: Final = (
    "allows the role set of any account but those denied, as the accounts' names would not fit; "
    "the group policies still name each role"
)


@dataclass(frozen=True, slots=True)
class Boundary:
    """A boundary's document, and whether its Allow had to name the role set of any account."""

    document: str
    any_account: bool


def boundaries(
    organization: Organization, account: Account, findings: Findings
) -> tuple[ManagedPolicy, ...]:
    """Return the account's boundaries: the workloads', and in state each identity class's."""
    workloads = boundary_policy(
        organization,
        account.id,
        WORKLOAD_BOUNDARY,
        "The most that a workload's role may do",
        workload_boundary(organization, account.id),
    )
    if account.tier != "state":
        return (workloads,)
    policies = [workloads]
    for identity_class in IdentityClass:
        boundary, name = class_boundary(organization, identity_class), boundary_name(identity_class)
        if boundary.any_account:
            findings.notes.append(Note(account.name, f"boundary {name}", _ANY_ACCOUNT))
        description = f"The most that an identity of class {identity_class} may do"
        policies.append(
            boundary_policy(organization, account.id, name, description, boundary.document)
        )
    return tuple(sorted(policies, key=lambda policy: policy.name))


def class_boundary(organization: Organization, identity_class: IdentityClass) -> Boundary:
    """Return the class's boundary: assume the role set where the class may go, and nothing else.

    A boundary is one document and cannot be split. Where the accounts are too many to be named, it
    allows the role set of any account; what the class never reaches stays denied by name.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    forbidden = forbidden_accounts(organization, identity_class)
    reachable = tuple(
        sorted(
            role_set_pattern(organization, account.id)
            for account in organization.accounts
            if account not in forbidden
        )
    )
    named = document(_class_statements(organization, identity_class, reachable))
    if characters(named) <= organization.quotas.managed_policy_characters:
        return Boundary(named, any_account=False)
    anywhere = (role_set_pattern(organization, AccountId("*")),)
    return Boundary(
        document(_class_statements(organization, identity_class, anywhere)), any_account=True
    )


def workload_boundary(organization: Organization, account: AccountId) -> str:
    """Return the boundary of the roles that ControlPlaneBaseRole makes for clusters and functions.

    INVARIANT: no workload changes IAM or becomes another principal, but by starting instances that
    run as a workload too. Explicitly, because a resource policy that names a role's session is not
    held back by what a boundary merely leaves out.
    """
    workloads = workload_roles_pattern(organization, account)
    to_instances = (("StringEquals", (("iam:PassedToService", ("ec2.amazonaws.com",)),)),)
    return document(
        [
            PolicyStatement("UseWorkloadServices", "Allow", _WORKLOAD_SERVICES, ("*",)),
            PolicyStatement(
                "PassWorkloadRolesToInstances",
                "Allow",
                ("iam:PassRole",),
                (workloads,),
                conditions=to_instances,
            ),
            PolicyStatement("NeverChangeAccess", "Deny", _CHANGES_OF_ACCESS, ("*",)),
        ]
    )


def _class_statements(
    organization: Organization, identity_class: IdentityClass, roles: tuple[Arn, ...]
) -> list[PolicyStatement]:
    allow = [PolicyStatement("AssumeRolesInReach", "Allow", ASSUME, roles)] if roles else []
    people = identity_class is IdentityClass.PEOPLE
    return [
        *deny_forbidden(organization, identity_class),
        *allow,
        *(manage_own_mfa(organization) if people else []),
    ]
