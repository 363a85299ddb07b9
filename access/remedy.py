"""The smallest change that shuts a path: one statement to be taken out or narrowed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from access.path import Hop
from access.rule import Rule
from access.verdict import Reason
from access.world import Document, Grants, Unreadable, World

if TYPE_CHECKING:
    from access.prove import Prover

_TRIED = 2_000
"""Principals up to which each candidate is tried in full."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A suggestion: the statement to narrow, and whether the rule is then proved."""

    policy: str
    statement: str
    proved: bool

    def __str__(self) -> str:
        then = "the rule is then proved" if self.proved else "other paths may remain"
        return f"narrow or remove statement `{self.statement}` of {self.policy}: {then}"

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "policy": self.policy,
            "statement": self.statement,
            "proved": self.proved,
            "text": str(self),
        }


def remedy(prover: "Prover", rule: Rule, path: tuple[Hop, ...]) -> Remedy | None:
    """Return the statement, as near to the target as can be, that shuts the path if it goes."""
    candidates = list(_candidates(path))
    world = prover.world
    if len(world.users) + len(world.roles) <= _TRIED:
        for reason in candidates:
            changed = replace(prover, world=without(world, reason), _closures={})
            if changed.breach(rule)[1] is None:
                return Remedy(str(reason.policy), str(reason.statement), proved=True)
    for reason in candidates:
        return Remedy(str(reason.policy), str(reason.statement), proved=False)
    return None


def _candidates(path: tuple[Hop, ...]) -> Iterator[Reason]:
    seen: set[tuple[str | None, str | None]] = set()
    for hop in reversed(path):
        for reason in reversed(hop.allowed_by):
            key = reason.policy, reason.statement
            if reason.policy and reason.statement and key not in seen:
                seen.add(key)
                yield reason


def without(world: World, reason: Reason) -> World:
    """Return the world without one statement, wherever the policy of that name is."""

    def changed(document: Document) -> Document:
        return _without(document, reason) if document.name == reason.policy else document

    def grants(one: Grants) -> Grants:
        return Grants(tuple(map(changed, one.inline)), one.managed)

    def all_of(documents: Mapping[str, Document]) -> dict[str, Document]:
        return {arn: changed(document) for arn, document in documents.items()}

    return replace(
        world,
        users={a: replace(one, grants=grants(one.grants)) for a, one in world.users.items()},
        groups={a: replace(one, grants=grants(one.grants)) for a, one in world.groups.items()},
        roles={
            a: replace(one, grants=grants(one.grants), trust=changed(one.trust))
            for a, one in world.roles.items()
        },
        policies=all_of(world.policies),
        resources=all_of(world.resources),
    )


def _without(document: Document, reason: Reason) -> Document:
    policy = document.read()
    if isinstance(policy, Unreadable) or document.text is None:
        return document
    whole = json.loads(document.text)
    statements = (
        whole["Statement"] if isinstance(whole["Statement"], list) else [whole["Statement"]]
    )
    kept = [
        statement
        for one, statement in zip(policy.statements, statements, strict=True)
        if one.name != reason.statement
    ]
    return Document.of({**whole, "Statement": kept}, name=document.name)
