"""One document changed at a time, to see how long it takes to prove the rules again."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from access.world import Document, Grants, Role, World
from benchmarks.proof.policies import AWS

Change = tuple[str, World]
"""What is changed, and the world with it changed; every rule that held still does."""

_HARMLESS: dict[str, Any] = {
    "Sid": "Changed",
    "Effect": "Allow",
    "Action": "cloudwatch:GetMetricData",
    "Resource": "*",
}


def changes(world: World) -> Iterator[Change]:
    """Yield a change of each kind: of a policy or trust in or out of reach, of a shared policy."""
    yield "a policy out of reach", _changed(world, "app/", "prod", _grants)
    yield "a policy within reach", _changed(world, "nonprod/Deploy", "nonprod", _grants)
    yield "a trust policy out of reach", _changed(world, "prod/Deploy", "prod", _trust)
    yield "a trust policy within reach", _changed(world, "nonprod/Release", "nonprod", _trust)
    arn = f"{AWS}/PowerUserAccess"
    shared = {**world.policies, arn: _more(world.policies[arn])}
    yield "a managed policy of many roles", replace(world, policies=shared)


def _changed(world: World, path: str, tier: str, change: Callable[[Role], Role]) -> World:
    """Return the world with one role changed: the first of the tier under the path."""
    old = next(
        role
        for role in world.roles.values()
        if f":role/{path}" in role.arn and ("tier", tier) in role.tags and role.grants.inline
    )
    return replace(world, roles={**world.roles, old.arn: change(old)})


def _grants(role: Role) -> Role:
    first, *others = role.grants.inline
    return replace(role, grants=Grants((_more(first), *others), role.grants.managed))


def _trust(role: Role) -> Role:
    document = json.loads(role.trust.text or "{}")
    document["Statement"][0]["Sid"] = "Changed"
    return replace(role, trust=Document.of(document, name=role.trust.name))


def _more(document: Document) -> Document:
    """Return the policy with a statement more."""
    raw = json.loads(document.text or "{}")
    raw["Statement"] = [*raw["Statement"], _HARMLESS]
    return Document.of(raw, name=document.name)
