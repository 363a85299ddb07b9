"""A world as far as it bears on the roles of one account: smaller, and of the same answers.

What an identity may assume is listed role by role over all accounts; to decide on one account's
roles, what is listed of the others counts for nothing, and takes most of the time.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from access.world import Document, World
from policies.named_accounts import account_named


@dataclass
class Narrowed:
    """Narrows the policies of a world's users and groups, each document parsed once."""

    world: World
    _parsed: dict[str, Any] = field(default_factory=dict[str, Any])

    def to(self, account: str) -> World:
        """Return the world in which requests about this account's roles are answered the same."""
        kept = {
            arn: self._narrow(document, account) if arn in self._carried else document
            for arn, document in self.world.policies.items()
        }
        return replace(self.world, policies=kept)

    def __post_init__(self) -> None:
        holders = (*self.world.users.values(), *self.world.groups.values())
        bounds = {user.boundary for user in self.world.users.values() if user.boundary}
        self._carried = bounds | {arn for one in holders for arn in one.grants.managed}

    def _narrow(self, document: Document, account: str) -> Document:
        if document.text is None:
            return document
        if document.text not in self._parsed:
            self._parsed[document.text] = _statements(document.text)
        whole = self._parsed[document.text]
        if whole is None:
            return document
        statements = [_narrowed(one, account) for one in whole["Statement"]]
        return Document.of({**whole, "Statement": statements}, name=document.name)


def _statements(text: str) -> dict[str, Any] | None:
    """Return the policy if it is one whose statements can be narrowed."""
    try:
        whole: Any = json.loads(text)
    except ValueError:
        return None
    stated: Any = cast("dict[str, Any]", whole).get("Statement") if _is_object(whole) else None
    if not isinstance(stated, list) or not all(map(_is_object, cast("list[Any]", stated))):
        return None
    return whole


def _is_object(found: Any) -> bool:  # noqa: ANN401 -- JSON
    return isinstance(found, dict)


def _narrowed(statement: Mapping[str, Any], account: str) -> dict[str, Any]:
    """Leave out the resources that are certain to be another account's.

    INVARIANT: a statement stays where it is, for its place may be its name; and one of which
    nothing is left keeps one resource, which matches nothing here as it did before.
    """
    resource: Any = statement.get("Resource")
    if not isinstance(resource, list):
        return dict(statement)
    listed = cast("list[Any]", resource)
    kept = [one for one in listed if not _elsewhere(one, account)]
    return {**statement, "Resource": kept or listed[:1]}


def _elsewhere(resource: Any, account: str) -> bool:  # noqa: ANN401 -- JSON
    if not isinstance(resource, str):
        return False
    # Only a plain account id is certain: a pattern or a variable may stand for any.
    named = account_named(resource)
    return named is not None and named != account
