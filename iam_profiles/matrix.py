"""The access matrix, which identity may assume which role where: what both ends are made from."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from iam_profiles.model import Account, Federation, Profiles
from iam_profiles.names import GroupName, IdentityClass, RoleName, TeamName, TierName, UserName
from iam_profiles.paths import own_group


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """Somebody or something that may assume roles: a service user or a person."""

    name: UserName
    identity_class: IdentityClass
    team: TeamName
    federation: Federation | None = field(default=None, compare=False)
    """Whose tokens stand for it; `None` for a user of IAM."""


@dataclass(frozen=True, slots=True)
class Granted:
    """One way of an identity to a role: through a group, on conditions."""

    group: GroupName | None
    """`None` for a federated identity: no group can have it, its roles trust it themselves."""
    mfa: bool
    """Whether the caller must have used MFA."""
    expires: date | None
    """The last day, UTC, on which it holds."""

    def holds_on(self, day: date) -> bool:
        """Whether the grant has not expired on a day (UTC)."""
        return self.expires is None or day <= self.expires

    def __str__(self) -> str:
        terms = ["with MFA"] if self.mfa else []
        if self.expires is not None:
            terms.append(f"until {self.expires.isoformat()}")
        return ", ".join(terms) or "yes"

    def as_json(self) -> dict[str, Any]:
        """Return the way as JSON: `{"group", "mfa", "expires"}`, the date in ISO form or null."""
        expires = None if self.expires is None else self.expires.isoformat()
        return {"group": self.group, "mfa": self.mfa, "expires": expires}


@dataclass(frozen=True, slots=True)
class Cell:
    """One identity, one role, one account: no ways means that it is refused."""

    identity: Identity
    role: RoleName
    account: Account
    ways: tuple[Granted, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who may assume which role where; complete, what is not in it is refused."""

    identities: tuple[Identity, ...]
    roles: tuple[RoleName, ...]
    accounts: tuple[Account, ...]
    """In the order of their tiers."""
    granted: Mapping[tuple[RoleName, TierName], Mapping[Identity, tuple[Granted, ...]]]
    """By tier, not account: in a fleet the accounts of a tier are many and alike."""

    def admitted(self, role: RoleName, account: Account) -> Mapping[Identity, tuple[Granted, ...]]:
        """Return who may assume the role in the account, and the ways to it."""
        return self.granted.get((role, account.tier), {})

    def ways(self, identity: Identity, role: RoleName, account: Account) -> tuple[Granted, ...]:
        """Return the ways of the identity to the role in the account; none is a refusal."""
        return self.admitted(role, account).get(identity, ())

    def cells(self) -> Iterator[Cell]:
        """Yield every identity × role × account, granted or not."""
        for identity in self.identities:
            for role in self.roles:
                for account in self.accounts:
                    yield Cell(identity, role, account, self.ways(identity, role, account))

    def as_json(self) -> dict[str, Any]:
        """Return the matrix as JSON.

        `{"accounts": [name], "all_roles": [name], "identities": [{"name", "class", "team",
        "federation", "roles": {role: {account: [{"group", "mfa", "expires"}]}}}]}`: `roles` has the
        granted only; `federation`, of a federated identity only, is `{"issuer", "audience",
        "claims": {claim: value}}`.
        """
        return {
            "accounts": [account.name for account in self.accounts],
            "all_roles": list(self.roles),
            "identities": [self._row(identity) for identity in self.identities],
        }

    def _row(self, identity: Identity) -> dict[str, Any]:
        roles: dict[str, dict[str, Any]] = {}
        for role in self.roles:
            for account in self.accounts:
                if ways := self.ways(identity, role, account):
                    roles.setdefault(role, {})[account.name] = [way.as_json() for way in ways]
        row: dict[str, Any] = {
            "name": identity.name,
            "class": identity.identity_class.value,
            "team": identity.team,
            "roles": roles,
        }
        if (tokens := identity.federation) is not None:
            claims = dict(tokens.claims)
            row["federation"] = {
                "issuer": tokens.issuer,
                "audience": tokens.audience,
                "claims": claims,
            }
        return row


def matrix(profiles: Profiles) -> Matrix:
    """Return the access matrix that the grants add up to."""
    tiers, accounts = profiles.organization.tiers, profiles.organization.accounts
    people = {
        person.name: Identity(person.name, IdentityClass.PEOPLE, person.team)
        for person in profiles.people
    }
    machines = {
        user.name: Identity(user.name, user.identity_class, user.team, user.federation)
        for user in profiles.service_users
    }
    members = {group.name: [people[name] for name in group.people] for group in profiles.groups}
    granted: dict[tuple[RoleName, TierName], dict[Identity, set[Granted]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for grant in profiles.grants:
        if grant.group is not None:
            way, holders = Granted(grant.group, grant.mfa, grant.expires), members[grant.group]
        elif grant.service_user is not None:
            machine = machines[grant.service_user]
            group = own_group(machine.name) if machine.federation is None else None
            way, holders = Granted(group, mfa=False, expires=grant.expires), [machine]
        else:
            raise ValueError("a grant names a group or a service user")
        for tier in grant.on:
            for holder in holders:
                granted[grant.role, tier][holder].add(way)
    return Matrix(
        identities=tuple(sorted([*people.values(), *machines.values()])),
        roles=tuple(role.name for role in profiles.roles),
        accounts=tuple(
            sorted(accounts, key=lambda account: (tiers.index(account.tier), account.name))
        ),
        granted={
            cell: {holder: tuple(sorted(ways, key=_order)) for holder, ways in holders.items()}
            for cell, holders in granted.items()
        },
    )


def _order(way: Granted) -> tuple[str, bool, date]:
    return (way.group or "", way.mfa, way.expires or date.max)
