"""The directory: all that a pipeline must know to get its credentials, and nothing that is secret.

A pipeline has no `profiles/`, nor the time to read it: the directory is one JSON file, generated
from it (`rendered/directory.json`), that any repository can carry.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from iam_profiles.names import (
    AccountId,
    AccountName,
    Arn,
    IdentityClass,
    RoleName,
    TierName,
    UserName,
)


class DirectoryError(Exception):
    """The directory cannot be read, or does not have what was asked for."""


@dataclass(frozen=True, slots=True)
class Place:
    """An account, as the directory names it."""

    id: AccountId
    tier: TierName


@dataclass(frozen=True, slots=True)
class Listing:
    """One service user: where its key or its token is, and `{role: tiers}` that it is granted."""

    identity_class: IdentityClass
    store: Mapping[str, Any] | None
    """How `credentials.stores` opens its store: `{"kind": …, …}`; `None` if it is federated."""
    grants: Mapping[RoleName, tuple[TierName, ...]]
    federation: Mapping[str, Any] | None = None
    """Whose token it has, and where: `{"kind", "issuer", "audience", "variable"}`."""
    reader: Mapping[str, Any] | None = None
    """Likewise whose token reads the store, and by which `role`."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of the directory: who is to assume what."""

    identity: UserName
    listing: Listing
    role: Arn
    account: AccountName
    longest: int
    """The longest session of the role, in seconds."""
    home: AccountId
    """The account that the identity lives in."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Every service user with its grants.

    Attributes:
        region: the home region: that of the store, and of the STS endpoint that is called.
        role_path: the IAM path of the role set.
        roles: `{role: its longest session in seconds}`.
    """

    organization: str
    partition: str
    region: str
    role_path: str
    accounts: Mapping[AccountName, Place]
    roles: Mapping[RoleName, int]
    identities: Mapping[UserName, Listing]

    def find(self, identity: str, account: str, role: str) -> Found:
        """Return who is to assume which role; `identity` is a service user, or a class with one.

        Raises:
            DirectoryError: there is no such grant; it says what there is instead.
        """
        place = self.accounts.get(AccountName(account))
        if place is None:
            raise DirectoryError(_unknown("account", account, self.accounts))
        if role not in self.roles:
            raise DirectoryError(_unknown("role", role, self.roles))
        named = self._named(identity)
        granted = [
            name for name, one in named.items() if place.tier in one.grants.get(RoleName(role), ())
        ]
        if not granted:
            raise DirectoryError(self._refusal(identity, named, account, role))
        if len(granted) > 1:
            names = _list(granted)
            raise DirectoryError(
                f"`{role}` in `{account}` is granted to several of class `{identity}`: {names}; "
                "name the one that you are"
            )
        name = granted[0]
        arn = Arn(f"arn:{self.partition}:iam::{place.id}:role{self.role_path}{role}")
        state = (one.id for one in self.accounts.values() if one.tier == "state")
        home = next(state, AccountId(""))
        longest = self.roles[RoleName(role)]
        return Found(name, named[name], arn, AccountName(account), longest, home)

    def granted(self, identity: UserName) -> Iterable[tuple[AccountName, RoleName]]:
        """Yield every account and role that a service user is granted, in order."""
        grants = self.identities[identity].grants
        for account, place in self.accounts.items():
            for role, tiers in grants.items():
                if place.tier in tiers:
                    yield account, role

    def _named(self, identity: str) -> dict[UserName, Listing]:
        if identity in self.identities:
            name = UserName(identity)
            return {name: self.identities[name]}
        of_class = {
            name: one for name, one in self.identities.items() if one.identity_class == identity
        }
        if not of_class:
            raise DirectoryError(_unknown("service user", identity, self.identities))
        return of_class

    def _refusal(
        self, identity: str, named: Mapping[UserName, Listing], account: str, role: str
    ) -> str:
        there = sorted(
            {one for name in named for place, one in self.granted(name) if place == account}
        )
        instead = f"there it is granted {_list(there)}" if there else "it is granted nothing there"
        return f"`{identity}` is not granted `{role}` in `{account}`; {instead}"

    def to_json(self) -> str:
        """Return it as it is written."""
        fields = asdict(self)
        for one in fields["identities"].values():
            for key in ("store", "federation", "reader"):
                if one[key] is None:
                    del one[key]
        return json.dumps(fields, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @staticmethod
    def from_json(text: str, name: str) -> "Directory":
        """Read what `to_json` wrote; `name` is what messages call it. Raises: DirectoryError."""
        try:
            fields = cast("dict[str, Any]", json.loads(text))
            identities = {
                UserName(user): Listing(
                    IdentityClass(one["identity_class"]),
                    None if "federation" in one else dict(one["store"]),
                    {role: tuple(tiers) for role, tiers in one["grants"].items()},
                    dict(one["federation"]) if "federation" in one else None,
                    dict(one["reader"]) if "reader" in one else None,
                )
                for user, one in fields.pop("identities").items()
            }
            accounts = {key: Place(**one) for key, one in fields.pop("accounts").items()}
            return Directory(accounts=accounts, identities=identities, **fields)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise DirectoryError(
                f"`{name}` is no directory of ours ({type(error).__name__}: {error}); "
                "take `rendered/directory.json` of the iam-profiles repository"
            ) from None


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"there is no {what} `{name}`; use one of {_list(known)}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
