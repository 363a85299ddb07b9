"""What a case of a law is, and the pieces that cases and mutants are made of."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.policies.worlds import Document, World

Sort = Literal["passing", "violating", "unknown", "near miss"]
Change = Callable[[World], object]
At = tuple[str, str]

STATE_ROOT = "arn:aws:iam::111111111111:root"
NONPROD_USERS = "arn:aws:iam::111111111111:user/PlatformServiceUsers/nonprod"
PROD_ROLE = "arn:aws:iam::444444444444:role/PlatformRoles/IamProfilesRole"
SANDBOX_ROLE = "arn:aws:iam::222222222222:role/PlatformRoles/IamProfilesRole"
ASSUME = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
STACK_ITSELF = ("pulumi:pulumi:Stack", "")


@dataclass(frozen=True)
class Case:
    """One change to the example's stack; `found` is part of the finding that it must lead to.

    The finding is at `at`, or at the stack itself. Without `found`, there must be none.
    """

    sort: Sort
    title: str
    account: str
    change: Change
    found: str | None = None
    at: At = STACK_ITSELF

    def __str__(self) -> str:
        return f"{self.sort}: {self.title}"


def unchanged(_: World) -> None:
    """The example as it is."""


def allow(action: str | list[str], resource: str | list[str] = "*", **more: object) -> str:
    """An identity-based policy of one Allow."""
    return _document(Effect="Allow", Action=action, Resource=resource, **more)


def trust(principal: object, **more: object) -> str:
    """A trust policy of one Allow."""
    return _document(Effect="Allow", Principal=principal, Action=ASSUME, **more)


def from_users(pattern: str, operator: str = "ArnLike") -> dict[str, object]:
    """A condition on who calls."""
    return {operator: {"aws:PrincipalArn": pattern}}


def without(effect: str) -> Callable[[Document], None]:
    """Take every Allow, or every Deny, out of a document."""

    def edit(document: Document) -> None:
        kept = [one for one in document["Statement"] if one["Effect"] != effect]
        document["Statement"] = kept

    return edit


def with_statement(**statement: object) -> Callable[[Document], None]:
    """Add a statement to a document."""

    def edit(document: Document) -> None:
        document["Statement"].append(statement)

    return edit


def _document(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
