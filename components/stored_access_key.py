"""StoredAccessKey: an access key that goes from AWS to the secrets store and nowhere else."""

from dataclasses import dataclass

import pulumi

from components.account_provider import AccountArgs


@dataclass(frozen=True, slots=True)
class StoredAccessKeyArgs:
    """Whose key it is, and where it is kept."""

    account: AccountArgs
    user_name: pulumi.Input[str]
    secret_name: pulumi.Input[str]
    rotate_after_seconds: int | None


class StoredAccessKeyProvider(pulumi.ProviderResource):
    """This project's own provider, `credentials/provider`, in a process of its own.

    Named explicitly, it starts with the program instead of when the first key is due.
    """

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("iamprofiles", name, {}, opts)


class StoredAccessKey(pulumi.CustomResource):
    """A service user's one access key; the engine sees its id, never its secret."""

    def __init__(
        self, name: str, args: StoredAccessKeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            "iamprofiles:index:StoredAccessKey",
            name,
            {
                "accountId": args.account.id,
                "region": args.account.region,
                "profile": args.account.profile,
                "userName": args.user_name,
                "secretName": args.secret_name,
                "rotateAfterSeconds": args.rotate_after_seconds,
                "accessKeyId": None,
                "versionId": None,
                "createdAt": None,
                "secretArn": None,
            },
            opts,
        )

    @property
    @pulumi.getter(name="accessKeyId")
    def access_key_id(self) -> pulumi.Output[str]:
        """The key's id, which is not secret."""
        return pulumi.get(self, "accessKeyId")

    @property
    @pulumi.getter(name="versionId")
    def version_id(self) -> pulumi.Output[str]:
        """The secret's version that holds the key."""
        return pulumi.get(self, "versionId")

    @property
    @pulumi.getter(name="createdAt")
    def created_at(self) -> pulumi.Output[str]:
        """When AWS created the key: ISO 8601, UTC."""
        return pulumi.get(self, "createdAt")

    @property
    @pulumi.getter(name="secretArn")
    def secret_arn(self) -> pulumi.Output[str]:
        """The secret's ARN."""
        return pulumi.get(self, "secretArn")
