"""Customer-managed policies, registered in one way wherever they are attached."""

import pulumi
from pulumi_aws import iam

from iam_profiles.documents import ManagedPolicy


def managed_policy(policy: ManagedPolicy, opts: pulumi.ResourceOptions) -> iam.Policy:
    """Register a policy under its own name, and update its document in place.

    AWS has no way to change a policy's description, nor to replace a policy that is attached: so a
    changed description is left out of the comparison instead of failing the update.
    """
    return iam.Policy(
        policy.name,
        name=policy.name,
        path=policy.path,
        description=policy.description,
        policy=policy.document,
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(ignore_changes=["description"])
        ),
    )
