"""What an update makes of users and groups that are adopted, said before it does."""

from collections.abc import Iterator
from typing import Final

from access.world import Grants, Group, User
from pipeline.adopt.found import Details, Notice, Sort, name_of, path_of, untagged
from policies.told import listed

_MACHINES: Final = "ServiceUsers/"


def changes(user: User, path: str, details: Details) -> Iterator[Notice]:
    """Yield what becomes of a user who is to be on this path."""
    remedy = "the update takes it off: write what it permits into a role and grant that"
    yield from _own(user.arn, user.grants, remedy)
    yield from untagged(user.arn, user.tags)
    if path_of(user.arn) != path:
        yield Notice(
            Sort.OTHERWISE,
            user.arn,
            f"is on the path `{path_of(user.arn)}`",
            f"the update moves it to `{path}`, and so its ARN: policies elsewhere that name it "
            "must name the new one",
        )
    if user.boundary is not None and not user.boundary.startswith(_boundary(user.arn, path)):
        yield Notice(
            Sort.OTHERWISE,
            user.arn,
            f"has the permissions boundary `{user.boundary}`",
            "the update puts the boundary of its class in its place",
        )
    if devices := details.devices.get(user.arn):
        yield Notice(
            Sort.KEPT,
            user.arn,
            f"has the MFA device {listed(devices)}",
            "nothing to do: it stays, and no state knows of it",
        )
    yield from _keys(user, details, machine=_MACHINES in path)


def policies(group: Group) -> Iterator[Notice]:
    """Yield what becomes of a group's policies."""
    remedy = (
        "the update takes it off for one that has the grants proposed: write what else it permits "
        "into a role and grant that"
    )
    yield from _own(group.arn, group.grants, remedy)


def becomes(group: Group, name: str) -> Iterator[Notice]:
    """Yield what becomes of a machine's group, which gets another name and policy."""
    yield Notice(
        Sort.OTHERWISE,
        group.arn,
        "is the group of one machine alone",
        f"the update calls it `{name}`; it keeps its id",
    )
    yield from policies(group)


def _own(arn: str, grants: Grants, remedy: str) -> Iterator[Notice]:
    for policy in grants.inline:
        found = f"has {policy.name.partition(' of ')[0]} inline"
        yield Notice(Sort.OTHERWISE, arn, found, remedy)
    for managed in grants.managed:
        yield Notice(Sort.OTHERWISE, arn, f"has policy `{managed}` attached", remedy)


def _boundary(arn: str, path: str) -> str:
    """Return how the ARNs of the boundaries begin that go with a path."""
    prefix = path.strip("/").split("/")[0].removesuffix("ServiceUsers").removesuffix("People")
    return f"{arn.split(':user/', maxsplit=1)[0]}:policy/{prefix}Policies/boundaries/"


def _keys(user: User, details: Details, *, machine: bool) -> Iterator[Notice]:
    """Yield what becomes of each key: as `credentials.ensure` treats what the store has not."""
    for key in details.keys.get(user.arn, ()):
        found = f"has the access key `{key}`, which others made"
        if not machine:
            remedy = "it stays; a person needs none, so delete it when nothing uses it"
            yield Notice(Sort.KEPT, user.arn, found, remedy)
        elif key in details.unused:
            remedy = "the update deletes it: it was never used, and the store does not know it"
            yield Notice(Sort.OTHERWISE, user.arn, found, remedy)
        else:
            remedy = (
                "it is neither read nor replaced, and the update mints no other beside it: put it "
                "into the store as the user's current key, and rotation replaces it, or delete it "
                f"once nothing uses it (`iam-profiles credentials status {name_of(user.arn)}`)"
            )
            yield Notice(Sort.KEPT, user.arn, found, remedy)
