"""Users and groups that are there and not declared: people, machines and who is in which group."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from access.arn import account_of
from access.world import Group, User, World
from iam_profiles.model import Profiles
from iam_profiles.names import IdentityClass, UserName
from iam_profiles.paths import PEOPLE_GROUP, own_group, state_account, user_path
from pipeline.adopt.changes import becomes, changes, policies
from pipeline.adopt.found import Found, Notice, Sort, name_of, path_of
from policies.told import listed

_MACHINE: Final = re.compile(
    r"service|machine|robot|pipeline|(^|[-_./])(bot|ci|cd|svc|sa|deploy(er)?)([-_./]|$)",
    re.IGNORECASE,
)
_NOT_PROD: Final = re.compile(
    r"non-?prod|(^|[-_./])(dev|test|staging|sandbox)([-_./]|$)", re.IGNORECASE
)


_PROD: Final = re.compile(r"(?<![A-Za-z])prod(uction)?(?![a-z])|Prod(uction)?(?![a-z])|PROD")


@dataclass(frozen=True, slots=True)
class Named:
    """Who the user says is what: it counts more than what names look like."""

    machines: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Identities:
    """Who is to be declared.

    Attributes:
        people: `{name: the user}`.
        machines: `{name: the user}`, and `classes` `{name: its identity class}`.
        groups: `{name: the group}` of groups of people, and `members` `{name: its people}`.
    """

    people: Mapping[str, User]
    machines: Mapping[str, User]
    classes: Mapping[str, IdentityClass]
    groups: Mapping[str, Group]
    members: Mapping[str, tuple[str, ...]]


def carriers(profiles: Profiles, world: World, machines: set[str]) -> dict[str, str]:
    """Return `{machine: group}` where a group has one member and no other machine's name.

    The group becomes the machine's own: it is renamed in place, and keeps its id. Only where the
    own group is not there yet.
    """
    organization = profiles.organization
    declared = {str(group.name) for group in profiles.groups} | {PEOPLE_GROUP}
    state = str(state_account(organization).id)
    members = _members(world, state)
    names = {name_of(arn) for arn in world.groups if account_of(arn) == state}
    found: dict[str, str] = {}
    for arn, users in sorted(members.items()):
        alone = next(iter(users), "") if len(users) == 1 else ""
        taken = name_of(arn) in declared or name_of(arn).startswith("service-")
        if taken or alone not in machines or own_group(UserName(alone)) in names:
            continue
        found.setdefault(alone, name_of(arn))
    return found


def identities(profiles: Profiles, found: Found, named: Named) -> tuple[Identities, list[Notice]]:
    """Return whom to declare, and what is not simply adopted of them."""
    state = str(state_account(profiles.organization).id)
    ids = {str(one.id) for one in profiles.organization.accounts}
    world, notices = found.world, list[Notice]()
    declared = {str(one.name) for one in (*profiles.people, *profiles.service_users)}
    people: dict[str, User] = {}
    machines: dict[str, User] = {}
    for arn, user in sorted(world.users.items()):
        if account_of(arn) == state:
            if name_of(arn) not in declared:
                (machines if _is_machine(user, named) else people)[name_of(arn)] = user
        elif account_of(arn) in ids:
            notices.append(_abroad(arn, "user"))
    notices += (
        _abroad(arn, "group")
        for arn in sorted(world.groups)
        if account_of(arn) != state and account_of(arn) in ids
    )
    classes = {name: _class(profiles, user) for name, user in machines.items()}
    all_machines = {*machines, *(str(one.name) for one in profiles.service_users)}
    own = carriers(profiles, world, all_machines)
    groups, members, more = _groups(profiles, world, all_machines, set(own.values()))
    notices += more
    for user in (*people.values(), *machines.values()):
        one = classes.get(name_of(user.arn), IdentityClass.PEOPLE)
        notices += changes(user, user_path(profiles.organization, one), found.details)
    for group in groups.values():
        notices += policies(group)
    for name, group in own.items():
        if name in machines:
            notices += becomes(_of_name(world, state, group), str(own_group(UserName(name))))
    return Identities(people, machines, classes, groups, members), notices


def _is_machine(user: User, named: Named) -> bool:
    name = name_of(user.arn)
    if name in named.machines or name in named.people:
        return name in named.machines
    return bool(_MACHINE.search(f"{path_of(user.arn)}{name}"))


def _class(profiles: Profiles, user: User) -> IdentityClass:
    """The class: that of the user's path if it is one of ours, else by what it is called.

    What does not say that it is `prod` is `nonprod`, which may do less.
    """
    path, name = path_of(user.arn), name_of(user.arn)
    for one in (IdentityClass.NONPROD, IdentityClass.PROD):
        if path == user_path(profiles.organization, one):
            return one
    if _PROD.search(f"{path}{name}") and not _NOT_PROD.search(f"{path}{name}"):
        return IdentityClass.PROD
    return IdentityClass.NONPROD


def _members(world: World, account: str) -> dict[str, set[str]]:
    """Return `{ARN of a group: names of its users}` of one account."""
    found: dict[str, set[str]] = {arn: set() for arn in world.groups if account_of(arn) == account}
    for arn, user in world.users.items():
        for group in user.groups:
            found.setdefault(group, set()).add(name_of(arn))
    return found


def _groups(
    profiles: Profiles, world: World, machines: set[str], own: set[str]
) -> tuple[dict[str, Group], dict[str, tuple[str, ...]], list[Notice]]:
    state = str(state_account(profiles.organization).id)
    declared = {str(group.name): set(map(str, group.people)) for group in profiles.groups}
    known = {*declared, PEOPLE_GROUP, *(str(own_group(UserName(one))) for one in machines)}
    groups: dict[str, Group] = {}
    members: dict[str, tuple[str, ...]] = {}
    notices: list[Notice] = []
    for arn, users in sorted(_members(world, state).items()):
        name = name_of(arn)
        if name in declared:
            notices += _joined(arn, sorted(users - declared[name]))
        if name in known or name in own:
            continue
        if users and users <= machines:
            notices.append(_shared(arn))
            continue
        notices += _mixed(arn, sorted(users & machines))
        groups[name] = world.groups[arn]
        members[name] = tuple(sorted(users - machines))
    return groups, members, notices


def _abroad(arn: str, kind: str) -> Notice:
    return Notice(
        Sort.LEFT,
        arn,
        f"a {kind} outside of the state account",
        "identities live in `state` alone: declare it there, and delete this one when nobody uses "
        "it any more",
    )


def _joined(arn: str, users: list[str]) -> Iterator[Notice]:
    if users:
        yield Notice(
            Sort.OTHERWISE,
            arn,
            f"is declared without its members {listed(users)}",
            f"add them to `people` of `groups.{name_of(arn)}`, or the update takes them out",
        )


def _shared(arn: str) -> Notice:
    return Notice(
        Sort.LEFT,
        arn,
        "a group of several machines, each of which has a group of its own here",
        "delete it after the update: until then, what it gives is held back by the machines' "
        "boundaries alone",
    )


def _mixed(arn: str, users: list[str]) -> Iterator[Notice]:
    if users:
        yield Notice(
            Sort.OTHERWISE,
            arn,
            f"has machines among its members: {listed(users)}",
            "each gets a group of its own, and leaves this one",
        )


def _of_name(world: World, account: str, name: str) -> Group:
    return next(
        one
        for arn, one in world.groups.items()
        if account_of(arn) == account and name_of(arn) == name
    )


def only_by(world: World, user: User, group: str) -> World:
    """Return the world in which a user has nothing but what one group gives."""
    return replace(
        world, users={**world.users, user.arn: User(user.arn, groups=(group,), mfa=user.mfa)}
    )
