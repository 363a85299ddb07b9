"""StoredAccessKey: an access key that goes from AWS to the secrets store and nowhere else."""

from dataclasses import dataclass

import pulumi
from pulumi.runtime.rpc import UNKNOWN

from components.account_provider import AccountArgs
from iam_profiles.store_config import StoreConfig


@dataclass(frozen=True, slots=True)
class StoredAccessKeyArgs:
    """Whose key it is, and where it is kept."""

    account: AccountArgs
    user_name: pulumi.Input[str]
    store: StoreConfig
    """Which store keeps it, and where in it; known at preview, and no secret."""
    rotate_after_seconds: int | None
    grace_seconds: int
    """How long the key before works on after its successor became current."""
    probe_role_arn: str | None = None
    """A role that the user is granted: a new key must get it before it is given out."""


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
                "store": dict(args.store),
                "rotateAfterSeconds": args.rotate_after_seconds,
                "graceSeconds": args.grace_seconds,
                "probeRoleArn": args.probe_role_arn,
                # Known in an update only. A preview then shows what comes due while its plan holds,
                # so that a plan allows a rotation that was not due yet when it was made.
                "applying": UNKNOWN if pulumi.runtime.is_dry_run() else True,
                "accessKeyId": None,
                "versionId": None,
                "createdAt": None,
                "storeArn": None,
                "nextDue": None,
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
        """The version, in the store, that holds the key."""
        return pulumi.get(self, "versionId")

    @property
    @pulumi.getter(name="createdAt")
    def created_at(self) -> pulumi.Output[str]:
        """When AWS created the key: ISO 8601, UTC."""
        return pulumi.get(self, "createdAt")

    @property
    @pulumi.getter(name="storeArn")
    def store_arn(self) -> pulumi.Output[str]:
        """The ARN of what keeps it; outside AWS, what stands for one: `vault:secret/…`."""
        return pulumi.get(self, "storeArn")

    @property
    @pulumi.getter(name="nextDue")
    def next_due(self) -> pulumi.Output[str | None]:
        """When an update has something to do about the key: ISO 8601, UTC; none for never."""
        return pulumi.get(self, "nextDue")
