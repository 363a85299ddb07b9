"""The law `permissions_via_groups_only`: nothing is attached to a user, or written into one."""

from collections.abc import Iterator
from typing import Final

from iam_profiles.model import Account, Profiles
from policies.finding import Finding
from policies.iam import unsealed
from policies.iam_view import view
from policies.known_types import Kind
from policies.registered import Registered

DESCRIPTION: Final = "Users get permissions from groups only: no policy is attached to a user"


def judge(stack: Registered, profiles: Profiles, account: Account) -> tuple[Finding, ...]:
    """Return every policy that a user has, or may come to keep, other than by a group."""
    return tuple(dict.fromkeys(_direct(stack, profiles, account)))


def _direct(stack: Registered, profiles: Profiles, account: Account) -> Iterator[Finding]:
    iam = view(stack, profiles.organization.partition, account.id)
    yield from iam.gaps_of(Kind.USER)
    for user in iam.of_kind(Kind.USER):
        for carried in user.carried:
            how = "has an inline policy" if carried.inline else "has a policy attached"
            yield Finding(
                carried.given_by,
                f"user `{user.name}` {how}: `{carried.name}`",
                "grant a role to a group in profiles/teams/, and put the user into the group",
            )
        yield from unsealed(user)
