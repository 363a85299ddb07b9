"""Who only moves in a roll-out: a user or a group under another path is the one that it was.

AWS knows both by their names within an account, and changes the path in place: keys, policies and
memberships stay. So on the way it is at either place, with whatever it has at either.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Final

from access.arn import account_of
from access.pattern import pieces
from access.reach.texts import of_pieces
from access.rule import ArnPattern, Rule
from access.world import Credential, Document, Grants, Group, User, World

SAME: Final = "IsTheSameUser"
"""The statement that leads from a user's one place to the other: nobody has written it."""


@dataclass(frozen=True)
class Moves:
    """Those that two worlds have at different places."""

    before: World
    after: World

    @cached_property
    def to(self) -> Mapping[str, str]:
        """`{ARN of a user before: its ARN after}`, where it is another one."""
        there = self.after.users
        return {
            arn: next(one for one in places if one in there)
            for places in self._users
            for arn in places
            if arn not in there and not there.keys().isdisjoint(places)
        }

    def followed(self, rule: Rule) -> Rule:
        """Return the rule from where its identities are before as well.

        So what somebody reaches before is compared with what the same one reaches after.
        """
        starts = [one for one in rule.from_ if isinstance(one, ArnPattern)]
        from_, apart = self._at_first(starts), self._at_first(rule.apart_from)
        return replace(
            rule,
            from_=tuple(dict.fromkeys((*rule.from_, *from_))),
            apart_from=tuple(dict.fromkeys((*rule.apart_from, *apart))),
        )

    def at_both(self) -> tuple[World, World]:
        """Return both worlds, in each of which whoever moves is at every of its places."""
        if not (self._users or self._groups):
            return self.before, self.after
        return self._placed(self.before), self._placed(self.after)

    def _at_first(self, patterns: Iterable[ArnPattern]) -> Iterator[ArnPattern]:
        """Yield where those are before whom the patterns name after."""
        if self.to:
            texts = [of_pieces(pieces(str(one))) for one in patterns]
            for arn, new in sorted(self.to.items()):
                if any(new in one for one in texts):
                    yield ArnPattern(arn)

    @cached_property
    def _users(self) -> Sequence[frozenset[str]]:
        return tuple(_places(self.before.users, self.after.users))

    @cached_property
    def _groups(self) -> Sequence[frozenset[str]]:
        return tuple(_places(self.before.groups, self.after.groups))

    def _placed(self, world: World) -> World:
        groups, users = dict(world.groups), dict(world.users)
        beside: dict[str, frozenset[str]] = {}
        for places in self._groups:
            if here := [world.groups[arn] for arn in sorted(places & world.groups.keys())]:
                grants = _all_of(one.grants for one in here)
                groups |= {arn: Group(arn, grants) for arn in sorted(places)}
                beside |= dict.fromkeys(places, places)
        for arn, user in users.items():
            if any(group in beside for group in user.groups):
                all_of = (sorted(beside.get(group, (group,))) for group in user.groups)
                users[arn] = replace(user, groups=tuple(dict.fromkeys(chain(*all_of))))
        owners: dict[str, frozenset[str]] = {}
        for places in self._users:
            if here := [users[arn] for arn in sorted(places & users.keys())]:
                users |= {arn: _at(arn, places, here) for arn in sorted(places)}
                owners |= dict.fromkeys(places, places)
        stored = chain(*(_of_all(one, owners) for one in world.credentials))
        return replace(world, groups=groups, users=users, credentials=tuple(dict.fromkeys(stored)))


def _places(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[frozenset[str]]:
    """Yield the ARNs of whoever has one before and another after: of one name, in one account."""
    gone = {_who(arn) for arn in before.keys() - after.keys()}
    if gone:
        found: dict[tuple[str, str], set[str]] = {}
        for arn in (*before, *after):
            found.setdefault(_who(arn), set()).add(arn)
        yield from (frozenset(found[who]) for who in sorted(gone) if len(found[who]) > 1)


def _who(arn: str) -> tuple[str, str]:
    return account_of(arn), arn.rpartition("/")[2].lower()


def _at(arn: str, places: frozenset[str], here: Sequence[User]) -> User:
    """Return a user at one of its places.

    INVARIANT: who is it at one place is it at every: a key stays when its user moves. Nothing
    bounds that step, for of a user that moves no boundary is relied on.
    """
    first = here[0]
    statement = {
        "Sid": SAME,
        "Effect": "Allow",
        "Action": "iam:CreateAccessKey",
        "Resource": sorted(places - {arn}),
    }
    same = Document.of(
        {"Version": "2012-10-17", "Statement": [statement]}, name=f"the moves of user `{arn}`"
    )
    had = _all_of(one.grants for one in here)
    return replace(
        first,
        arn=arn,
        grants=Grants((*had.inline, same), had.managed),
        groups=tuple(dict.fromkeys(chain(*(one.groups for one in here)))),
        boundary=None,
        mfa=any(one.mfa for one in here),
    )


def _all_of(grants: Iterable[Grants]) -> Grants:
    several = tuple(grants)
    return Grants(
        tuple(dict.fromkeys(chain(*(one.inline for one in several)))),
        tuple(dict.fromkeys(chain(*(one.managed for one in several)))),
    )


def _of_all(stored: Credential, owners: Mapping[str, frozenset[str]]) -> Iterator[Credential]:
    for arn in sorted(owners.get(stored.principal, (stored.principal,))):
        yield replace(stored, principal=arn)
