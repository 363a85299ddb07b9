"""What a stack has that no rule can read, though it may grant something."""

from collections.abc import Iterator

from iam_profiles.model import Account, Profiles
from policies.context import elsewhere
from policies.finding import Finding
from policies.known_types import HARMLESS, JUDGED
from policies.registered import Registered
from policies.secret_policies import secret_policies


def unjudged(stack: Registered, profiles: Profiles, account: Account) -> Iterator[Finding]:
    """Find what no rule can read though it may grant something, and what goes elsewhere."""
    yield from unread(stack, account)
    yield from secret_policies(stack, profiles)


def unread(stack: Registered, account: Account) -> Iterator[Finding]:
    """Find what not even the proof can read; a secret's policy it reads, whosever it is."""
    yield from elsewhere(stack, account)
    for resource in stack.resources:
        # What has no provider is a component: it grants nothing but by its children.
        if resource.provider is not None and resource.type not in JUDGED | HARMLESS:
            yield Finding(
                resource.urn,
                f"no rule knows what `{resource.type}` grants",
                "remove it, or add it to policies/known_types.py with a rule that reads it",
            )
