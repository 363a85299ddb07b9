"""ServiceUser: a machine identity, its group, and the secret that keeps its key."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam, kms, secretsmanager  # each is loaded with the first use of it

from components.account_provider import AccountArgs
from components.identity import bounded_user
from components.stored_access_key import StoredAccessKey, StoredAccessKeyArgs
from iam_profiles.documents import ServiceUserDocuments
from iam_profiles.names import GroupName


@dataclass(frozen=True, slots=True)
class ServiceUserArgs:
    """One service user, and what must exist before it does."""

    user: ServiceUserDocuments
    account: AccountArgs
    boundary: iam.Policy
    groups: Mapping[GroupName, iam.Group]
    """The groups of its own, among others; it is their one member."""
    keys: "Mapping[str, kms.Alias]"
    """The KMS keys of the identity classes, by alias; its own among them, if its class has one."""


class ServiceUser(pulumi.ComponentResource):
    """A user with a key in the secrets store, all three protected from deletion.

    * Created in this order: user, membership and secret, key; deleted in the opposite one.
    * Neither its team nor its class is part of a logical name: a move to another team changes
      nothing, and a new class moves the user's path in place. Its key stays behind: what pipelines
      of the old class hold must not act in the new one. So the secret and the key are replaced,
      which the engine refuses until somebody unprotects them.
    """

    user: iam.User
    secret: "secretsmanager.Secret | None"
    """None where the store has none to declare: the key's own provider makes its place."""
    key: StoredAccessKey

    def __init__(
        self, name: str, args: ServiceUserArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("iamprofiles:index:ServiceUser", name, opts=opts)
        user = args.user
        # Each of the three on its own: were the user alone protected, an update without a preview
        # would have deleted its key, which goes first, by the time that it is refused.
        protected = pulumi.ResourceOptions(parent=self, protect=True)
        # A key that others than this project made keeps AWS from deleting the user, and should.
        self.user = bounded_user(user, boundary=args.boundary, force_destroy=False, opts=protected)
        memberships = [
            iam.GroupMembership(
                group,
                name=group,
                group=args.groups[group].name,
                users=[self.user.name],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for group in user.groups
        ]
        encrypted = [args.keys[user.key_alias]] if user.key_alias else []
        first = pulumi.ResourceOptions(depends_on=[self.user, *encrypted])
        self.secret = _secret(user, pulumi.ResourceOptions.merge(protected, first))
        self.key = StoredAccessKey(
            user.name,
            StoredAccessKeyArgs(
                account=args.account,
                user_name=self.user.name,
                store=user.store,
                rotate_after_seconds=user.rotate_after_seconds,
                grace_seconds=user.grace_seconds,
                probe_role_arn=user.probe_role_arn,
            ),
            pulumi.ResourceOptions.merge(
                protected,
                pulumi.ResourceOptions(
                    depends_on=[
                        *([self.secret] if self.secret else []),
                        *(self.user, args.boundary, *memberships, *encrypted),
                    ]
                ),
            ),
        )
        self.register_outputs(
            {
                "userArn": user.arn,
                "secretName": user.secret_name,
                "accessKeyId": self.key.access_key_id,
            }
        )


def _secret(
    user: ServiceUserDocuments, opts: pulumi.ResourceOptions
) -> "secretsmanager.Secret | None":
    """The secret that keeps a user's key, if the organisation's store has secrets to declare."""
    if user.store["kind"] != "aws-secrets-manager":
        return None
    return secretsmanager.Secret(
        user.name,
        name=user.secret_name,
        description=f"Access key of the service user {user.name}",
        policy=user.secret_policy,
        kms_key_id=user.key_alias,
        recovery_window_in_days=user.recovery_window_days,
        tags={"service-user": user.name, "identity-class": user.identity_class.value},
        opts=opts,
    )
