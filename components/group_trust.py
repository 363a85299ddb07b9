"""GroupTrust: who may assume which role, both halves: the groups, and whom the roles trust."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.managed_policy import managed_policy
from iam_profiles.documents import GroupDocuments, RoleDocuments
from iam_profiles.names import GroupName, RoleName, UserName


@dataclass(frozen=True, slots=True)
class GroupTrustArgs:
    """One account's half of every grant, or both halves in the state account."""

    roles: tuple[RoleDocuments, ...]
    groups: tuple[GroupDocuments, ...]
    """Empty outside the state account."""
    people: Mapping[UserName, iam.User]
    """Whom a group can have from the start. A service user is added by its own component, which
    comes later: its group must exist before its key does."""


class GroupTrust(pulumi.ComponentResource):
    """The groups that carry the grants, and the trust policies that answer them.

    * Groups and their policies exist in the state account; the trust side in every account.
    * A group has exactly the policies and members it is declared with: others are taken off again.
    * A person who moves from one group to another is never in neither.
    """

    trust: Mapping[RoleName, str]
    """`{role: trust policy}`, for the account's RoleSet."""
    groups: Mapping[GroupName, iam.Group]

    def __init__(
        self, name: str, args: GroupTrustArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("iamprofiles:index:GroupTrust", name, opts=opts)
        self.trust = {role.name: role.trust for role in args.roles}
        self.groups = {group.name: self._group(group) for group in args.groups}
        self._join(
            [one for one in args.groups if args.people.keys() >= set(one.members)], args.people
        )
        self.register_outputs({"groups": list(self.groups), "trustedRoles": list(self.trust)})

    def _join(self, groups: Sequence[GroupDocuments], people: Mapping[UserName, iam.User]) -> None:
        """Give each group exactly its members; nobody is taken off before all are where they go."""
        # Each alone is made before, and deleted after, what takes others off: whoever moves between
        # groups is in both for a moment, never in none. AWS's limit of groups counts that moment.
        joined = [
            iam.UserGroupMembership(
                f"{group.name}-{member}",
                user=people[member].name,
                groups=[self.groups[group.name].name],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for group in groups
            for member in group.members
        ]
        for group in groups:
            iam.GroupMembership(
                group.name,
                name=group.name,
                group=self.groups[group.name].name,
                users=[people[member].name for member in group.members],
                opts=pulumi.ResourceOptions(parent=self, depends_on=joined),
            )

    def _group(self, group: GroupDocuments) -> iam.Group:
        child = pulumi.ResourceOptions(parent=self)
        registered = iam.Group(group.name, name=group.name, path=group.path, opts=child)
        # The exclusive resources below detach nothing when they are deleted, and AWS deletes no
        # group that has policies: hence one attachment each, which does.
        attachments = [
            iam.GroupPolicyAttachment(
                policy.name,
                group=registered.name,
                policy_arn=policy.arn,
                opts=pulumi.ResourceOptions(parent=self, depends_on=managed_policy(policy, child)),
            )
            for policy in group.policies
        ]
        iam.GroupPolicyAttachmentsExclusive(
            group.name,
            group_name=registered.name,
            policy_arns=[policy.arn for policy in group.policies],
            opts=pulumi.ResourceOptions(parent=self, depends_on=attachments),
        )
        iam.GroupPoliciesExclusive(
            group.name, group_name=registered.name, policy_names=[], opts=child
        )
        return registered
