"""What is asked of whoever begins an organisation, checked as a whole."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from iam_profiles.assemble import partition_of
from pipeline.init.errors import InitInvalidError

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_ID: Final = re.compile(r"\d{12}", re.ASCII)
_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}", re.ASCII)
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d", re.ASCII)
_PERSON: Final = re.compile(r"[a-z][a-z0-9.-]{0,63}", re.ASCII)
TIERS: Final = ("state", "sandbox", "nonprod", "prod")
LOWER: Final = frozenset({"sandbox", "nonprod"})
"""Where the first team's nonprod identity deploys."""


@dataclass(frozen=True, slots=True)
class Place:
    """One account."""

    name: str
    tier: str
    id: str

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `NAME=ID`, or `NAME:TIER=ID` where the account is not called as its tier."""
        named, _, number = text.partition("=")
        name, _, tier = named.partition(":")
        return cls(name.strip(), tier.strip() or name.strip(), number.strip())


@dataclass(frozen=True, slots=True)
class Answers:
    """The organisation that is asked for; `partition` follows from the region."""

    organization: str
    region: str
    prefix: str
    accounts: tuple[Place, ...]
    team: str
    people: tuple[str, ...] = ()

    @property
    def partition(self) -> str:
        """The part of AWS that the region belongs to."""
        return partition_of(self.region)

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers that have an account, in the order of the accounts."""
        return tuple(dict.fromkeys(account.tier for account in self.accounts))

    def checked(self) -> Self:
        """Return itself.

        Raises:
            InitInvalidError: with everything that is wrong.
        """
        problems = (*self._named(), *_of_accounts(self.accounts))
        if problems:
            raise InitInvalidError(problems)
        return self

    def _named(self) -> Iterator[str]:
        for option, value, pattern, like in (
            ("--organization", self.organization, _NAME, "example"),
            ("--region", self.region, _REGION, "eu-west-1"),
            ("--prefix", self.prefix, _PREFIX, "Platform"),
            ("--team", self.team, _NAME, "platform"),
            *(("--person", person, _PERSON, "ana") for person in self.people),
        ):
            if not pattern.fullmatch(value):
                yield f"{option} `{value}`: that is no such name; write one like `{like}`"


def _of_accounts(accounts: Sequence[Place]) -> Iterator[str]:
    for one in accounts:
        said = f"--account `{one.name}={one.id}`"
        if not _NAME.fullmatch(one.name):
            yield f"{said}: `{one.name}` names no account; use small letters, digits and dashes"
        if not _ID.fullmatch(one.id):
            yield f"{said}: an account's id is twelve digits; copy it from the console, with zeros"
        if one.tier not in TIERS:
            tiers = _list(TIERS)
            yield f"{said}: `{one.tier}` is no tier; write `NAME:TIER=ID` with one of {tiers}"
    for what, values in (
        ("name", [one.name for one in accounts]),
        ("id", [one.id for one in accounts]),
    ):
        for value, count in Counter(values).items():
            if count > 1:
                who = _list([one.name for one in accounts if value in (one.name, one.id)])
                said = f"{count} accounts have the {what} `{value}` ({who})"
                yield f"--account: {said}; give each its own"
    missing = [tier for tier in ("state", "prod") if tier not in {one.tier for one in accounts}]
    if missing:
        tiers = _list(missing)
        yield f"--account: there is no account of tier {tiers}; add `--account {missing[0]}=ID`"
    if sum(one.tier == "state" for one in accounts) > 1:
        yield "--account: two accounts of tier `state`; identities live in one of them"


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
