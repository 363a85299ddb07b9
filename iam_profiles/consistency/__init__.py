"""Whether the files of `profiles/` agree with one another: every check, all its problems."""

from collections.abc import Iterator

from iam_profiles.consistency import access, federation, naming, organization, roles, stores
from iam_profiles.consistency.world import World
from iam_profiles.errors import Problem
from iam_profiles.source.folder import Sources

CHECKS = (
    naming.repeated,
    naming.taken_twice,
    naming.too_long_to_switch_to,
    naming.renamed,
    organization.accounts,
    organization.tiers,
    organization.isolation,
    organization.partition,
    stores.names,
    stores.kept,
    roles.owned,
    roles.permitted,
    roles.chained,
    access.memberships,
    access.groups_per_person,
    access.subjects,
    access.isolated,
    access.multi_factor,
    access.granted_twice,
    federation.told_apart,
    federation.readable,
)


def problems(sources: Sources) -> Iterator[Problem]:
    """Yield what is wrong between sound parts of files.

    What a faulty part may have declared counts as declared: its own problem comes first.
    """
    world = World.of(sources)
    for check in CHECKS:
        yield from check(world)
