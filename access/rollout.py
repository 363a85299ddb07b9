"""A roll-out as one world: all that any mixture of before and after, policy by policy, allows.

While stacks are updated, each document, attachment, membership and record is as before or as
after, in no order that one could rely on. What is proved of `either` holds in every such state.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from access.mixture import AFTER, BEFORE, allowing, delegating, one_sided
from access.mixture import either as either_document
from access.moves import Moves
from access.world import (
    Account,
    Document,
    Grants,
    Group,
    Levels,
    Missing,
    Role,
    User,
    World,
)

_Of = TypeVar("_Of")
_Principal = TypeVar("_Principal", User, Role)
_NO_GRANTS: Final = Grants()


def either(before: World, after: World) -> World:
    """Return a world that allows whatever any mixture of the two could allow.

    INVARIANT: what a mixture allows is allowed here: Allows are those of both, a Deny counts only
    where it is in force in both, and what limits is as wide as in either. What cannot be said so
    is `missing`, and proves nothing.
    """
    if before is after or before == after:
        return after
    return _Rollout(*Moves(before, after).at_both()).world()


@dataclass
class _Rollout:
    before: World
    after: World
    missing: dict[Missing, None] = field(default_factory=dict[Missing, None])

    def world(self) -> World:
        before, after = self.before, self.after
        self.missing.update(dict.fromkeys((*after.missing, *before.missing)))
        self._note_lacking()
        loose = self._loose_groups()
        wavering = self._wavering(loose)
        return World(
            accounts=dict(self._accounts()),
            users=_each(before.users, after.users, self._user, self._new),
            groups=self._groups(loose),
            roles=_each(before.roles, after.roles, self._role, self._new_role),
            policies=self._policies(wavering),
            resources=self._resources(),
            credentials=tuple(dict.fromkeys((*after.credentials, *before.credentials))),
            missing=tuple(self.missing),
            passing=before.passing | after.passing | (_present(before) ^ _present(after)),
        )

    def _note_lacking(self) -> None:
        """Note the groups that a side lacks though somebody there is in one."""
        for world, side in ((self.before, BEFORE), (self.after, AFTER)):
            used = {group for user in world.users.values() for group in user.groups}
            for group in sorted(used - world.groups.keys()):
                self.missing[Missing(group, f"the group is not in the input, {side}")] = None

    def _loose_groups(self) -> frozenset[str]:
        """The groups that somebody is in before or after only: what they deny may not be in force.

        They deny it to nobody then: that some are in the group all the time is not worth a group
        of their own.
        """
        found: set[str] = set()
        for arn in {**self.before.users, **self.after.users}:
            one, two = self.before.users.get(arn), self.after.users.get(arn)
            if one is not two:
                found |= set(one.groups if one else ()) ^ set(two.groups if two else ())
        return frozenset(found)

    def _wavering(self, loose: frozenset[str]) -> frozenset[str]:
        """The managed policies that somebody has before or after only."""
        found: set[str] = set()
        for old, new in (
            (self.before.users, self.after.users),
            (self.before.groups, self.after.groups),
            (self.before.roles, self.after.roles),
        ):
            for arn in {**old, **new}:
                one, two = old.get(arn), new.get(arn)
                had = set(one.grants.managed if one else ())
                has = set(two.grants.managed if two else ())
                found |= had | has if arn in loose else had ^ has
        return frozenset(found)

    def _policies(self, wavering: frozenset[str]) -> dict[str, Document]:
        found = _each(self.before.policies, self.after.policies, either_document, one_sided)
        for arn in wavering & found.keys():
            found[arn] = allowing(found[arn])
        for world, side in ((self.before, BEFORE), (self.after, AFTER)):
            for arn in (_referred_to(world) & found.keys()) - world.policies.keys():
                found[arn] = one_sided(world.managed(arn), side)
        return found

    def _resources(self) -> dict[str, Document]:
        """The resources' own policies; where there is none, the account's own are enough."""

        def alone(arn: str, document: Document, side: str) -> Document:
            found = one_sided(document, side)
            if ":kms:" not in arn:
                return allowing(found)
            # A key's policy that says nothing of the account keeps the account's own out.
            _, partition, _, _, account, _ = arn.split(":", 5)
            return delegating(found, f"arn:{partition}:iam::{account}:root")

        old, new = self.before.resources, self.after.resources
        common = _each(old, new, either_document, one_sided)
        for side, here, there in ((BEFORE, old, new), (AFTER, new, old)):
            for arn in here.keys() - there.keys():
                common[arn] = alone(arn, here[arn], side)
        return common

    def _user(self, one: User, two: User) -> User:
        return replace(
            self._principal(one, two),
            groups=tuple(dict.fromkeys((*two.groups, *one.groups))),
            mfa=one.mfa or two.mfa,
        )

    def _role(self, one: Role, two: Role) -> Role:
        return replace(self._principal(one, two), trust=either_document(one.trust, two.trust))

    def _principal(self, one: _Principal, two: _Principal) -> _Principal:
        if one.tags != two.tags and _tags_matter(self.before, self.after):
            why = "its tags are to change, and policies look at tags; change them by themselves"
            self.missing[Missing(two.arn, why)] = None
        return replace(
            two,
            grants=_grants(one.grants, two.grants),
            # Of two boundaries neither is sure to be in force, and one world has room for one.
            boundary=two.boundary if one.boundary == two.boundary else None,
            unique_id=two.unique_id if one.unique_id == two.unique_id else None,
        )

    def _new(self, one: User, _: str) -> User:
        return replace(one, grants=_grants(_NO_GRANTS, one.grants))

    def _new_role(self, one: Role, side: str) -> Role:
        grants = _grants(_NO_GRANTS, one.grants)
        return replace(one, grants=grants, trust=one_sided(one.trust, side))

    def _groups(self, loose: frozenset[str]) -> dict[str, Group]:
        def both(one: Group, two: Group) -> Group:
            return replace(two, grants=_grants(one.grants, two.grants))

        found = _each(self.before.groups, self.after.groups, both, lambda one, _: _loosened(one))
        return found | {arn: _loosened(found[arn]) for arn in loose & found.keys()}

    def _accounts(self) -> Iterable[tuple[str, Account]]:
        """The accounts; of one that changes its organisation nothing is proved."""
        old, new = self.before.accounts, self.after.accounts
        for id_ in {**new, **old}:
            one, two = old.get(id_) or new[id_], new.get(id_) or old[id_]
            if one == two:
                yield id_, two
                continue
            scps, rcps = _levels(one.scps, two.scps), _levels(one.rcps, two.rcps)
            if one.organization != two.organization:
                scps, rcps = (), ()
                why = "its organisation is to change; move the account by itself"
                self.missing[Missing(id_, why)] = None
            management, delegated = one.management or two.management, one.delegated or two.delegated
            yield id_, Account(two.organization, scps, rcps, management, delegated)


def _present(world: World) -> frozenset[str]:
    return frozenset((*world.users, *world.roles))


def _each(
    before: Mapping[str, _Of],
    after: Mapping[str, _Of],
    both: Callable[[_Of, _Of], _Of],
    alone: Callable[[_Of, str], _Of],
) -> dict[str, _Of]:
    """Put together by key; what is the same before and after is left as it is."""
    found: dict[str, _Of] = {}
    for key, two in after.items():
        one = before.get(key)
        if one is None:
            found[key] = alone(two, AFTER)
        else:
            found[key] = two if one is two or one == two else both(one, two)
    found |= {key: alone(one, BEFORE) for key, one in before.items() if key not in after}
    return found


def _grants(one: Grants, two: Grants) -> Grants:
    """What either gives; the Denies of an inline policy that is in one only do not count."""
    if one == two:
        return two
    return Grants(
        _documents(one.inline, two.inline),
        tuple(dict.fromkeys((*two.managed, *one.managed))),
    )


def _documents(one: tuple[Document, ...], two: tuple[Document, ...]) -> tuple[Document, ...]:
    """Put policies together by name."""
    old, new = {of.name: of for of in one}, {of.name: of for of in two}
    if len(old) < len(one) or len(new) < len(two):  # two of one name: which is which is not known
        return tuple(map(allowing, dict.fromkeys((*two, *one))))
    return tuple(
        _each(old, new, either_document, lambda of, side: allowing(one_sided(of, side))).values()
    )


def _referred_to(world: World) -> frozenset[str]:
    """The managed policies that somebody has, or is bounded by."""
    principals = (*world.users.values(), *world.roles.values())
    had = (arn for one in (*principals, *world.groups.values()) for arn in one.grants.managed)
    return frozenset((*had, *(one.boundary for one in principals if one.boundary)))


def _loosened(group: Group) -> Group:
    inline = tuple(map(allowing, group.grants.inline))
    return replace(group, grants=replace(group.grants, inline=inline))


def _levels(one: Levels, two: Levels) -> Levels:
    """Return what limits no more than either; where the levels differ, nothing does."""
    if one == two:
        return two
    if len(one) != len(two):
        return ()
    return tuple(_documents(old, new) for old, new in zip(one, two, strict=True))


def _tags_matter(*worlds: World) -> bool:
    documents = (document for world in worlds for document in _all(world))
    texts = (document.text.lower() for document in documents if document.text is not None)
    return any("principaltag" in text or "\\u" in text for text in texts)


def _all(world: World) -> Iterable[Document]:
    for holder in (*world.users.values(), *world.groups.values(), *world.roles.values()):
        yield from holder.grants.inline
    yield from (role.trust for role in world.roles.values())
    yield from (*world.policies.values(), *world.resources.values())
    for account in world.accounts.values():
        for level in (*account.scps, *account.rcps):
            yield from level
