"""Federation: the OpenID Connect issuers whose tokens an account's roles trust."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from iam_profiles.documents import IdentityProviderDocuments


@dataclass(frozen=True, slots=True)
class FederationArgs:
    """The issuers of one account."""

    identity_providers: tuple[IdentityProviderDocuments, ...]


class Federation(pulumi.ComponentResource):
    """An account's identity providers, each with the audiences of its identities and no others."""

    providers: tuple[iam.OpenIdConnectProvider, ...]

    def __init__(
        self, name: str, args: FederationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("iamprofiles:index:Federation", name, opts=opts)
        self.providers = tuple(
            iam.OpenIdConnectProvider(
                provider.name,
                url=provider.url,
                client_id_lists=list(provider.audiences),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for provider in args.identity_providers
        )
        self.register_outputs({"issuers": [one.url for one in args.identity_providers]})
