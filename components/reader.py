"""Reader: the role by which a pipeline's own token reads one service user's key."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.managed_policy import managed_policy
from iam_profiles.documents import ReaderDocuments


@dataclass(frozen=True, slots=True)
class ReaderArgs:
    """One reader, and what must exist before it does."""

    reader: ReaderDocuments
    boundary: iam.Policy
    issuers: tuple[iam.OpenIdConnectProvider, ...]


class Reader(pulumi.ComponentResource):
    """A bounded role with one policy: to read one secret, by the tokens of one job."""

    role: iam.Role

    def __init__(
        self, name: str, args: ReaderArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("iamprofiles:index:Reader", name, opts=opts)
        reader, child = args.reader, pulumi.ResourceOptions(parent=self)
        policy = managed_policy(reader.policy, child)
        self.role = iam.Role(
            reader.name,
            name=reader.name,
            path=reader.path,
            description=f"Reads the key of the service user {reader.name}",
            assume_role_policy=reader.trust,
            permissions_boundary=reader.boundary_arn,
            force_detach_policies=True,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[policy, args.boundary, *args.issuers]
            ),
        )
        iam.RolePolicyAttachmentsExclusive(
            reader.name,
            role_name=self.role.name,
            policy_arns=[reader.policy.arn],
            opts=child,
        )
        iam.RolePoliciesExclusive(
            reader.name, role_name=self.role.name, policy_names=[], opts=child
        )
        self.register_outputs({"roleArn": reader.arn})
