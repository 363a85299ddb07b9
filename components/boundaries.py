"""Boundaries: the policies that cap what an identity, or a workload's role, can ever do."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.managed_policy import managed_policy
from iam_profiles.documents import ManagedPolicy
from iam_profiles.names import Arn


@dataclass(frozen=True, slots=True)
class BoundariesArgs:
    """The boundary policies of one account."""

    policies: tuple[ManagedPolicy, ...]


class Boundaries(pulumi.ComponentResource):
    """An account's permissions boundaries, which exist before what they bound."""

    policies: Mapping[Arn, iam.Policy]
    """By ARN, as an identity names its boundary."""

    def __init__(
        self, name: str, args: BoundariesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("iamprofiles:index:Boundaries", name, opts=opts)
        child = pulumi.ResourceOptions(parent=self)
        self.policies = {policy.arn: managed_policy(policy, child) for policy in args.policies}
        self.register_outputs({"policyArns": list(self.policies)})
