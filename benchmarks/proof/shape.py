"""How large a generated organisation is, and the names and numbers everything in it goes by."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

ORGANIZATION = "o-benchmark0"
SEED = 20_261_124
TEAM = 4
"""Accounts a team has: two nonprod, one prod, one sandbox."""
_TIERS = ("nonprod", "prod", "sandbox", "nonprod")


@dataclass(frozen=True, slots=True)
class Place:
    """An account: its id, its tier, the team that it is of, and its number.

    Attributes:
        before: the account of the team and tier before this one, which may promote into it.
    """

    id: str
    tier: str
    team: int
    number: int
    before: str | None = None

    @property
    def bounded(self) -> bool:
        """Whether its pipelines cannot make roles as they like, as in sandboxes they can."""
        return self.tier != "sandbox" and (self.tier != "nonprod" or self.number % 3 != 1)

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of an IAM resource of the account; `name` has its path."""
        return f"arn:aws:iam::{self.id}:{kind}/{name}"


@dataclass(frozen=True, slots=True)
class Shape:
    """Accounts, roles in each of them, and identities in the state account.

    Attributes:
        seed: what the generator draws from: the same seed, the same files.
    """

    accounts: int
    roles: int
    identities: int
    seed: int = SEED

    @classmethod
    def parse(cls, text: str) -> "Shape":
        """Return the shape written such as `40x20x200`.

        Raises:
            ValueError: it is not three numbers, or smaller than an organisation with each tier.
        """
        accounts, roles, identities = (int(part) for part in text.split("x"))
        if accounts < 1 + len(set(_TIERS)) or roles < FIXED or identities < SORTS:
            raise ValueError(f"`{text}` is below 4x{FIXED}x{SORTS}; give it more of each")
        return cls(accounts, roles, identities)

    def __str__(self) -> str:
        return f"{self.accounts}x{self.roles}x{self.identities}"

    @property
    def principals(self) -> int:
        """How many users and roles there are."""
        return self.accounts * self.roles + self.identities

    @property
    def teams(self) -> int:
        """How many teams share the accounts."""
        return max(1, (self.accounts + TEAM - 2) // TEAM)

    def places(self) -> Iterator[Place]:
        """Yield the state account, then those of the teams."""
        yield Place(self.account(0), "state", 0, 0)
        before: dict[str, str] = {}
        for number in range(1, self.accounts):
            tier = _TIERS[(number - 1) % TEAM]
            id_ = self.account(number)
            yield Place(id_, tier, (number - 1) // TEAM, number, before.get(tier))
            before[tier] = id_

    def account(self, number: int) -> str:
        """Return the id of an account by its number; ids look drawn, and none is drawn twice."""
        return f"{100_000_000_000 + (number * 7_919_000_017 + self.seed) % 899_999_999_999}"


FIXED = 8
"""Roles that every account has; the others run its applications."""
SORTS = 5
"""Of five identities, two are nonprod machines, two prod machines, and one is a person."""

SHAPES = tuple(map(Shape.parse, ("4x10x20", "40x20x200", "400x30x2000", "1000x50x5000")))
PEER_SHAPES = tuple(map(Shape.parse, ("10x16x40", "20x20x100", "40x20x200")))
"""With 200, 500 and 1,000 principals: what the peers bear."""


def unique_id(prefix: str, name: str) -> str:
    """Return an id as IAM gives it: `AROA…`, `AIDA…`, the same for the same name."""
    digits = int.from_bytes(sha256(name.encode()).digest()[:12])
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return prefix + "".join(letters[(digits >> 5 * place) % 32] for place in range(17))
