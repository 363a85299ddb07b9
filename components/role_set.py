"""RoleSet: the roles that every account has alike; only whom they trust differs."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.managed_policy import managed_policy
from iam_profiles.documents import RoleDocuments
from iam_profiles.names import RoleName


@dataclass(frozen=True, slots=True)
class RoleSetArgs:
    """The role set, and the trust side of one account."""

    roles: tuple[RoleDocuments, ...]
    trust: Mapping[RoleName, str]
    """`{role: trust policy}`; a role without one is an error, never a default."""
    issuers: tuple[iam.OpenIdConnectProvider, ...] = ()
    """The identity providers that trust policies name: there before them, and gone after."""


class RoleSet(pulumi.ComponentResource):
    """One account's copy of the role set.

    * Each role has exactly the policies it is declared with: what is attached to it or written into
      it by other means is taken off again.
    * A renamed role is a replacement of the one it was, created before the old one is deleted.
    """

    roles: Mapping[RoleName, iam.Role]

    def __init__(
        self, name: str, args: RoleSetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("iamprofiles:index:RoleSet", name, opts=opts)
        self.roles = {
            role.name: self._role(role, args.trust[role.name], args.issuers) for role in args.roles
        }
        self.register_outputs({"roleArns": {role.name: role.arn for role in args.roles}})

    def _role(
        self, role: RoleDocuments, trust: str, issuers: tuple[iam.OpenIdConnectProvider, ...]
    ) -> iam.Role:
        policies = [
            managed_policy(policy, self._child(role, policy.name)) for policy in role.policies
        ]
        registered = iam.Role(
            role.name,
            name=role.name,
            path=role.path,
            description=role.description,
            assume_role_policy=trust,
            max_session_duration=role.max_session_seconds,
            # The exclusive resources below detach nothing when they are deleted. So the role does,
            # and goes before its policies: AWS deletes no policy that is still attached.
            force_detach_policies=True,
            opts=pulumi.ResourceOptions.merge(
                self._child(role, role.name),
                pulumi.ResourceOptions(depends_on=[*policies, *issuers]),
            ),
        )
        own = self._child(role, role.name)
        attachments = iam.RolePolicyAttachmentsExclusive(
            role.name,
            role_name=registered.name,
            policy_arns=[*(policy.arn for policy in role.policies), *role.managed_policy_arns],
            opts=own,
        )
        # One after the other: IAM refuses changes of one role that meet.
        after = pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(depends_on=attachments))
        iam.RolePoliciesExclusive(role.name, role_name=registered.name, policy_names=[], opts=after)
        return registered

    def _child(self, role: RoleDocuments, name: str) -> pulumi.ResourceOptions:
        """Options of a resource whose name begins with the role's, known by its former name too."""
        former = role.renamed_from
        aliases = [pulumi.Alias(name=former + name.removeprefix(role.name))] if former else None
        return pulumi.ResourceOptions(parent=self, aliases=aliases)
