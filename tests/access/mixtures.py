"""States of a roll-out at random: each document, attachment and field as before or as after."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from access.world import Account, Document, Grants, Group, Levels, Role, User, World
from tests.access import test_reach_worlds as generated
from tests.access.small_world import STATE, doc

_Of = TypeVar("_Of")
_Principal = TypeVar("_Principal", User, Role)

GROUP = f"arn:aws:iam::{STATE}:group/g"
POLICIES = [f"arn:aws:iam::{STATE}:policy/{name}" for name in ("x", "y")]
_MANAGED = st.lists(st.sampled_from(POLICIES), max_size=2, unique=True).map(tuple)
_OFTEN = st.sampled_from([True, True, True, False])


@st.composite
def sides(draw: st.DrawFn, like: World | None = None) -> World:
    """A world with managed policies and a group, much of it as in another one."""

    def kept(old: _Of | None, new: _Of) -> _Of:
        return old if old is not None and draw(_OFTEN) else new

    def principal(one: _Principal, known: _Principal | None) -> _Principal:
        grants = kept(known and known.grants, replace(one.grants, managed=draw(_MANAGED)))
        # Of other tags nothing is proved: that is a case of its own.
        return replace(kept(known, one), grants=grants, tags=known.tags if known else one.tags)

    one = draw(generated.worlds())
    before = like or one
    groups = st.sampled_from([(), (GROUP,)])
    users = {
        arn: replace(principal(found, like and before.users.get(arn)), groups=draw(groups))
        for arn, found in one.users.items()
        if arn == generated.USERS[0] or draw(_OFTEN)
    }
    roles = {
        arn: principal(found, like and before.roles.get(arn))
        for arn, found in one.roles.items()
        if draw(_OFTEN)
    }
    statements = st.lists(generated.statement, min_size=1, max_size=2)
    documents = {
        **one.policies,
        **{arn: doc(draw(statements), f"policy `{arn}`") for arn in POLICIES},
    }
    return replace(
        one,
        users=users,
        roles=roles,
        groups={GROUP: Group(GROUP, Grants((), draw(_MANAGED)))},
        accounts={
            id_: replace(known, organization=before.accounts[id_].organization)
            for id_, known in one.accounts.items()
        },
        policies={
            arn: kept(like and before.policies[arn], found) for arn, found in documents.items()
        },
    )


class Mixed:
    """One state between two worlds."""

    def __init__(self, before: World, after: World, seed: int) -> None:
        self.before, self.after = before, after
        self._dice = random.Random(seed)  # noqa: S311 -- a choice, no secret

    def world(self) -> World:
        before, after = self.before, self.after
        one, two = before.groups[GROUP], after.groups[GROUP]
        return replace(
            after,
            users=self._principals(before.users, after.users),
            roles=self._principals(before.roles, after.roles),
            groups={GROUP: Group(GROUP, self._grants(one.grants, two.grants))},
            policies={
                arn: self._of(before.policies[arn], two) for arn, two in after.policies.items()
            },
            accounts={
                id_: self._account(before.accounts[id_], known)
                for id_, known in after.accounts.items()
            },
        )

    def _of(self, one: _Of, two: _Of) -> _Of:
        return two if self._dice.random() < 0.5 else one

    def _principals(
        self, old: Mapping[str, _Principal], new: Mapping[str, _Principal]
    ) -> dict[str, _Principal]:
        """Who is there: whoever is on one side only may be, and is made without policies."""
        found: dict[str, _Principal] = {}
        for arn in {**old, **new}:
            one, two = old.get(arn), new.get(arn)
            if one is not None and two is not None:
                found[arn] = self._principal(one, two)
            elif self._of(True, False):  # noqa: FBT003 -- a toss
                here = one or two
                assert here is not None
                bare = replace(here, grants=Grants())
                bare = replace(bare, groups=()) if isinstance(bare, User) else bare
                found[arn] = self._principal(bare, here)
        return found

    def _principal(self, one: _Principal, two: _Principal) -> _Principal:
        mixed = replace(
            two,
            grants=self._grants(one.grants, two.grants),
            boundary=self._of(one.boundary, two.boundary),
            tags=self._of(one.tags, two.tags),
            unique_id=self._of(one.unique_id, two.unique_id),
        )
        if isinstance(mixed, User) and isinstance(one, User) and isinstance(two, User):
            groups, mfa = self._of(one.groups, two.groups), self._of(one.mfa, two.mfa)
            return replace(mixed, groups=groups, mfa=mfa)
        assert isinstance(mixed, Role)
        assert isinstance(one, Role)
        assert isinstance(two, Role)
        return replace(mixed, trust=self._of(one.trust, two.trust))

    def _grants(self, one: Grants, two: Grants) -> Grants:
        managed = {*one.managed, *two.managed}
        sure = {*one.managed} & {*two.managed}
        return Grants(
            self._documents(one.inline, two.inline),
            tuple(arn for arn in sorted(managed) if arn in sure or self._of(True, False)),  # noqa: FBT003 -- a toss
        )

    def _documents(
        self, one: tuple[Document, ...], two: tuple[Document, ...]
    ) -> tuple[Document, ...]:
        old, new = {of.name: of for of in one}, {of.name: of for of in two}
        found = (self._of(old.get(name), new.get(name)) for name in {**old, **new})
        return tuple(document for document in found if document is not None)

    def _account(self, one: Account, two: Account) -> Account:
        return replace(
            two,
            organization=self._of(one.organization, two.organization),
            scps=self._levels(one.scps, two.scps),
            rcps=self._levels(one.rcps, two.rcps),
        )

    def _levels(self, one: Levels, two: Levels) -> Levels:
        if len(one) != len(two):
            return self._of(one, two)
        return tuple(self._documents(old, new) for old, new in zip(one, two, strict=True))
