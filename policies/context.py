"""Which account a stack is for, and whether all of it goes there."""

import json
from collections.abc import Iterator

from iam_profiles.model import Account, Profiles
from policies.finding import Finding
from policies.known_types import STACK, STORED_ACCESS_KEY
from policies.registered import Provider, Registered


def account_of(stack: Registered, profiles: Profiles) -> Account | Finding:
    """Return the account that the stack is named after; a finding if there is none.

    A policy pack is told neither the stack's name nor its configuration by the Python SDK, but the
    engine writes the name into every URN: `urn:pulumi:STACK::PROJECT::TYPE::NAME`.
    """
    names = {resource.urn.split(":", 3)[2] for resource in stack.of_type(STACK)}
    by_name = {account.name: account for account in profiles.organization.accounts}
    known = ", ".join(f"`{name}`" for name in sorted(by_name))
    if len(names) != 1:
        return Finding(None, "the stack's account cannot be told", "register one stack resource")
    (name,) = names
    for account in by_name.values():
        if account.name == name:
            return account
    return Finding(
        None,
        f"no account is called `{name}`, as this stack is",
        f"name the stack after its account, one of {known}",
    )


def elsewhere(stack: Registered, account: Account) -> Iterator[Finding]:
    """Find what would be written to another account than the one it is judged for."""
    for provider in _aws_providers(stack):
        pinned = _pinned(provider)
        if pinned != (account.id,):
            found = ", ".join(f"`{one}`" for one in pinned) or "no account"
            yield Finding(
                provider.urn,
                f"the AWS provider is pinned to {found}, and judged for `{account.id}`",
                f'set its `allowed_account_ids` to ["{account.id}"]',
            )
    for resource in stack.of_type(STORED_ACCESS_KEY):
        if (target := resource.text("accountId")) != account.id:
            yield Finding(
                resource.urn,
                f"the key would be made in account `{target}`, not in `{account.id}`",
                "give it this stack's account id",
            )


def _aws_providers(stack: Registered) -> list[Provider]:
    found = {
        resource.provider.urn: resource.provider
        for resource in stack.resources
        if resource.provider and resource.provider.type == "pulumi:providers:aws"
    }
    return list(found.values())


def _pinned(provider: Provider) -> tuple[str, ...]:
    """The ids that the provider allows; providers take lists as JSON text."""
    ids = provider.inputs.get("allowedAccountIds")
    if isinstance(ids, str):
        try:
            ids = tuple(json.loads(ids))
        except (ValueError, TypeError):
            return ()
    if not isinstance(ids, tuple):
        return ()
    return tuple(one if isinstance(one, str) else "?" for one in ids)
