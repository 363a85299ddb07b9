"""Who keeps whose state: nobody gets at that of an account better protected than their own.

An account is the better protected the more classes of identities the isolation rules keep out of
it. A role in account A may touch the state of account B only where every class that is kept out of
B is kept out of A as well: so nobody who is kept out of B gets at its state by way of A.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from iam_profiles.model import Account, Organization, Profiles
from iam_profiles.names import IdentityClass, RoleName
from iam_profiles.paths import role_arn

DEPLOYS: Final = RoleName("IamProfilesRole")
READS: Final = RoleName("AuditRole")

Barred = frozenset[IdentityClass]


@dataclass(frozen=True, slots=True)
class Share:
    """Accounts that the same classes are kept out of.

    Attributes:
        own: their stacks.
        stacks: all stacks whose state their roles may keep: theirs, and those less protected.
        accounts: their ids.
    """

    name: str
    barred: Barred
    own: tuple[str, ...]
    stacks: tuple[str, ...]
    accounts: tuple[str, ...]
    keepers: tuple[str, ...]
    readers: tuple[str, ...]

    @property
    def everybody(self) -> tuple[str, ...]:
        """Who keeps, and who reads."""
        return (*self.keepers, *self.readers)


@dataclass(frozen=True, slots=True)
class Shares:
    """Every account in one share, the best protected first."""

    all: tuple[Share, ...]

    @classmethod
    def of(cls, profiles: Profiles) -> Self:
        """Read them off the accounts and the isolation rules."""
        organization = profiles.organization
        barred = {one: _barred(organization, one) for one in organization.accounts}
        groups = sorted(set(barred.values()), key=lambda one: (-len(one), sorted(one)))
        return cls(tuple(_share(organization, group, barred) for group in groups))

    def above(self, share: Share) -> Iterator[Share]:
        """Yield the shares whose roles may touch the state of this one's own stacks, itself too."""
        yield from (one for one in self.all if share.barred <= one.barred)

    def kept_out(self, share: Share) -> Iterator[Share]:
        """Yield the shares whose roles must not."""
        yield from (one for one in self.all if not share.barred <= one.barred)


def _barred(organization: Organization, account: Account) -> Barred:
    return frozenset(
        rule.identity_class for rule in organization.isolation if account.tier in rule.never_reaches
    )


def _share(
    organization: Organization,
    group: Barred,
    barred: dict[Account, Barred],
) -> Share:
    own = [account for account, classes in barred.items() if classes == group]
    kept = [account for account, classes in barred.items() if classes <= group]
    tiers = dict.fromkeys(str(account.tier) for account in own)
    return Share(
        name="".join("".join(part.capitalize() for part in tier.split("-")) for tier in tiers),
        barred=group,
        own=tuple(str(account.name) for account in own),
        stacks=tuple(str(account.name) for account in kept),
        accounts=tuple(str(account.id) for account in own),
        keepers=tuple(role_arn(organization, account.id, DEPLOYS) for account in own),
        readers=tuple(role_arn(organization, account.id, READS) for account in own),
    )
