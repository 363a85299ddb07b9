"""What every identity is, human or machine: a bounded user to whom nothing is attached."""

import pulumi
from pulumi_aws import iam

from iam_profiles.documents import PersonDocuments, ServiceUserDocuments


def bounded_user(
    user: PersonDocuments | ServiceUserDocuments,
    *,
    boundary: iam.Policy,
    force_destroy: bool,
    opts: pulumi.ResourceOptions,
) -> iam.User:
    """Register a user under its boundary, and take off whatever is attached to it directly.

    Membership in a group that is not ours cannot be taken off so: no resource owns "all groups of a
    user". The boundary holds there: it caps what such a group's policies give to what the class may
    do anyway, and a trust policy names users, never groups.
    """
    registered = iam.User(
        user.name,
        name=user.name,
        path=user.path,
        permissions_boundary=user.boundary_arn,
        force_destroy=force_destroy,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=boundary)),
    )
    child = pulumi.ResourceOptions(parent=opts.parent)
    iam.UserPolicyAttachmentsExclusive(
        user.name, user_name=registered.name, policy_arns=[], opts=child
    )
    iam.UserPoliciesExclusive(user.name, user_name=registered.name, policy_names=[], opts=child)
    return registered
