"""The isolation rules, as the identity side says them."""

from iam_profiles.model import Account, Organization
from iam_profiles.names import IdentityClass
from iam_profiles.paths import every_role_in
from iam_profiles.statements import ASSUME, PolicyStatement


def forbidden_accounts(
    organization: Organization, identity_class: IdentityClass
) -> tuple[Account, ...]:
    """Return the accounts that the isolation rules keep the class out of."""
    tiers = {
        tier
        for rule in organization.isolation
        if rule.identity_class == identity_class
        for tier in rule.never_reaches
    }
    return tuple(account for account in organization.accounts if account.tier in tiers)


def deny_forbidden(
    organization: Organization, identity_class: IdentityClass
) -> list[PolicyStatement]:
    """Return the class's Deny of every role, ours or not, in the accounts that it never reaches."""
    forbidden = forbidden_accounts(organization, identity_class)
    if not forbidden:
        return []
    return [
        PolicyStatement(
            sid="NeverReach",
            effect="Deny",
            actions=ASSUME,
            resources=tuple(sorted(every_role_in(organization, entry.id) for entry in forbidden)),
        )
    ]
