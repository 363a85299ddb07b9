"""Whether a closed set is closed in a changed world too: only what the change touches is tried."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace

from access.arn import account_of
from access.catalogue.step import Gain
from access.facts import Fact
from access.iam_keys import stated
from access.label import bare
from access.reach.closure import Closure
from access.reach.delta import Delta
from access.reach.sessions import looks_at_tags
from access.reach.trusts import openness
from access.reach.units import Unit
from access.world import Group, Unreadable, World, read

MOST = 1_000
"""Principals under control that a change may bear on; of more, all is proved anew."""

_ANY_COST = sys.maxsize


class Settled:
    """Takes a closure over to a changed world, where its facts are closed still.

    INVARIANT: what is closed holds all that comes to be; so what it does not hold never does. It
    may hold what no longer comes to be: that proves less, and nothing false.
    """

    def __init__(self, closure: Closure, world: World, delta: Delta) -> None:
        self._closure = closure
        self._before = closure.index.world
        self._world = world
        self._delta = delta
        # Of SCPs a derivation says that it needs them gone; of RCPs it does not.
        self._guarded = {
            of
            for id_, account in world.accounts.items()
            for of in (id_, account.organization)
            if account.rcps
        }

    def holds(self) -> bool:
        """Whether the closure's facts are closed in the changed world.

        The closure then is about that world; if not, it is of no more use.
        """
        closure, delta = self._closure, self._delta
        if any(map(self._is_loose, closure.facts)) or not self._is_alike():
            return False
        reached = set(self._controlled(delta.bearing))
        closure.index.move(self._world, (arn for sort, arn, _ in delta.entries if sort != "policy"))
        reached |= set(self._controlled(delta.bearing))
        if len(reached) > MOST:
            return False
        closure.take_overs.forget()
        for sort, arn, _ in delta.entries:
            if sort == "role":
                closure.sessions.retrusted(arn, self._before.roles[arn].trust.text)
        # A principal can get its own role, too, if only its trust policy is other.
        return all(map(self._is_shut, delta.trusts)) and all(map(self._stays, sorted(reached)))

    def _is_alike(self) -> bool:
        """Whether tags and IAM's keys matter no more than before, and trusts name IAM's own."""
        changed = self._changed(self._world)
        if stated(changed) != stated(self._changed(self._before)):
            return False
        if self._closure.take_overs.keys.see_any and not all(map(self._holds_alike, self._holders)):
            return False  # what can be done to somebody rests on their policies and boundary too
        for arn in self._delta.trusts:
            texts = (self._before.roles[arn].trust.text, self._world.roles[arn].trust.text)
            one, two = map(openness, texts)
            if one.providers or two.providers or one.services != two.services:
                return False
            if any(map(self._is_odd, texts)) or len(set(map(_of_services, texts))) > 1:
                return False
        if self._closure.sessions.tags_matter:
            return True
        return not any(map(looks_at_tags, changed))

    def _changed(self, world: World) -> set[str | None]:
        """Return the texts that differ, as one of the worlds has them."""
        entries = self._delta.entries
        return {text for sort, arn, _ in entries for text in _texts(world, sort, arn)}

    @property
    def _holders(self) -> list[str]:
        """The principals and groups that differ."""
        return [arn for sort, arn, _ in self._delta.entries if sort != "policy"]

    def _holds_alike(self, arn: str) -> bool:
        """Whether a principal or group has the managed policies and the boundary that it had."""
        return _held(self._before, arn) == _held(self._world, arn)

    def _is_loose(self, fact: Fact) -> bool:
        """Whether other facts rest on this one without saying so, or it is of another state."""
        gain, of = fact
        if gain in (Gain.ATTACH, Gain.BIND):
            return True
        if bare(of) != of and self._closure.index.principal(of) is not None:
            return True
        rewritten = gain is Gain.REWRITE and of not in self._before.policies
        return rewritten or gain is Gain.RENAME or (gain is Gain.UNLOCK and of in self._guarded)

    def _is_odd(self, text: str | None) -> bool:
        admits = openness(text)
        return admits.everyone or any(word[:4] in ("AIDA", "AROA") for word in admits.words)

    def _controlled(self, arns: Iterable[str]) -> Iterator[str]:
        """Yield who is controlled and has one of these policies, is in such a group, or is it."""
        closure = self._closure
        for arn in arns:
            if arn in self._world.policies:
                found: Iterable[str] = (
                    bearer
                    for holder in closure.index.holders.get(arn, ())
                    for bearer in closure.states.bearers(holder)
                )
            else:
                found = closure.states.bearers(arn)
            every = (one for of in found for one in (of, *closure.ledger.acting.get(of, ())))
            yield from (one for one in every if Fact(Gain.CONTROL, one) in closure.facts)

    def _stays(self, label: str) -> bool:
        """Whether a unit, with what it stands for now, gives nothing that is not there."""
        closure = self._closure
        record = closure.index.principal(label)
        unit = Unit.of(record, label) if record else closure.units.get(label)
        if unit is None:
            return False
        closure.units[label] = unit
        if Fact(Gain.ADMINISTER, unit.account) in closure.facts:
            return True  # whoever administers the account does all that this unit could
        standing = closure.standing_of[label] = closure.standings.of(unit, closure.facts)
        if closure.is_unlimited(standing):
            return False
        gained = (
            Fact(gain, subject)
            for _, gain, subjects in (
                *closure.sessions.of(unit, standing, _ANY_COST),
                *closure.take_overs.of(unit, standing, _ANY_COST, administrator=False),
            )
            for subject in subjects
        )
        return all(fact in closure.facts for fact in gained) and not closure.take_overs.woken

    def _is_shut(self, role: str) -> bool:
        """Whether a role with another trust policy gives nobody more than is there."""
        closure = self._closure
        if Fact(Gain.CONTROL, role) in closure.facts:
            return not closure.sessions.tags_matter or Fact(Gain.SESSION, role) in closure.facts
        return not any(self._lets_in(role))

    def _lets_in(self, role: str) -> Iterator[str]:
        """Yield who is controlled and may assume the role."""
        closure = self._closure
        admits = openness(self._world.roles[role].trust.text)
        accounts = admits.accounts | {account_of(role)}
        candidates = {word for word in admits.words if word in closure.standing_of}
        for label, unit in closure.units.items():
            if unit.account in accounts or unit.record is None:
                candidates.add(label)
        for label in sorted(candidates):
            standing = closure.standing_of.get(label)
            if standing is not None and closure.judge.may_assume(
                closure.units[label], standing, role, closure.facts
            ):
                yield label


def _held(world: World, arn: str) -> tuple[object, ...]:
    holder = world.users.get(arn) or world.roles.get(arn) or world.groups[arn]
    return holder.grants.managed, None if isinstance(holder, Group) else holder.boundary


def _of_services(text: str | None) -> object:
    """Return what of a trust policy may bear on services."""
    policy = Unreadable("") if text is None else read(text)
    if isinstance(policy, Unreadable):
        return text
    if not openness(text).services:
        return ()
    return tuple(
        replace(one, index=0, sid=None)
        for one in policy.statements
        if one.effect == "Deny"
        or one.principals is None
        or any(entry.kind != "AWS" for entry in one.principals.entries)
    )


def _texts(world: World, sort: str, arn: str) -> Iterator[str | None]:
    if sort == "policy":
        yield world.policies[arn].text
        return
    holder = {"user": world.users, "role": world.roles, "group": world.groups}[sort][arn]
    yield from (document.text for document in holder.grants.inline)
    if sort == "role":
        yield world.roles[arn].trust.text
