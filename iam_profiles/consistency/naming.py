"""Names: each means one thing, in IAM's eyes too, and fits where it is used."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from iam_profiles.consistency.world import Declared, Sort, World
from iam_profiles.errors import Problem
from iam_profiles.paths import role_path
from iam_profiles.source.document import Document, Json
from iam_profiles.source.wording import Path, quoted

_SWITCH_ROLE_CHARACTERS = 64
"""Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def repeated(world: World) -> Iterator[Problem]:
    """Find lists that say the same thing twice."""
    sources = (world.sources.organization, *world.sources.roles, *world.sources.teams)
    for source in sources:
        yield from _repeated(source.document, (), source.document.value)


def _repeated(document: Document, path: Path, value: Json) -> Iterator[Problem]:
    if path[:1] == ("secrets_store",):
        return  # a command line may well say something twice
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _repeated(document, (*path, key), inner)
    elif isinstance(value, tuple):
        seen: set[str] = set()
        for at, item in enumerate(value):
            if isinstance(item, str) and item in seen:
                yield document.problem((*path, at), f"{quoted(item)} once more", "take it out")
            elif isinstance(item, str):
                seen.add(item)
            else:
                yield from _repeated(document, (*path, at), item)


def taken_twice(world: World) -> Iterator[Problem]:
    """Find names that are declared twice, or that differ only in case: IAM takes those for one.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    # Policies need no look: each is named after its role or group by a suffix of its own.
    together: tuple[tuple[Sort, ...], ...] = (
        ("role",),
        ("group",),
        ("person", "service user"),
    )
    for sorts in together:
        named = chain.from_iterable(
            places for sort in sorts for places in world.declared[sort].values()
        )
        yield from _clashes(" or ".join(sorts), named)


def _clashes(what: str, named: Iterable[Declared]) -> Iterator[Problem]:
    by_name: dict[str, list[Declared]] = defaultdict(list)
    for declared in named:
        by_name[declared.name.casefold()].append(declared)
    for first, *others in by_name.values():
        for other in others:
            if other.name != first.name:
                found = f"{quoted(other.name)} differs only in case from {quoted(first.name)}"
                yield other.problem(
                    f"{found} ({first.where})", "rename one: IAM does not tell them apart"
                )
            elif other.source is not first.source or other.path[:1] != first.path[:1]:
                found = f"a second {what} {quoted(other.name)}: the first is at {first.where}"
                yield other.problem(found, "declare it once, or rename one")


def too_long_to_switch_to(world: World) -> Iterator[Problem]:
    """Find roles that the console's Switch Role cannot take: path and name are too long for it."""
    if not world.sources.organization.whole("prefix"):
        return
    path = role_path(world.organization)
    for role in world.sources.roles:
        excess = len(path) + len(role.name) - _SWITCH_ROLE_CHARACTERS
        if 0 < excess <= len(path):  # a longer name is a problem without its path, and told
            found = f"{quoted(path + role.name)} is too long for the console's Switch Role"
            yield role.problem((), found, f"shorten the name by {excess}")


def renamed(world: World) -> Iterator[Problem]:
    """Find former names that are still, or twice, in use."""
    former: dict[str, Declared] = {}
    for role in world.sources.roles:
        name, path = role.content.renamed_from, ("renamed_from",)
        if name is None:
            continue
        if name in world.declared["role"]:
            yield role.problem(path, f"{quoted(name)}, which is a role still", "take it out")
        if name in former:
            found = f"{quoted(name)}, from which {former[name].where} is renamed already"
            yield role.problem(path, found, "keep one of the two")
        former.setdefault(name, Declared(name, role, path))
