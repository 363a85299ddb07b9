"""The least set of facts that is closed under the catalogue's steps, each at its least cost.

Facts are found in order of cost (Knuth's generalisation of Dijkstra's algorithm to AND-edges), so
that the first derivation of a fact is a cheapest one. They only grow: the result is unique.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from access.catalogue.step import Gain, Step, Target
from access.effort import proving, spend
from access.facts import (
    ADMINISTERED,
    GIVEN,
    RENAMED,
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
from access.world import Account, World

_UNKNOWN = Account()


class Closure:
    """Everything that can come to be controlled, starting with `starts`.

    If `wide`, whoever is allowed everything administers its account, whatever limits there are:
    more than there is, but closed all the same, and found much sooner.

    Attributes:
        facts: every fact, with its derivation.
        units: `{label: unit}` of what is controlled or has been made.
        standings: `{label: standing}` of each unit controlled, as it was last judged.
    """

    def __init__(
        self, world: World, steps: Sequence[Step], *, sure: bool, wide: bool = False
    ) -> None:
        self.index = Index(world)
        self._wide = wide
        self.standing_of: dict[str, Standing] = {}
        self.standings = Standings(self.index, sure=sure)
        self.facts: dict[Fact, Derivation] = {}
        self.units: dict[str, Unit] = {}
        self._acted: dict[str, dict[str, None]] = defaultdict(dict)
        self.touching: dict[str, dict[Fact, None]] = defaultdict(dict)
        self.renamed: dict[str, list[str]] = defaultdict(list)
        self._due: dict[int, list[tuple[Gain, Iterable[str], Derivation]]] = defaultdict(list)
        self._fresh: dict[str, None] = {}
        self._again: dict[str, None] = {}
        judge = Judge(self.index, self.standings, sure=sure, wide=wide)
        self.judge = judge
        self.sessions = Sessions(judge, self.facts)
        self.take_overs = TakeOvers(judge, steps, self.facts)
        self._following: dict[Gain, Callable[[Fact, Derivation], None]] = {
            Gain.CONTROL: self._take,
            Gain.SESSION: self._tagged,
            Gain.GRANT: self._granted,
            Gain.DETACH: self._granted,
            Gain.REWRITE: self._rewritten,
            Gain.JOIN: self._regroup,
            Gain.LEAVE: self._regroup,
            Gain.RETRUST: self._retrusted,
            Gain.MINT: self._make,
            Gain.RENAME: self._rename,
            Gain.VOUCH: self._vouched,
            Gain.ADMINISTER: self._administer,
            Gain.UNLOCK: self._unlocked,
        }

    def run(self, starts: Iterable[Unit]) -> "Closure":
        """Find everything that follows from controlling `starts`.

        Raises:
            ProofTooLongError: that takes more work than is allowed.
        """
        for unit in starts:
            self.units[unit.label] = unit
            self.learn(Gain.CONTROL, (unit.label,), Derivation(GIVEN, 0))
        with proving():
            while self._due:
                self._level(min(self._due))
        return self

    def learn(self, gain: Gain, of: Iterable[str], derivation: Derivation) -> None:
        """Let facts come to be when their cost is due."""
        self._due[derivation.cost].append((gain, of, derivation))

    def _level(self, cost: int) -> None:
        # A fact may give another at no cost: the level is done when none is left.
        while cost in self._due or self._fresh or self._again:
            for gain, subjects, derivation in self._due.pop(cost, ()):
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
        spend(1)
        follows = self._following.get(fact.gain)
        if follows is None:
            self._touch(fact, (fact.of,))
        else:
            follows(fact, derivation)

    def _tagged(self, fact: Fact, _: Derivation) -> None:
        self._touch(fact, (fact.of,))
        self.sessions.taken(fact.of)

    def _granted(self, fact: Fact, _: Derivation) -> None:
        self._touch(fact, self.bearers(fact.of))

    def _rewritten(self, fact: Fact, _: Derivation) -> None:
        if fact.of in self.index.world.resources:
            self.take_overs.forget()
        self._touch(fact, self._holders(fact.of))

    def _retrusted(self, fact: Fact, derivation: Derivation) -> None:
        after = Derivation(RETRUSTED, derivation.cost + 1, None, (fact,))
        self.learn(Gain.CONTROL, (fact.of,), after)
        if fact.gain is Gain.RETRUST:  # whoever writes the trust policy lets sessions be tagged
            self.learn(Gain.SESSION, (fact.of,), after)

    def _vouched(self, fact: Fact, derivation: Derivation) -> None:
        for step, roles in self.sessions.vouched(fact.of).items():
            self.learn(Gain.CONTROL, roles, Derivation(step, derivation.cost + 1, None, (fact,)))

    def _unlocked(self, _: Fact, __: Derivation) -> None:
        self.sessions.forget()
        self.take_overs.forget()
        self._again.update(dict.fromkeys(self.standing_of))

    def _take(self, fact: Fact, derivation: Derivation) -> None:
        """Note who is controlled; who has read a secret, and its key, is whose it is."""
        subject = fact.of
        if subject not in self.index.credentials:
            self.sessions.taken(subject)
            if subject in self.index.world.users:
                for label in self.renamed.get(account_of(subject), ()):
                    self._touch(fact, (label,))
            self._fresh[subject] = None
            return
        for credential in self.index.credentials[subject]:
            parts = (credential.secret, *([credential.key] if credential.key else []))
            read = tuple(Fact(Gain.CONTROL, part) for part in parts)
            if all(part in self.facts for part in read):
                step = Derivation(STORED, derivation.cost, None, read)
                self.learn(Gain.CONTROL, (credential.principal,), step)

    def _regroup(self, fact: Fact, _: Derivation) -> None:
        """Note that any user of the account may now be in a group, or out of it."""
        group = fact.of
        account = account_of(group)
        about = [fact]
        if fact.gain is Gain.JOIN:
            if group not in self.standings.joined[account]:
                self.standings.joined[account].append(group)
            record = self.index.world.groups.get(group)
            managed = record.grants.managed if record else ()
            about += [Fact(gain, group) for gain in (Gain.GRANT, Gain.DETACH)]
            about += [Fact(Gain.REWRITE, policy) for policy in managed]
        users = self.index.targets.get((Target.USER, account), ())
        for one in about:
            if one in self.facts:
                self._touch(one, (*users, *self.take_overs.made(account, Kind.USER)))

    def _touch(self, fact: Fact, labels: Iterable[str]) -> None:
        concerned = (*labels, *self._of_renamed(labels))
        spend(len(concerned))
        for label in concerned:
            self.touching[label][fact] = None
            if Fact(Gain.CONTROL, label) in self.facts:
                self._again[label] = None

    def _of_renamed(self, labels: Iterable[str]) -> Iterable[str]:
        """Return the new names under which users may be whom a fact concerns."""
        accounts = {account_of(label) for label in labels if ":user/" in label}
        return [new for account in accounts for new in self.renamed.get(account, ())]

    def bearers(self, holder: str) -> Iterable[str]:
        """Return who has the policies of a principal or group."""
        if ":group/" not in holder:
            return (holder,)
        if Fact(Gain.JOIN, holder) in self.facts:
            account = account_of(holder)
            joined = self.index.targets.get((Target.USER, account), ())
            return (*joined, *self.take_overs.made(account, Kind.USER))
        return self.index.members.get(holder, ())

    def _holders(self, policy: str) -> Iterable[str]:
        holders = dict.fromkeys(
            bearer
            for holder in self.index.holders.get(policy, ())
            for bearer in self.bearers(holder)
        )
        # A secret's or a key's own policy concerns whoever might read it.
        return holders or list(self.units)

    def _rename(self, fact: Fact, derivation: Derivation) -> None:
        self._make(fact, derivation)
        account = account_of(fact.of)
        self.renamed[account].append(fact.of)
        self._touch(fact, (fact.of,))
        for user in self.index.targets.get((Target.USER, account), ()):
            control = Fact(Gain.CONTROL, user)
            if control in self.facts:
                for one in (control, *self.touching.get(user, ())):
                    self._touch(one, (fact.of,))
        renamed = Derivation(RENAMED, derivation.cost + 1, None, (fact,))
        self.learn(Gain.CONTROL, (fact.of,), renamed)

    def _make(self, fact: Fact, derivation: Derivation) -> None:
        unit = Unit.matching(fact.of)
        self.units.setdefault(unit.label, unit)
        self.take_overs.make(unit)
        if unit.kind is not Kind.USER:  # its maker writes the trust policy, or is handed a session
            self._retrusted(fact, derivation)
        for group in self.standings.joined.get(unit.account, ()):
            self._regroup(Fact(Gain.JOIN, group), derivation)
        acted = self._acted[unit.account]
        spend(len(acted))
        self._again.update(acted)

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
            record = self.index.principal(label)
            unit = self.units[label] = Unit.of(record) if record else Unit.matching(label)
        spend(1 + len(self.touching.get(label, ())))
        control = Fact(Gain.CONTROL, label)
        self._acted[unit.account][label] = None
        administered = Fact(Gain.ADMINISTER, unit.account)
        administrator = self.facts[control].step == ADMINISTERED and unit.record is None
        if administered in self.facts and not administrator:
            return  # whoever administers the account does all that this unit could
        organization = self.index.world.accounts.get(unit.account, _UNKNOWN).organization
        freed = (Fact(Gain.UNLOCK, of) for of in (unit.account, organization) if of)
        own = (fact for fact in self.touching.get(label, ()) if fact in self.facts)
        touching = (*own, *(fact for fact in freed if fact in self.facts))
        # What it can do without the facts that touch it costs less: that is drawn first.
        for premises in dict.fromkeys(((), touching)):
            facts = self.facts if premises else frozenset[Fact]()
            standing = (
                self.standings.administrator(unit.account, facts)
                if administrator
                else self.standings.of(unit, facts)
            )
            self.standing_of[label] = standing
            self._draw(unit, standing, premises, administrator=administrator)

    def is_unlimited(self, standing: Standing) -> bool:
        """Whether whoever has this standing is taken to administer its account."""
        return standing.opens_everything if self._wide else standing.is_unlimited

    def _draw(
        self, unit: Unit, standing: Standing, premises: tuple[Fact, ...], *, administrator: bool
    ) -> None:
        """Let come to be what a unit can do with this standing."""
        control = Fact(Gain.CONTROL, unit.label)
        cost = 1 + self.facts[control].cost
        cost += max((self.facts[fact].cost for fact in premises), default=0)
        if not administrator and unit.account and self.is_unlimited(standing):
            step = Derivation(UNLIMITED, cost, control, premises)
            self.learn(Gain.ADMINISTER, (unit.account,), step)
            return
        for step, gain, subjects in (
            *self.sessions.of(unit, standing),
            *self.take_overs.of(unit, standing, cost, administrator=administrator),
        ):
            self.learn(gain, subjects, Derivation(step, cost, control, premises))
        self._again.update(dict.fromkeys(self.take_overs.woken))
        self.take_overs.woken.clear()
