"""What the files declare, faulty or not, and where: the ground on which they are compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from iam_profiles.assemble import organization_of
from iam_profiles.errors import Problem
from iam_profiles.model import Organization
from iam_profiles.source.folder import Sources
from iam_profiles.source.shape import Source
from iam_profiles.source.wording import Path, instead, quoted

Sort = Literal["role", "team", "group", "person", "service user", "tier"]

ALWAYS_APART = frozenset({"prod", "state"})
"""The tiers that identities of class `nonprod` never reach, whatever else an organisation says."""

_IN_TEAMS: Mapping[Sort, str] = {
    "group": "groups",
    "person": "people",
    "service user": "service_users",
}
_DECLARE: Mapping[Sort, str] = {
    "role": "add `roles/{}.yaml`",
    "team": "add `teams/{}.yaml`",
    "group": "declare it under `groups` of a team",
    "person": "declare the person under `people` of a team",
    "service user": "declare it under `service_users` of a team",
    "tier": "add it to `tiers` in `organization.yaml`",
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A name, and the place that declares it."""

    name: str
    source: Source[Any]
    path: Path

    def problem(self, found: str, remedy: str) -> Problem:
        """Return a problem with the declaration."""
        return self.source.problem(self.path, found, remedy)

    @property
    def where(self) -> str:
        """The place, as `file:line`."""
        return self.source.where(self.path)


@dataclass(frozen=True, slots=True)
class World:
    """All files, and an index of the names in them."""

    sources: Sources
    organization: Organization
    """As far as it is sound; see `sure` before concluding from what is not there."""
    declared: Mapping[Sort, Mapping[str, tuple[Declared, ...]]]
    """By sort and name; more than one place for a name is a problem of its own."""
    sure: frozenset[Sort]
    """The sorts of which every name is known: no file that may declare more was unreadable."""

    @classmethod
    def of(cls, sources: Sources) -> "World":
        """Return the index of all that is declared."""
        organization = organization_of(sources.organization.content)
        declared: dict[Sort, dict[str, tuple[Declared, ...]]] = {sort: {} for sort in _DECLARE}
        for sort, one in _declared(sources, organization):
            declared[sort][one.name] = (*declared[sort].get(one.name, ()), one)
        return cls(sources, organization, declared, frozenset(_sure(sources, organization)))

    def undefined(
        self, sort: Sort, name: str, source: Source[Any], path: Path
    ) -> Iterator[Problem]:
        """Yield the problem if the name that is used here is declared nowhere."""
        known = self.declared[sort]
        if name not in known and sort in self.sure:
            remedy = instead(name, known, _DECLARE[sort].format(name))
            yield source.problem(path, f"undefined {sort} {quoted(name)}", remedy)


def _declared(sources: Sources, organization: Organization) -> Iterator[tuple[Sort, Declared]]:
    for role in sources.roles:
        yield "role", Declared(role.name, role, ())
    for team in sources.teams:
        yield "team", Declared(team.name, team, ())
        for sort, key in _IN_TEAMS.items():
            for path, name in team.names(key):
                yield sort, Declared(name, team, path)
    for tier in organization.tiers:
        yield "tier", Declared(tier, sources.organization, ("tiers",))


def _sure(sources: Sources, organization: Organization) -> Iterator[Sort]:
    if sources.organization.whole("tiers") and set(organization.tiers) >= ALWAYS_APART:
        yield "tier"
    if sources.unread:
        return
    yield from ("role", "team")
    for sort, key in _IN_TEAMS.items():
        if all(team.whole(key) for team in sources.teams):
            yield sort
