"""The AWS provider of one account, pinned so that it cannot write to another."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from iam_profiles.names import AccountId

MAX_RETRIES = 25
"""How often a throttled call is tried again, later each time and with jitter: a role set is more
calls than IAM takes in a second."""


@dataclass(frozen=True, slots=True)
class AccountArgs:
    """Where a stack acts: its account, the region of what is regional, and whose credentials."""

    id: AccountId
    region: str
    profile: str | None
    """A profile of the AWS configuration; `None` leaves it to AWS's usual order of sources."""


def account_provider(
    name: str, args: AccountArgs, opts: pulumi.ResourceOptions | None = None
) -> aws.Provider:
    """Register a provider that refuses another account's credentials before anything is written."""
    return aws.Provider(
        name,
        region=args.region,
        profile=args.profile,
        allowed_account_ids=[args.id],
        max_retries=MAX_RETRIES,
        default_tags=aws.ProviderDefaultTagsArgs(tags={"managed-by": "iam-profiles"}),
        opts=opts,
    )
