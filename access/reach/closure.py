"""The least set of facts that is closed under the catalogue's steps, each at its least cost.

Facts are found in order of cost (Knuth's generalisation of Dijkstra's algorithm to AND-edges), so
that the first derivation of a fact is a cheapest one. They only grow: the result is unique.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

from access.arn import account_of
from access.catalogue.step import Gain, Step, Target
from access.effort import proving, spend
from access.facts import (
    ADMINISTERED,
    GIVEN,
    RETRUSTED,
    STORED,
    UNLIMITED,
    Derivation,
    Fact,
    changed,
)
from access.label import acting, bare, maker
from access.principal import Kind
from access.reach.index import Index
from access.reach.judge import Judge
from access.reach.ledger import Ledger, Taken
from access.reach.sessions import Sessions
from access.reach.standing import Standing
from access.reach.states import States, rebound
from access.reach.takeover import TakeOvers
from access.reach.units import Standings, Unit
from access.world import Account, World

_UNKNOWN = Account()


class Closure:
    """Everything that can come to be controlled, from whom one starts with.

    If `wide`, whoever is allowed everything administers its account, whatever limits there are:
    more than there is, but closed all the same, and found much sooner. Steps of `without` are not
    taken: what is found is then less than there is.

    Attributes:
        facts: every fact, with its derivation.
        units: `{label: unit}` of what is controlled or has been made.
        standing_of: `{label: standing}` of each unit controlled, as it was last judged.
    """

    def __init__(
        self,
        world: World,
        steps: Sequence[Step],
        *,
        sure: bool,
        wide: bool = False,
        without: frozenset[Taken] = frozenset(),
    ) -> None:
        self.index = Index(world)
        self.standings = Standings(self.index, sure=sure)
        self.judge = Judge(self.index, self.standings, sure=sure, wide=wide)
        self.ledger = Ledger(self.standings, without)
        self.facts, self.units = self.ledger.facts, self.ledger.units
        self.sessions = Sessions(self.judge, self.facts, self.ledger.due)
        self.take_overs = TakeOvers(self.judge, steps, self.facts, self.ledger.due)
        self.states = States(self.index, self.standings, self.ledger, self.take_overs)
        self.learn = self.ledger.learn
        self.standing_of: dict[str, Standing] = {}
        self._wide = wide
        self._administered: set[str] = set()
        self._administrators: set[str] = set()
        self._fresh: dict[str, None] = {}
        self._found: list[Fact] = []
        self._cost = 0
        self._following: dict[Gain, Callable[[Fact, Derivation], None]] = {
            Gain.CONTROL: self._take,
            Gain.SESSION: self._tagged,
            Gain.GRANT: self.states.granted,
            Gain.DETACH: self.states.granted,
            Gain.ATTACH: self.states.attached,
            Gain.BIND: self.states.bound,
            Gain.UNBIND: self.states.unbound,
            Gain.REWRITE: self._rewritten,
            Gain.JOIN: self.states.regroup,
            Gain.LEAVE: self.states.regroup,
            Gain.RETRUST: self._retrusted,
            Gain.MINT: self._make,
            Gain.RENAME: self._rename,
            Gain.VOUCH: self._vouched,
            Gain.ADMINISTER: self._administer,
            Gain.UNLOCK: self._unlocked,
        }

    def start(self, starts: Iterable[Unit]) -> "Closure":
        """Start with controlling these; what follows is found when it is asked for."""
        for unit in starts:
            self.units[unit.label] = unit
            self.learn(Gain.CONTROL, (unit.label,), Derivation(GIVEN, 0))
        return self

    def finish(self) -> "Closure":
        """Find everything that follows.

        Raises:
            ProofTooLongError: that takes more work than is allowed.
        """
        with proving():
            while self._go_on():
                pass
        return self

    def first(self, wanted: Callable[[Iterator[Fact]], Iterable[Fact]]) -> Fact | None:
        """Return the first by cost, then by name, of the facts that are wanted; `None` if none is.

        Nothing that costs more is looked for.

        Raises:
            ProofTooLongError: that takes more work than is allowed.
        """
        best: list[Fact] = []

        def rank(fact: Fact) -> tuple[int, str]:
            return self.facts[fact].cost, fact.of

        def found() -> Iterator[Fact]:
            place, more = 0, True
            while more:
                yield from islice(self._found, place, None)
                place = len(self._found)
                if best and self._cost not in self.ledger.pending:
                    return  # all that costs as little has been seen
                more = self._go_on()

        with proving():
            for fact in wanted(found()):
                best = sorted((*best, fact), key=rank)[:1]
        return best[0] if best else None

    def _go_on(self) -> bool:
        """Take in the facts of least cost; then let those act whom they concern, before the next.

        Returns whether there was anything left to do.
        """
        pending = self.ledger.pending
        if self._cost in pending:  # a fact may give another at no cost
            for fact, derivation in pending.pop(self._cost):
                if fact not in self.facts:
                    self.facts[fact] = derivation
                    self._found.append(fact)
                    self._consider(fact, derivation)
        elif self._fresh or self.ledger.again:
            fresh, again = self._fresh, self.ledger.again
            self._fresh, self.ledger.again = {}, {}
            for label in (*fresh, *(label for label in again if label not in fresh)):
                self._act(label)
        elif pending:
            self._cost = min(pending)
        else:
            return False
        return True

    def _consider(self, fact: Fact, derivation: Derivation) -> None:
        """Draw what follows from a fact by itself, and note whom it concerns."""
        spend(1)
        follows = self._following.get(fact.gain)
        if follows is None:
            self.ledger.touch(fact, (fact.of,))
        else:
            follows(fact, derivation)

    def _tagged(self, fact: Fact, _: Derivation) -> None:
        self.ledger.touch(fact, (fact.of,))
        self.sessions.taken(fact.of)

    def _rewritten(self, fact: Fact, _: Derivation) -> None:
        if not self.index.is_stored(fact.of):
            self.ledger.touch(fact, self.states.holders(fact.of))
            return
        self.take_overs.open()
        if Fact(Gain.CONTROL, fact.of) not in self.facts:  # it concerns whoever might read it
            self.ledger.touch(fact, list(self.units))

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
        self.ledger.again.update(dict.fromkeys(self.standing_of))

    def _take(self, fact: Fact, derivation: Derivation) -> None:
        """Note who is controlled; who has read a secret, and its key, is whose it is."""
        subject = fact.of
        if subject not in self.index.credentials:
            self.sessions.taken(subject)
            for label in self.standings.loose.get(bare(subject), ()):
                bind = Fact(Gain.BIND, label)
                if bind in self.facts:
                    self.learn(Gain.CONTROL, (label,), rebound(derivation, bind, fact))
            if bare(subject) in self.index.world.users:
                for label in self.ledger.renamed.get(account_of(subject), ()):
                    self.ledger.touch(fact, (label,))
            if not self._is_idle(subject):
                self._fresh[subject] = None
            return
        for credential in self.index.credentials[subject]:
            parts = (credential.secret, *([credential.key] if credential.key else []))
            read = tuple(Fact(Gain.CONTROL, part) for part in parts)
            if all(part in self.facts for part in read):
                step = Derivation(STORED, derivation.cost, None, read)
                self.learn(Gain.CONTROL, (credential.principal,), step)

    def _rename(self, fact: Fact, derivation: Derivation) -> None:
        self._make(fact, derivation)
        self.states.renamed(fact, derivation)

    def _make(self, fact: Fact, derivation: Derivation) -> None:
        unit = Unit.matching(fact.of)
        self.units.setdefault(unit.label, unit)
        self.take_overs.make(unit)
        whose = maker(unit.label)
        if whose is not None:
            self.ledger.acting[whose].append(unit.label)
            self.ledger.touching[unit.label].update(self.ledger.touching.get(whose, {}))
        if unit.kind is not Kind.USER:  # its maker writes the trust policy, or is handed a session
            self._retrusted(fact, derivation)
        for group in self.standings.joined.get(unit.account, ()):
            self.states.regroup(Fact(Gain.JOIN, group), derivation)
        self.states.limit(unit.label, derivation)
        self.states.ask_again(unit.account)

    def _administer(self, fact: Fact, derivation: Derivation) -> None:
        account = fact.of
        arn = f"arn:{self.index.partition(account)}"
        label = f"{arn}:iam::{account}:*"
        federated = acting(f"{arn}:sts::{account}:federated-user/*", label)
        self._administered.add(account)
        self._administrators.update((label, federated))
        for one in (label, federated):
            self.units[one] = Unit.matching(one)
        if Fact(Gain.CONTROL, label) in self.facts:  # one started with whoever is to be made
            self.ledger.again[label] = None
        control = Derivation(ADMINISTERED, derivation.cost, None, (fact,))
        self.learn(Gain.CONTROL, (label,), control)
        after = Derivation(ADMINISTERED, derivation.cost + 1, None, (fact,))
        self.learn(Gain.CONTROL, (federated,), after)
        for sort in (Target.USER, Target.ROLE):
            self.learn(Gain.CONTROL, self.index.targets.get((sort, account), ()), after)
        for sort, gain in (
            (Target.PROVIDER, Gain.VOUCH),
            (Target.STORE, Gain.CONTROL),
            (Target.KEY, Gain.CONTROL),
        ):
            self.learn(gain, self.index.targets.get((sort, account), ()), after)

    def _is_idle(self, label: str) -> bool:
        """Whether whoever administers the unit's account does all that it could."""
        return account_of(label) in self._administered and label not in self._administrators

    def _act(self, label: str) -> None:
        """Draw what the unit can do with what it stands for now."""
        if self._is_idle(label):
            return
        unit = self.units.get(label)
        if unit is None:
            record = self.index.principal(label)
            unit = Unit.of(record, label) if record else Unit.matching(label)
            self.units[label] = unit
        spend(1 + len(self.ledger.touching.get(label, ())))
        control = Fact(Gain.CONTROL, label)
        self.states.acted[unit.account][label] = None
        administered = Fact(Gain.ADMINISTER, unit.account)
        administrator = label in self._administrators
        organization = self.index.world.accounts.get(unit.account, _UNKNOWN).organization
        freed = (Fact(Gain.UNLOCK, of) for of in (unit.account, organization) if of)
        own = (fact for fact in self.ledger.touching.get(label, ()) if fact in self.facts)
        touching = (*own, *(fact for fact in freed if fact in self.facts))
        given = administrator and self.facts[control].step != ADMINISTERED
        # What it can do without the facts that touch it costs less: that is drawn first.
        for touched in dict.fromkeys(((), touching)):
            premises = (administered, *touched) if given else touched
            facts = self.facts if touched else frozenset[Fact]()
            standing = (
                self.standings.administrator(unit.account, facts)
                if administrator and maker(label) is None
                else self.standings.of(unit, facts)
            )
            self.standing_of[label] = standing
            self._draw(unit, standing, premises, administrator=administrator)

    def is_unlimited(self, standing: Standing) -> bool:
        """Whether whoever has this standing is taken to administer its account."""
        return standing.opens_everything if self._wide else standing.is_unlimited

    def _by_boundary(
        self, step: str, gain: Gain, subjects: Sequence[str]
    ) -> Iterator[tuple[tuple[Fact, ...], Sequence[str]]]:
        """Yield what a step gives, by what must have come to be of its targets' boundaries."""
        if not self.take_overs.looks_at_boundary(step):
            yield (), subjects
            return
        found: dict[tuple[Fact, ...], list[str]] = defaultdict(list)
        for of in subjects:
            unbound = Fact(Gain.UNBIND, changed(Fact(gain, of)))
            found[(unbound,) if unbound in self.facts else ()].append(of)
        yield from found.items()

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
        for step, gain, subjects in chain(
            self.sessions.of(unit, standing, cost),
            self.take_overs.of(unit, standing, cost, administrator=administrator),
        ):
            for loose, some in self._by_boundary(step, gain, subjects):
                before = max((self.facts[fact].cost for fact in loose), default=0)
                dearer = max(cost, 1 + self.facts[control].cost + before)
                self.learn(gain, some, Derivation(step, dearer, control, (*premises, *loose)))
        for step, gain, subjects in self.take_overs.opened(unit, standing):
            for subject in subjects:
                rewritten = Fact(Gain.REWRITE, subject)
                dearer = max(cost, 1 + self.facts[control].cost + self.facts[rewritten].cost)
                needed = (*premises, rewritten)
                self.learn(gain, (subject,), Derivation(step, dearer, control, needed))
        self.ledger.again.update(dict.fromkeys(self.take_overs.woken))
        self.take_overs.woken.clear()
