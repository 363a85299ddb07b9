"""Roles: owned by a team, permitted something, and no way from one role to the next."""

import re
from collections.abc import Iterator

from access.errors import PatternTooComplexError
from access.pattern import Language
from iam_profiles.consistency.world import World
from iam_profiles.errors import Problem
from iam_profiles.model import Organization
from iam_profiles.names import AccountId
from iam_profiles.paths import role_set_pattern
from iam_profiles.source.kinds import RoleFile, StatementEntry
from iam_profiles.source.shape import Source
from iam_profiles.source.wording import Path, quoted


def owned(world: World) -> Iterator[Problem]:
    """Find roles whose owner is no team."""
    for role in world.sources.roles:
        if not role.left_out & {(), ("owner",)}:
            yield from world.undefined("team", role.content.owner, role, ("owner",))


def permitted(world: World) -> Iterator[Problem]:
    """Find roles without permissions, statements of one name, and ARNs of another partition."""
    for role in world.sources.roles:
        file = role.content
        if not (file.permissions or file.managed_policies) and role.whole():
            remedy = "give it `permissions` or `managed_policies`"
            yield role.problem((), "a role that may do nothing", remedy)
        sids: set[str] = set()
        for place, statement in role.numbered("permissions"):
            if statement.sid in sids:
                found = f"a second statement {quoted(statement.sid)}"
                yield role.problem((*place, "sid"), found, "name each statement differently")
            sids.add(statement.sid)
            yield from _elsewhere(world, role, place, statement)


def _elsewhere(
    world: World, role: Source[RoleFile], place: Path, statement: StatementEntry
) -> Iterator[Problem]:
    ours = world.organization.partition
    if not world.sources.organization.whole("partition"):
        return
    for at, resource in enumerate(statement.resources):
        named = re.match(r"arn:(aws[a-z-]*):", resource)
        if named and named[1] != ours:
            found = f"{quoted(resource)} is not in the organisation's partition {quoted(ours)}"
            yield role.problem((*place, "resources", at), found, "write `arn:{partition}:`")


def chained(world: World) -> Iterator[Problem]:
    """Find roles that may assume roles of the role set: who reaches one would try the next.

    Neither side relies on it: no trust policy admits a role. But what is not meant is not granted.
    """
    for role in world.sources.roles:
        for place, statement in role.numbered("permissions"):
            if statement.effect == "Deny" or not any(map(_assumes, statement.actions)):
                continue
            for at, resource in enumerate(statement.resources):
                if _may_be_ours(world.organization, resource):
                    found = f"{quoted(resource)}, which covers the role set, for `{ASSUME_ROLE}`"
                    remedy = "name the roles outside of the role set that are meant"
                    yield role.problem((*place, "resources", at), found, remedy)


ASSUME_ROLE = "sts:AssumeRole"


def _assumes(action: str) -> bool:
    return ASSUME_ROLE.casefold() in Language.glob(action.casefold())


def _may_be_ours(organization: Organization, resource: str) -> bool:
    known = resource.replace("{prefix}", organization.prefix)
    known = known.replace("{partition}", organization.partition).replace("{account}", _ACCOUNT)
    meant = Language.glob(re.sub(r"\$?\{[^}]*\}", "*", known))
    ours = role_set_pattern(organization, AccountId(_ACCOUNT))
    try:
        # A role's name has no colon: without this, `role/Other/*` would seem to be in there too.
        return not meant.is_disjoint(Language.glob(ours) - Language.glob(f"{ours}:*"))
    except PatternTooComplexError:
        return True


_ACCOUNT = "?" * 12
