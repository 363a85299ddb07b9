"""Principals in other states: with more policies, under another boundary, or another name."""

from collections import defaultdict
from collections.abc import Iterable

from access.arn import account_of
from access.catalogue.step import Gain, Target
from access.effort import spend
from access.facts import REBOUND, RENAMED, Derivation, Fact
from access.label import bare, bound, given, taken_apart, under
from access.principal import Kind
from access.reach.index import Index
from access.reach.ledger import Ledger
from access.reach.takeover import TakeOvers
from access.reach.units import Standings, Unit


class States:
    """Draws what follows from a principal's being put into another state, by itself.

    Attributes:
        acted: `{account: who of it has been drawn}`.
    """

    def __init__(
        self, index: Index, standings: Standings, ledger: Ledger, take_overs: TakeOvers
    ) -> None:
        self._index = index
        self._standings = standings
        self._ledger = ledger
        self._take_overs = take_overs
        self._facts = ledger.facts
        self._touching = ledger.touching
        self._renamed = ledger.renamed
        self.acted: dict[str, dict[str, None]] = defaultdict(dict)

    def granted(self, fact: Fact, derivation: Derivation) -> None:
        """Note that a principal or group may have more policies, or fewer Denies."""
        self._ledger.touch(fact, self.bearers(fact.of))
        if fact.gain is Gain.GRANT:
            self._carry(fact, derivation)

    def attached(self, fact: Fact, derivation: Derivation) -> None:
        """Note that a managed policy may be attached to a principal or group."""
        self._carry(fact, derivation)
        holder, policy = taken_apart(fact.of)
        self._standings.attached[holder].append(policy)
        self._index.holders[policy].append(holder)
        bearers = tuple(self.bearers(holder))
        for one in (fact, Fact(Gain.REWRITE, policy)):
            if one in self._facts:
                self._ledger.touch(one, bearers)

    def unbound(self, fact: Fact, derivation: Derivation) -> None:
        """Note that a principal's boundary may be off."""
        self._ledger.touch(fact, (fact.of,))
        self._carry(fact, derivation)
        if self._take_overs.keys.see_boundaries:
            self._loosen(fact)
            self.ask_again(account_of(fact.of))

    def bound(self, fact: Fact, derivation: Derivation) -> None:
        """Note that a principal may be under another boundary: as such it is a unit of its own."""
        label = fact.of
        record = self._index.principal(label)
        unit = Unit.matching(label) if record is None else Unit.of(record, label)
        self._ledger.units.setdefault(label, unit)
        self._take_overs.make(unit)
        self.limit(label, derivation)
        self._loosen(fact)
        for state in (bare(label), *self._standings.states[bare(label)]):
            control = Fact(Gain.CONTROL, state)
            if control in self._facts:
                self._ledger.learn(Gain.CONTROL, (label,), rebound(derivation, fact, control))
        self.ask_again(unit.account)

    def limit(self, label: str, derivation: Derivation) -> None:
        """Note which policy bounds the principals of a label."""
        boundary = bound(label)
        if boundary is None:
            return
        if label not in self._standings.states[bare(label)]:
            self._standings.states[bare(label)].append(label)
        self._index.holders[boundary].append(label)
        rewritten = Fact(Gain.REWRITE, boundary)
        if rewritten in self._facts:
            self._ledger.touch(rewritten, (label,))
        for new in self._renamed.get(account_of(label), ()) if ":user/" in label else ():
            self._rename_under(new, boundary, derivation)

    def regroup(self, fact: Fact, _: Derivation) -> None:
        """Note that any user of the account may now be in a group, or out of it."""
        group = fact.of
        account = account_of(group)
        about = [fact]
        if fact.gain is Gain.JOIN:
            if group not in self._standings.joined[account]:
                self._standings.joined[account].append(group)
            record = self._index.world.groups.get(group)
            managed = record.grants.managed if record else ()
            about += [Fact(gain, group) for gain in (Gain.GRANT, Gain.DETACH)]
            about += [Fact(Gain.REWRITE, policy) for policy in managed]
        users = self._index.targets.get((Target.USER, account), ())
        for one in about:
            if one in self._facts:
                self._ledger.touch(one, (*users, *self._take_overs.made(account, Kind.USER)))

    def renamed(self, fact: Fact, derivation: Derivation) -> None:
        """Note that any user of the account that is controlled may have a new name."""
        account = account_of(fact.of)
        self._renamed[account].append(fact.of)
        self._ledger.touch(fact, (fact.of,))
        for user in self._index.targets.get((Target.USER, account), ()):
            control = Fact(Gain.CONTROL, user)
            if control in self._facts:
                for one in (control, *self._touching.get(user, ())):
                    self._ledger.touch(one, (fact.of,))
        renamed = Derivation(RENAMED, derivation.cost + 1, None, (fact,))
        self._ledger.learn(Gain.CONTROL, (fact.of,), renamed)
        self._rename_made(fact, account, derivation)

    def bearers(self, holder: str) -> Iterable[str]:
        """Return who has the policies of a principal or group."""
        if ":group/" not in holder:
            return (holder,)
        if Fact(Gain.JOIN, holder) in self._facts:
            account = account_of(holder)
            joined = self._index.targets.get((Target.USER, account), ())
            return (*joined, *self._take_overs.made(account, Kind.USER))
        return self._index.members.get(holder, ())

    def holders(self, policy: str) -> Iterable[str]:
        """Return who has a managed policy, or is bounded by it."""
        return dict.fromkeys(
            bearer
            for holder in self._index.holders.get(policy, ())
            for bearer in self.bearers(holder)
        )

    def ask_again(self, account: str) -> None:
        """Let all of an account be drawn again: what can be done to somebody of it is other."""
        self._take_overs.redraw(account)
        acted = self.acted[account]
        spend(len(acted))
        self._ledger.again.update(acted)

    def _loosen(self, fact: Fact) -> None:
        """Note that a principal may be under this boundary again, with what it has got since."""
        label = fact.of
        self._ledger.touch(fact, (label,))
        for state in (bare(label), *self._standings.states.get(bare(label), ())):
            for one in tuple(self._touching.get(state, ())):
                self._ledger.touch(one, (label,))
        self._standings.loose[bare(label)].append(label)

    def _rename_under(self, new: str, boundary: str, derivation: Derivation) -> None:
        if bound(new) is None:
            renamed = Derivation(RENAMED, derivation.cost + 1, None, (Fact(Gain.RENAME, new),))
            self._ledger.learn(Gain.RENAME, (under(new, boundary),), renamed)

    def _rename_made(self, fact: Fact, account: str, derivation: Derivation) -> None:
        """Let the new name be one of users under each boundary, and of those that were made."""
        made = self._take_overs.made(account, Kind.USER)
        users = self._index.targets.get((Target.USER, account), ())
        bounds = [self._index.world.users[user].boundary for user in users]
        for boundary in dict.fromkeys((*bounds, *map(bound, made))):
            if boundary is not None:
                self._rename_under(fact.of, boundary, derivation)
        for label in made:
            attached = (given(label, one) for one in self._standings.attached.get(label, ()))
            one_of = (Fact(Gain.GRANT, label), Fact(Gain.UNBIND, label))
            for one in (*one_of, *(Fact(Gain.ATTACH, of) for of in attached)):
                if one in self._facts:
                    self._carry(one, derivation)

    def _carry(self, fact: Fact, derivation: Derivation) -> None:
        """Let what is given to a user that was made be given to it under another name too."""
        label, policy = fact.of, ""
        if fact.gain is Gain.ATTACH:
            label, policy = taken_apart(fact.of)
        if ":user/" not in label or label in self._index.world.users:
            return
        for new in self._renamed.get(account_of(label), ()):
            if bound(new) == bound(label) and new != label:
                premises = (fact, Fact(Gain.RENAME, new))
                carried = Derivation(RENAMED, derivation.cost + 1, None, premises)
                self._ledger.learn(fact.gain, (given(new, policy) if policy else new,), carried)


def rebound(after: Derivation, bind: Fact, control: Fact) -> Derivation:
    """Return how a principal that is controlled is so under another boundary."""
    return Derivation(REBOUND, after.cost + 1, None, (bind, control))
