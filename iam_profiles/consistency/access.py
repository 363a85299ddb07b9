"""Who is in which group and may assume which role where, as far as the rules allow."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from iam_profiles.consistency.world import World
from iam_profiles.errors import Problem
from iam_profiles.paths import PEOPLE_GROUP
from iam_profiles.source.kinds import GrantEntry, TeamFile
from iam_profiles.source.shape import Source
from iam_profiles.source.wording import Path, quoted

Placed = tuple[Source[TeamFile], Path, GrantEntry]
"""A grant, and where it is written."""


def memberships(world: World) -> Iterator[Problem]:
    """Find members of groups who are nobody, or machines."""
    for team in world.sources.teams:
        for name, group in team.content.groups.items():
            for at, person in enumerate(group.people):
                path = ("groups", name, "people", at)
                if person in world.declared["service user"]:
                    found = f"service user {quoted(person)} among people"
                    yield team.problem(path, found, "grant to it as `service_user`")
                else:
                    yield from world.undefined("person", person, team, path)


def groups_per_person(world: World) -> Iterator[Problem]:
    """Find people who are in more groups than IAM allows, with the group of all people."""
    counts = Counter(
        person
        for team in world.sources.teams
        for group in team.content.groups.values()
        for person in set(group.people)
    )
    limit = world.organization.quotas.groups_per_user
    for person, places in world.declared["person"].items():
        if (count := counts[person] + 1) > limit:
            found = f"{quoted(person)} is in {count} groups, with {quoted(PEOPLE_GROUP)}"
            yield places[0].problem(found, f"keep to {limit}, the quota: grant more through one")


def subjects(world: World) -> Iterator[Problem]:
    """Find grants to nobody, of no role, of a disabled one, or on no tier."""
    disabled = {role.name for role in world.sources.roles if not role.content.enabled}
    for team, place, grant in _grants(world):
        if grant.group is not None:
            yield from world.undefined("group", grant.group, team, (*place, "group"))
        if grant.service_user is not None:
            user = (*place, "service_user")
            yield from world.undefined("service user", grant.service_user, team, user)
        yield from world.undefined("role", grant.role, team, (*place, "role"))
        if grant.role in disabled:
            found = f"role {quoted(grant.role)}, which is not enabled"
            remedy = f"set `enabled: true` in `roles/{grant.role}.yaml`, or take the grant out"
            yield team.problem((*place, "role"), found, remedy)
        for at, tier in enumerate(grant.on):
            yield from world.undefined("tier", tier, team, (*place, "on", at))


def isolated(world: World) -> Iterator[Problem]:
    """Find grants that an isolation rule forbids."""
    organization = world.sources.organization
    forbidden: dict[tuple[str, str], str] = {}
    for rule_place, rule in organization.numbered("isolation"):
        for tier in rule.never_reaches:
            forbidden.setdefault((rule.identity_class, tier), organization.where(rule_place))
    classes = {
        name: entry.identity_class
        for team in world.sources.teams
        for name, entry in team.content.service_users.items()
    }
    for team, place, grant in _grants(world):
        identity_class = classes.get(grant.service_user) if grant.service_user else "people"
        for at, tier in enumerate(grant.on):
            if rule := forbidden.get((identity_class or "", tier)):
                subject = quoted(grant.group or grant.service_user)
                found = f"{subject} is of class `{identity_class}`, which never reaches `{tier}`"
                remedy = (
                    f"take {quoted(tier)} out, or grant to another class; the rule is at {rule}"
                )
                yield team.problem((*place, "on", at), found, remedy)


def multi_factor(world: World) -> Iterator[Problem]:
    """Find grants that do without MFA where the organisation requires it."""
    organization = world.sources.organization
    if not organization.whole("defaults") or world.organization.defaults.mfa != "required":
        return
    for team, place, grant in _grants(world):
        if grant.mfa is False:
            remedy = "take it out, or set `defaults.mfa: optional` in `organization.yaml`"
            yield team.problem((*place, "mfa"), "`false`, but MFA is required", remedy)


def granted_twice(world: World) -> Iterator[Problem]:
    """Find cells of the matrix that two grants fill: which one's conditions hold is unclear."""
    first: dict[tuple[Any, ...], str] = {}
    for team, place, grant in _grants(world):
        for tier in dict.fromkeys(grant.on):
            cell = (grant.group, grant.service_user, grant.role, tier)
            if cell in first:
                subject = quoted(grant.group or grant.service_user)
                found = f"{subject} is granted {quoted(grant.role)} on {quoted(tier)} already"
                yield team.problem(place, f"{found} ({first[cell]})", "keep one of the two")
            first.setdefault(cell, team.where(place))


def _grants(world: World) -> Iterator[Placed]:
    for team in world.sources.teams:
        for place, grant in team.numbered("grants"):
            yield team, place, grant
