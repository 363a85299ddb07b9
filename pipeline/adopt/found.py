"""What the accounts have, and what is said of it: the ground that a proposal is made from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from access.arn import account_of
from access.world import Tags, World

_OURS: Final = "managed-by"
"""The tag that the provider gives to all that it makes."""


@dataclass(frozen=True, slots=True)
class Details:
    """What the accounts say of themselves besides an export; empty where only exports are given.

    Attributes:
        sessions: `{ARN of a role: the longest session in seconds}`.
        purposes: `{ARN of a role: its description}`.
        keys: `{ARN of a user: the ids of its access keys}`.
        unused: the ids of those that were never used.
        devices: `{ARN of a user: the serial numbers of its MFA devices}`.
    """

    sessions: Mapping[str, int] = field(default_factory=dict[str, int])
    purposes: Mapping[str, str] = field(default_factory=dict[str, str])
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    unused: frozenset[str] = frozenset()
    devices: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Found:
    """The accounts' IAM as it is."""

    world: World
    details: Details = field(default_factory=Details)


class Sort(StrEnum):
    """What becomes of something that the model cannot say, or not quite."""

    LEFT = "left alone"
    """It is not adopted: nothing here changes it."""
    OTHERWISE = "adopted otherwise"
    """It is adopted, and an update will make it other than it is."""
    KEPT = "kept"
    """It stays as it is beside what is adopted, and is good to know of."""


@dataclass(frozen=True, slots=True, order=True)
class Notice:
    """One thing that is not simply adopted, why, and what to do about it."""

    sort: Sort
    of: str
    """An ARN."""
    found: str
    remedy: str

    @property
    def account(self) -> str:
        """The id of the account that it is in."""
        return account_of(self.of)

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "sort": self.sort.value,
            "account": self.account,
            "arn": self.of,
            "found": self.found,
            "remedy": self.remedy,
        }

    def __str__(self) -> str:
        return f"{self.found}; {self.remedy}"


def untagged(of: str, tags: Tags) -> Iterator[Notice]:
    """Yield that tags go: the model gives none of its own."""
    others = [key for key, _ in tags if not key.startswith("aws:") and key != _OURS]
    if others:
        yield Notice(
            Sort.OTHERWISE,
            of,
            f"has the tags {', '.join(f'`{key}`' for key in others)}",
            "the update takes them off: mend what decides by them before",
        )


def name_of(arn: str) -> str:
    """Return the name of a user, group, role or policy: the ARN's last part."""
    return arn.rpartition("/")[2]


def path_of(arn: str) -> str:
    """Return its path, with a slash at both ends."""
    return f"/{arn.split(':', 5)[5].partition('/')[2].rpartition('/')[0]}/".replace("//", "/")
