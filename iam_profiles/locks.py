"""The two locks of every trust, opened one at a time: the other one must do alone.

What opens a lock only adds: it allows more, and denies and bounds less. So whatever is proved with
a lock opened holds with it shut.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Final

from access.document import Statement
from access.world import Document, Grants, Unreadable, World

OPENED: Final = frozenset({"AssumeAnyRole", "TrustAnybodyThere"})
"""The statements that open a lock: nobody has written them."""

_ASSUME: Final = "sts:AssumeRole"
_ANYTHING: Final = {
    "Sid": "AssumeAnyRole",
    "Effect": "Allow",
    "Action": _ASSUME,
    "Resource": "*",
}
_ANY_ROLE: Final = Document.of(
    {"Version": "2012-10-17", "Statement": [_ANYTHING]}, name="the identity side, opened"
)


def identity_side_opened(world: World) -> World:
    """Return the world in which every user may assume anything, whatever denies or bounds it."""
    holders = (*world.users.values(), *world.groups.values())
    carried = {arn for one in holders for arn in one.grants.managed}
    bounds = {user.boundary for user in world.users.values() if user.boundary}
    policies = dict(world.policies)
    for arn in (carried | bounds) & policies.keys():
        more = [_ANYTHING] if arn in bounds else []
        policies[arn] = _changed(policies[arn], _denies_assuming, more)
    return replace(
        world,
        users={
            arn: replace(user, grants=_opened(user.grants, _ANY_ROLE))
            for arn, user in world.users.items()
        },
        groups={
            arn: replace(group, grants=_opened(group.grants)) for arn, group in world.groups.items()
        },
        policies=policies,
    )


def resource_side_opened(world: World, trusted: str) -> World:
    """Return the world in which every role trusts `trusted`, an account's root, and denies nobody.

    Whoever is trusted may do as sessions do: name themselves, pass tags, be chained.
    """
    statement = {
        "Sid": "TrustAnybodyThere",
        "Effect": "Allow",
        "Principal": {"AWS": trusted},
        "Action": "sts:*",
    }
    opened: dict[Document, Document] = {}
    for role in world.roles.values():
        if role.trust not in opened:
            opened[role.trust] = _changed(role.trust, _denies, [statement])
    roles = {arn: replace(role, trust=opened[role.trust]) for arn, role in world.roles.items()}
    return replace(world, roles=roles)


def _opened(grants: Grants, *more: Document) -> Grants:
    kept = (_changed(document, _denies_assuming, []) for document in grants.inline)
    return replace(grants, inline=(*kept, *more))


def _denies(statement: Statement) -> bool:
    return statement.effect == "Deny"


def _denies_assuming(statement: Statement) -> bool:
    named = any(fnmatchcase(_ASSUME.lower(), one.lower()) for one in statement.actions.values)
    return _denies(statement) and named is not statement.actions.negated


def _changed(
    document: Document, gone: Callable[[Statement], bool], more: Sequence[Mapping[str, Any]]
) -> Document:
    """Return the policy without some statements and with others; what is unreadable stays so."""
    policy = document.read()
    if isinstance(policy, Unreadable) or not (more or any(map(gone, policy.statements))):
        return document
    whole = json.loads(document.text or "")
    stated: list[Any] | dict[str, Any] = whole["Statement"]
    stated = stated if isinstance(stated, list) else [stated]
    kept = [
        {**raw, "Sid": one.name}
        for one, raw in zip(policy.statements, stated, strict=True)
        if not gone(one)
    ]
    return Document.of({**whole, "Statement": [*kept, *more]}, name=document.name)
