"""The least set of facts that is closed under the catalogue's steps, each at its least cost.

Facts are found in order of cost (Knuth's generalisation of Dijkstra's algorithm to AND-edges), so
that the first derivation of a fact is a cheapest one. They only grow: the result is unique.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from access.catalogue.step import Gain, Step, Target
from access.facts import (
    ADMINISTERED,
    GIVEN,
    RETRUSTED,
    STORED,
    UNLIMITED,
    Derivation,
    Fact,
)
from access.principal import Kind
from access.reach.index import Index, account_of
from access.reach.judge import Judge
from access.reach.sessions import Sessions
from access.reach.standing import Standing
from access.reach.takeover import TakeOvers
from access.reach.units import Standings, Unit
from access.world import World

_OF_PRINCIPAL = (Gain.UNBIND, Gain.TAG, Gain.SESSION, Gain.ENROL)


class Closure:
    """Everything that can come to be controlled, starting with `starts`.

    Attributes:
        facts: every fact, with its derivation.
        units: `{label: unit}` of what is controlled or has been made.
        standings: `{label: standing}` of each unit controlled, as it was last judged.
    """

    def __init__(self, world: World, steps: Sequence[Step], *, sure: bool) -> None:
        self.index = Index(world)
        self.standing_of: dict[str, Standing] = {}
        self.standings = Standings(self.index, sure=sure)
        self.facts: dict[Fact, Derivation] = {}
        self.units: dict[str, Unit] = {}
        self.touching: dict[str, list[Fact]] = defaultdict(list)
        self._due: dict[int, list[tuple[Gain, Iterable[str], Derivation]]] = defaultdict(list)
        self._fresh: dict[str, None] = {}
        self._again: dict[str, None] = {}
        judge = Judge(self.index, self.standings, sure=sure)
        self._sessions = Sessions(judge, self.facts)
        self._take_overs = TakeOvers(judge, steps, self.facts)

    def run(self, starts: Iterable[Unit]) -> "Closure":
        """Find everything that follows from controlling `starts`."""
        for unit in starts:
            self.units[unit.label] = unit
            self.learn(Gain.CONTROL, (unit.label,), Derivation(GIVEN, 0))
        while self._due:
            self._level(min(self._due))
        return self

    def learn(self, gain: Gain, of: Iterable[str], derivation: Derivation) -> None:
        """Let facts come to be when their cost is due."""
        self._due[derivation.cost].append((gain, of, derivation))

    def _level(self, cost: int) -> None:
        # A fact may give another at no cost: the level is done when none is left.
        while cost in self._due:
            for gain, subjects, derivation in self._due.pop(cost):
                for subject in subjects:
                    fact = Fact(gain, subject)
                    if fact not in self.facts:
                        self.facts[fact] = derivation
                        self._consider(fact, derivation)
            fresh, again = self._fresh, self._again
            self._fresh, self._again = {}, {}
            for label in (*fresh, *(label for label in again if label not in fresh)):
                self._act(label)

    def _consider(self, fact: Fact, derivation: Derivation) -> None:
        """Draw what follows from a fact by itself, and note whom it concerns."""
        gain, subject = fact
        after = Derivation(RETRUSTED, derivation.cost + 1, None, (fact,))
        if gain is Gain.CONTROL:
            self._take(fact, derivation)
        elif gain in _OF_PRINCIPAL:
            self._touch(fact, (subject,))
            if gain is Gain.SESSION:
                self._sessions.taken(subject)
        elif gain in (Gain.GRANT, Gain.DETACH):
            self._touch(fact, self._bearers(subject))
        elif gain is Gain.REWRITE:
            self._touch(fact, self._holders(subject))
        elif gain in (Gain.JOIN, Gain.LEAVE):
            if gain is Gain.JOIN:
                self.standings.joined[account_of(subject)].append(subject)
            self._touch(fact, self.index.targets.get((Target.USER, account_of(subject)), ()))
            self._touch(fact, self._take_overs.made(account_of(subject), Kind.USER))
        elif gain is Gain.RETRUST:
            self.learn(Gain.CONTROL, (subject,), after)
        elif gain is Gain.MINT:
            self._make(fact, after)
        elif gain is Gain.VOUCH:
            roles = self._sessions.vouched(subject)
            step = Derivation("sts-assume-role-with-web-identity", after.cost, None, (fact,))
            self.learn(Gain.CONTROL, roles, step)
        elif gain is Gain.ADMINISTER:
            self._administer(fact, derivation)
        elif gain is Gain.UNLOCK:
            self._sessions.forget()
            self._touch(fact, list(self.units))

    def _take(self, fact: Fact, derivation: Derivation) -> None:
        """Note who is controlled; who has read a secret, and its key, is whose it is."""
        subject = fact.of
        if subject not in self.index.credentials:
            self._sessions.taken(subject)
            self._fresh[subject] = None
            return
        for credential in self.index.credentials[subject]:
            parts = (credential.secret, *([credential.key] if credential.key else []))
            read = tuple(Fact(Gain.CONTROL, part) for part in parts)
            if all(part in self.facts for part in read):
                step = Derivation(STORED, derivation.cost, None, read)
                self.learn(Gain.CONTROL, (credential.principal,), step)

    def _touch(self, fact: Fact, labels: Iterable[str]) -> None:
        for label in labels:
            self.touching[label].append(fact)
            if Fact(Gain.CONTROL, label) in self.facts:
                self._again[label] = None

    def _bearers(self, holder: str) -> Iterable[str]:
        """Return who has the policies of a principal or group."""
        if ":group/" not in holder:
            return (holder,)
        if Fact(Gain.JOIN, holder) in self.facts:
            account = account_of(holder)
            joined = self.index.targets.get((Target.USER, account), ())
            return (*joined, *self._take_overs.made(account, Kind.USER))
        return self.index.members.get(holder, ())

    def _holders(self, policy: str) -> Iterable[str]:
        holders = dict.fromkeys(
            bearer
            for holder in self.index.holders.get(policy, ())
            for bearer in self._bearers(holder)
        )
        # A secret's or a key's own policy concerns whoever might read it.
        return holders or list(self.units)

    def _make(self, fact: Fact, after: Derivation) -> None:
        unit = Unit.matching(fact.of)
        self.units.setdefault(unit.label, unit)
        if unit.kind is Kind.SESSION:
            self.learn(Gain.CONTROL, (unit.label,), after)
            return
        self._take_overs.make(unit)
        for group in self.index.targets.get((Target.GROUP, unit.account), ()):
            self.touching[unit.label] += [
                known
                for gain in (Gain.JOIN, Gain.GRANT, Gain.DETACH)
                if (known := Fact(gain, group)) in self.facts
            ]
        for label, other in self.units.items():
            if other.account == unit.account and Fact(Gain.CONTROL, label) in self.facts:
                self._again[label] = None

    def _administer(self, fact: Fact, derivation: Derivation) -> None:
        account = fact.of
        unit = Unit.matching(f"arn:{self.index.partition(account)}:iam::{account}:*")
        self.units[unit.label] = unit
        self.learn(
            Gain.CONTROL, (unit.label,), Derivation(ADMINISTERED, derivation.cost, None, (fact,))
        )
        after = Derivation(ADMINISTERED, derivation.cost + 1, None, (fact,))
        for sort in (Target.USER, Target.ROLE):
            self.learn(Gain.CONTROL, self.index.targets.get((sort, account), ()), after)
        for sort, gain in (
            (Target.PROVIDER, Gain.VOUCH),
            (Target.STORE, Gain.CONTROL),
            (Target.KEY, Gain.CONTROL),
        ):
            self.learn(gain, self.index.targets.get((sort, account), ()), after)

    def _act(self, label: str) -> None:
        """Draw what the unit can do with what it stands for now."""
        unit = self.units.get(label)
        if unit is None:
            unit = self.units[label] = Unit.of(self.index.principal(label))
        control = Fact(Gain.CONTROL, label)
        administered = Fact(Gain.ADMINISTER, unit.account)
        administrator = self.facts[control].step == ADMINISTERED and unit.record is None
        if administered in self.facts and not administrator:
            return  # whoever administers the account does all that this unit could
        touching = tuple(self.touching.get(label, ()))
        standing = self._standing(unit, administrator=administrator)
        self.standing_of[label] = standing
        costs = [self.facts[fact].cost for fact in touching]
        cost = self.facts[control].cost + max(costs, default=0)
        if not administrator and standing.is_unlimited and unit.account:
            step = Derivation(UNLIMITED, cost + 1, control, touching)
            self.learn(Gain.ADMINISTER, (unit.account,), step)
            return
        for step, gain, subjects in (
            *self._sessions.of(unit, standing),
            *self._take_overs.of(unit, standing, administrator=administrator),
        ):
            self.learn(gain, subjects, Derivation(step, cost + 1, control, touching))
        self._again.update(dict.fromkeys(self._take_overs.woken))
        self._take_overs.woken.clear()

    def _standing(self, unit: Unit, *, administrator: bool) -> Standing:
        if administrator:
            return self.standings.administrator(unit.account, self.facts)
        return self.standings.of(unit, self.facts)
