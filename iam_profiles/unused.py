"""What the profiles declare and nothing uses: allowed, but worth a reviewer's look."""

from collections.abc import Iterator

from iam_profiles.model import Profiles


def unused(profiles: Profiles) -> Iterator[str]:
    """Yield a note for each role, group, person and machine that no grant makes any use of."""
    grants = profiles.grants
    granted = {grant.role for grant in grants}
    subjects = {grant.group or grant.service_user for grant in grants}
    members = {person for group in profiles.groups for person in group.people}
    tiers = {account.tier for account in profiles.organization.accounts}
    for role in profiles.roles:
        if role.name not in granted and not role.trusted_services:
            yield f"role `{role.name}` is granted to nobody"
    for group in profiles.groups:
        if group.name not in subjects:
            yield f"group `{group.name}` is granted no role"
    for user in profiles.service_users:
        if user.name not in subjects:
            yield f"service user `{user.name}` is granted no role"
    for person in profiles.people:
        if person.name not in members:
            yield f"person `{person.name}` is in no group"
    for tier in sorted({tier for grant in grants for tier in grant.on} - tiers):
        yield f"tier `{tier}` has grants, but no account"
