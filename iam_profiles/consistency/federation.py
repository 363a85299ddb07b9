"""Federated identities: each token stands for one of them at most."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from iam_profiles.consistency.world import World
from iam_profiles.errors import Problem
from iam_profiles.federation import federation_of, overlap
from iam_profiles.source.wording import quoted

if TYPE_CHECKING:
    from iam_profiles.model import Federation


_SIGNS_IN: Final = {
    "vault": "Vault takes the job's token itself, by its JWT auth method",
    "exec": "the tool signs in by itself",
}
"""How a job opens the stores that are not AWS's."""


def readable(world: World) -> Iterator[Problem]:
    """Find readers of a store that AWS does not keep, or of a role's very name."""
    kind = world.organization.secrets_store.kind
    taken = {role.name.casefold() for role in world.sources.roles}
    for team in world.sources.teams:
        for name, entry in team.content.service_users.items():
            path = ("service_users", name, "reader")
            if entry.reader and kind in _SIGNS_IN:
                found = f"a reader of {quoted(kind)}, which no role of AWS opens"
                yield team.problem(path, found, f"take it out: {_SIGNS_IN[kind]}")
            elif entry.reader and name.casefold() in taken:
                found = f"a reader that would be called {quoted(name)}, as a role is"
                yield team.problem(path, found, "rename the service user: it is named after it")


def told_apart(world: World) -> Iterator[Problem]:
    """Find two service users for whom one token might stand: it would be granted what either is.

    Audiences do not tell them apart: a job can ask for a token for each.
    """
    known: dict[str, list[tuple[str, str, Federation]]] = defaultdict(list)
    for team in world.sources.teams:
        for name, entry in team.content.service_users.items():
            key = "reader" if entry.reader else "federation"
            written = entry.reader or entry.federation
            if written is None:
                continue
            one, path = federation_of(written), ("service_users", name, key)
            for other, where, two in known[one.issuer]:
                if overlap(one, two):
                    claim, value = one.claims[0]
                    found = (
                        f"a token of {quoted(one.issuer)} whose `{claim}` is {quoted(value)} "
                        f"may be {quoted(other)}'s too ({where})"
                    )
                    remedy = "name another branch, environment or project, or keep one of the two"
                    yield team.problem(path, found, remedy)
                    break
            known[one.issuer].append((name, team.where(path), one))
