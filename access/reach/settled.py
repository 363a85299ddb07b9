"""Whether a closure is also that of a changed world: each change is tried on what it touches."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from access.catalogue.step import Gain
from access.facts import Fact
from access.reach.closure import Closure
from access.reach.delta import Delta
from access.reach.index import account_of
from access.reach.judge import ASSUME, TAG_SESSION
from access.reach.sessions import looks_at_tags
from access.reach.standing import Standing
from access.reach.trusts import openness
from access.reach.units import Unit
from access.world import Unreadable, World, read

MOST = 500
"""Principals under control that a change may bear on; of more, all is proved anew."""


class Settled:
    """Takes a closure over to a changed world, where it stays what it is."""

    def __init__(self, closure: Closure, world: World, delta: Delta) -> None:
        self._closure = closure
        self._before = closure.index.world
        self._world = world
        self._delta = delta
        self._derived: dict[str, list[Fact]] = {}
        # Of SCPs a derivation says that it needs them gone; of RCPs it does not.
        self._guarded = {
            of
            for id_, account in world.accounts.items()
            for of in (id_, account.organization)
            if account.rcps
        }

    def holds(self) -> bool:
        """Whether the closure of the changed world has the same facts.

        The closure then is about that world; if not, it is of no more use.
        """
        closure, delta = self._closure, self._delta
        if any(map(self._is_loose, closure.facts)) or not self._is_alike():
            return False
        reached = set(self._controlled(delta.bearing))
        closure.index.move(self._world, (arn for sort, arn, _ in delta.entries if sort != "policy"))
        reached |= set(self._controlled(delta.bearing))
        if len(reached) > MOST or reached or delta.trusts:
            return False
        if reached:
            self._note(reached)
        closure.take_overs.forget()
        for sort, arn, _ in delta.entries:
            if sort == "role":
                closure.sessions.retrusted(arn, self._before.roles[arn].trust.text)
        return all(map(self._stands, sorted(reached))) and all(
            map(self._trusts, sorted(delta.trusts))
        )

    def _is_alike(self) -> bool:
        """Whether session tags matter as before, and trusts name as before who is no principal."""
        for arn in self._delta.trusts:
            texts = (self._before.roles[arn].trust.text, self._world.roles[arn].trust.text)
            one, two = map(openness, texts)
            if one.providers or two.providers or one.services != two.services:
                return False
            if any(map(self._is_odd, texts)) or len(set(map(_of_services, texts))) > 1:
                return False
        tags = {
            looks_at_tags(text)
            for entry in self._delta.entries
            for world in (self._before, self._world)
            for text in _texts(world, entry[0], entry[1])
        }
        return tags <= {False}

    def _is_loose(self, fact: Fact) -> bool:
        """Whether other facts rest on this one without saying so."""
        gain, of = fact
        rewritten = gain is Gain.REWRITE and of in self._before.resources
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
                    for bearer in closure.bearers(holder)
                )
            else:
                found = closure.bearers(arn)
            yield from (one for one in found if Fact(Gain.CONTROL, one) in closure.facts)

    def _note(self, reached: set[str]) -> None:
        """Note what each of these is the caller of."""
        for fact, derivation in self._closure.facts.items():
            caller = derivation.caller
            if caller is not None and caller.of in reached:
                self._derived.setdefault(caller.of, []).append(fact)

    def _stands(self, label: str) -> bool:
        """Whether a unit, with what it stands for now, gives what it gave, and nothing new."""
        closure = self._closure
        record = closure.index.principal(label)
        if record is None:
            return False
        unit = closure.units[label] = Unit.of(record)
        given = self._derived.get(label, [])
        if any(self._rests_on(label, key) for key in closure.take_overs.had):
            return False
        helped = [key for key, giver in closure.take_overs.had.items() if giver == label]
        for key in helped:
            del closure.take_overs.had[key]
        kept = {fact: closure.facts.pop(fact) for fact in given}
        premises = {kept[fact].premises for fact in given} | {()}
        # INVARIANT: each fact is found by what it was found by, so that none rests on itself.
        drawn = {
            some: set(self._drawn(unit, closure.standings.of(unit, frozenset(some)), given))
            for some in premises
        }
        holds = all(fact in drawn[kept[fact].premises] for fact in given)
        closure.facts.update(kept)
        standing = closure.standing_of[label] = closure.standings.of(unit, closure.facts)
        found = set(self._drawn(unit, standing, []))
        woken = bool(closure.take_overs.woken)
        again = all(key in closure.take_overs.had for key in helped)
        if woken or not again or not holds:
            return False
        administered = Fact(Gain.ADMINISTER, unit.account) in closure.facts
        new = (fact for fact in found if fact not in closure.facts)
        return all(administered and self._is_of(fact, unit.account) for fact in new)

    def _is_of(self, fact: Fact, account: str) -> bool:
        return account_of(fact.of) == account and fact.gain is not Gain.UNLOCK

    def _rests_on(self, label: str, key: tuple[str, str]) -> bool:
        """Whether another's help in the unit's account comes of what the unit itself gives."""
        closure = self._closure
        giver = closure.take_overs.had[key]
        if giver == label or key[0] != account_of(label):
            return False
        left, seen = [Fact(Gain.CONTROL, giver)], set[Fact]()
        while left:
            fact = left.pop()
            if fact == Fact(Gain.CONTROL, label):
                return True
            if fact not in seen and fact in closure.facts:
                seen.add(fact)
                caller, premises = closure.facts[fact].caller, closure.facts[fact].premises
                left += (*premises, *([caller] if caller else []))
        return False

    def _drawn(self, unit: Unit, standing: Standing, given: list[Fact]) -> Iterator[Fact]:
        """Yield what a unit gives with this standing: of what is hidden, and what is new."""
        closure = self._closure
        if standing.is_unlimited and unit.account:
            yield Fact(Gain.ADMINISTER, unit.account)
        for _, gain, subjects in (
            *closure.sessions.of(unit, standing),
            *closure.take_overs.of(unit, standing, 0, administrator=False),
        ):
            yield from (Fact(gain, subject) for subject in subjects)
        for fact in given:
            if fact.of in closure.index.world.roles and fact.gain in (Gain.CONTROL, Gain.SESSION):
                action = TAG_SESSION if fact.gain is Gain.SESSION else ASSUME
                if closure.judge.may_assume(unit, standing, fact.of, closure.facts, action):
                    yield fact

    def _trusts(self, role: str) -> bool:
        """Whether a role with another trust policy is controlled as before, or not as before."""
        closure = self._closure
        fact = Fact(Gain.CONTROL, role)
        derivation = closure.facts.get(fact)
        if derivation is None:
            return not any(self._lets_in(role))
        if Fact(Gain.SESSION, role) in closure.facts or closure.sessions.tags_matter:
            return False
        # No other step asks the trust policy, but for services: of these it says what it said.
        if derivation.step != "sts-assume-role" or derivation.caller is None:
            return True
        unit = closure.units[derivation.caller.of]
        if unit.record is None:
            return False
        standing = closure.standings.of(unit, frozenset(derivation.premises))
        return closure.judge.may_assume(unit, standing, role, closure.facts)

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
