"""StoreKey: the KMS key that encrypts what is stored of one identity class."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import kms  # loaded with the first use of it: few stacks have a key

from iam_profiles.documents import StoreKeyDocuments


@dataclass(frozen=True, slots=True)
class StoreKeyArgs:
    """The key, as it is rendered."""

    key: StoreKeyDocuments


class StoreKey(pulumi.ComponentResource):
    """A key that rotates by itself, protected from deletion, and the alias by which it is named.

    What it has encrypted cannot be read without it: it outlives whatever was stored.
    """

    alias: "kms.Alias"

    def __init__(
        self, name: str, args: StoreKeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("iamprofiles:index:StoreKey", name, opts=opts)
        protected = pulumi.ResourceOptions(parent=self, protect=True)
        key = kms.Key(
            args.key.name,
            description=f"Access keys of service users of class {args.key.identity_class}",
            policy=args.key.policy,
            enable_key_rotation=True,
            deletion_window_in_days=30,
            tags={"identity-class": args.key.identity_class.value},
            opts=protected,
        )
        self.alias = kms.Alias(
            args.key.name, name=args.key.alias, target_key_id=key.key_id, opts=protected
        )
        self.register_outputs({"alias": args.key.alias})
