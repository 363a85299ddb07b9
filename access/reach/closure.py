"""The least set of facts that is closed under the catalogue's steps, each at its least cost.

Facts are found in order of cost (Knuth's generalisation of Dijkstra's algorithm to AND-edges), so
that the first derivation of a fact is a cheapest one. They only grow: the result is unique.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from access.catalogue.step import Gain, Step, Target
from access.effort import proving, spend
from access.facts import (
    ADMINISTERED,
    GIVEN,
    REBOUND,
    RENAMED,
    RETRUSTED,
    STORED,
    UNLIMITED,
    Derivation,
    Fact,
    changed,
)
from access.label import bare, bound, given, taken_apart, under
from access.principal import Kind
from access.reach.index import Index, account_of
from access.reach.judge import Judge
from access.reach.sessions import Sessions
from access.reach.standing import Standing
from access.reach.takeover import TakeOvers
from access.reach.units import Standings, Unit
from access.world import Account, World

_UNKNOWN = Account()


Taken = tuple[str, str | None, Fact]
"""A step as somebody takes it: its id, the caller, and what comes of it."""


class Closure:
    """Everything that can come to be controlled, starting with `starts`.

    If `wide`, whoever is allowed everything administers its account, whatever limits there are:
    more than there is, but closed all the same, and found much sooner. Steps of `without` are not
    taken: what is found is then less than there is.

    Attributes:
        facts: every fact, with its derivation.
        units: `{label: unit}` of what is controlled or has been made.
        standings: `{label: standing}` of each unit controlled, as it was last judged.
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
        self._wide = wide
        self._without = without
        self.standing_of: dict[str, Standing] = {}
        self.standings = Standings(self.index, sure=sure)
        self.facts: dict[Fact, Derivation] = {}
        self.units: dict[str, Unit] = {}
        self._administered: set[str] = set()
        self._administrators: set[str] = set()
        self._acted: dict[str, dict[str, None]] = defaultdict(dict)
        self.touching: dict[str, dict[Fact, None]] = defaultdict(dict)
        self.renamed: dict[str, list[str]] = defaultdict(list)
        self._due: dict[int, list[tuple[Fact, Derivation]]] = defaultdict(list)
        self.due: dict[Fact, int] = {}
        self._fresh: dict[str, None] = {}
        self._again: dict[str, None] = {}
        judge = Judge(self.index, self.standings, sure=sure, wide=wide)
        self.judge = judge
        self.sessions = Sessions(judge, self.facts, self.due)
        self.take_overs = TakeOvers(judge, steps, self.facts, self.due)
        self._following: dict[Gain, Callable[[Fact, Derivation], None]] = {
            Gain.CONTROL: self._take,
            Gain.SESSION: self._tagged,
            Gain.GRANT: self._granted,
            Gain.DETACH: self._granted,
            Gain.ATTACH: self._attached,
            Gain.BIND: self._bound,
            Gain.UNBIND: self._unbound,
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
        cost = derivation.cost
        for subject in of:
            fact = Fact(gain, subject)
            if self.due.get(fact, cost + 1) > cost and not self._is_left_out(fact, derivation):
                self.due[fact] = cost
                self._due[cost].append((fact, derivation))

    def _level(self, cost: int) -> None:
        # A fact may give another at no cost: the level is done when none is left.
        while cost in self._due or self._fresh or self._again:
            for fact, derivation in self._due.pop(cost, ()):
                if fact not in self.facts:
                    self.facts[fact] = derivation
                    self._consider(fact, derivation)
            fresh, again = self._fresh, self._again
            self._fresh, self._again = {}, {}
            for label in (*fresh, *(label for label in again if label not in fresh)):
                self._act(label)

    def _is_left_out(self, fact: Fact, derivation: Derivation) -> bool:
        caller = derivation.caller.of if derivation.caller else None
        return bool(self._without) and (derivation.step, caller, fact) in self._without

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

    def _granted(self, fact: Fact, derivation: Derivation) -> None:
        self._touch(fact, self.bearers(fact.of))
        if fact.gain is Gain.GRANT:
            self._carry(fact, derivation)

    def _attached(self, fact: Fact, derivation: Derivation) -> None:
        self._carry(fact, derivation)
        holder, policy = taken_apart(fact.of)
        self.standings.attached[holder].append(policy)
        self.index.holders[policy].append(holder)
        bearers = tuple(self.bearers(holder))
        for one in (fact, Fact(Gain.REWRITE, policy)):
            if one in self.facts:
                self._touch(one, bearers)

    def _unbound(self, fact: Fact, derivation: Derivation) -> None:
        self._touch(fact, (fact.of,))
        self._carry(fact, derivation)
        if self.take_overs.keys.see_boundaries:
            self._loosen(fact)
            self._ask_again(account_of(fact.of))

    def _bound(self, fact: Fact, derivation: Derivation) -> None:
        """Note that a principal may be under another boundary: as such it is a unit of its own."""
        label = fact.of
        record = self.index.principal(label)
        unit = Unit.matching(label) if record is None else Unit.of(record, label)
        self.units.setdefault(label, unit)
        self.take_overs.make(unit)
        self._limit(label, derivation)
        self._loosen(fact)
        for state in (bare(label), *self.standings.states[bare(label)]):
            control = Fact(Gain.CONTROL, state)
            if control in self.facts:
                self.learn(Gain.CONTROL, (label,), _rebound(derivation, fact, control))
        self._ask_again(unit.account)

    def _loosen(self, fact: Fact) -> None:
        """Note that a principal may be under this boundary again, with what it has got since."""
        label = fact.of
        self._touch(fact, (label,))
        for state in (bare(label), *self.standings.states.get(bare(label), ())):
            for one in tuple(self.touching.get(state, ())):
                self._touch(one, (label,))
        self.standings.loose[bare(label)].append(label)

    def _limit(self, label: str, derivation: Derivation) -> None:
        """Note which policy bounds the principals of a label."""
        boundary = bound(label)
        if boundary is None:
            return
        if label not in self.standings.states[bare(label)]:
            self.standings.states[bare(label)].append(label)
        self.index.holders[boundary].append(label)
        rewritten = Fact(Gain.REWRITE, boundary)
        if rewritten in self.facts:
            self._touch(rewritten, (label,))
        for new in self.renamed.get(account_of(label), ()) if ":user/" in label else ():
            self._rename_under(new, boundary, derivation)

    def _rename_under(self, new: str, boundary: str, derivation: Derivation) -> None:
        if bound(new) is None:
            renamed = Derivation(RENAMED, derivation.cost + 1, None, (Fact(Gain.RENAME, new),))
            self.learn(Gain.RENAME, (under(new, boundary),), renamed)

    def _carry(self, fact: Fact, derivation: Derivation) -> None:
        """Let what is given to a user that was made be given to it under another name too."""
        label, policy = fact.of, ""
        if fact.gain is Gain.ATTACH:
            label, policy = taken_apart(fact.of)
        if ":user/" not in label or label in self.index.world.users:
            return
        for new in self.renamed.get(account_of(label), ()):
            if bound(new) == bound(label) and new != label:
                premises = (fact, Fact(Gain.RENAME, new))
                carried = Derivation(RENAMED, derivation.cost + 1, None, premises)
                self.learn(fact.gain, (given(new, policy) if policy else new,), carried)

    def _ask_again(self, account: str) -> None:
        """Let all of an account be drawn again: what can be done to somebody of it is other."""
        self.take_overs.redraw(account)
        acted = self._acted[account]
        spend(len(acted))
        self._again.update(acted)

    def _rewritten(self, fact: Fact, _: Derivation) -> None:
        if not self.index.is_stored(fact.of):
            self._touch(fact, self._holders(fact.of))
            return
        self.take_overs.open()
        if Fact(Gain.CONTROL, fact.of) not in self.facts:  # it concerns whoever might read it
            self._touch(fact, list(self.units))

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
            for label in self.standings.loose.get(bare(subject), ()):
                bind = Fact(Gain.BIND, label)
                if bind in self.facts:
                    self.learn(Gain.CONTROL, (label,), _rebound(derivation, bind, fact))
            if bare(subject) in self.index.world.users:
                for label in self.renamed.get(account_of(subject), ()):
                    self._touch(fact, (label,))
            if not self._is_idle(subject):
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
        loose = self.standings.loose
        if loose:
            labels = [one for label in labels for one in (label, *loose.get(bare(label), ()))]
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
        return dict.fromkeys(
            bearer
            for holder in self.index.holders.get(policy, ())
            for bearer in self.bearers(holder)
        )

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
        self._rename_made(fact, account, derivation)

    def _rename_made(self, fact: Fact, account: str, derivation: Derivation) -> None:
        """Let the new name be one of users under each boundary, and of those that were made."""
        made = self.take_overs.made(account, Kind.USER)
        users = self.index.targets.get((Target.USER, account), ())
        bounds = [self.index.world.users[user].boundary for user in users]
        for boundary in dict.fromkeys((*bounds, *map(bound, made))):
            if boundary is not None:
                self._rename_under(fact.of, boundary, derivation)
        for label in made:
            attached = (given(label, one) for one in self.standings.attached.get(label, ()))
            one_of = (Fact(Gain.GRANT, label), Fact(Gain.UNBIND, label))
            for one in (*one_of, *(Fact(Gain.ATTACH, of) for of in attached)):
                if one in self.facts:
                    self._carry(one, derivation)

    def _make(self, fact: Fact, derivation: Derivation) -> None:
        unit = Unit.matching(fact.of)
        self.units.setdefault(unit.label, unit)
        self.take_overs.make(unit)
        if unit.kind is not Kind.USER:  # its maker writes the trust policy, or is handed a session
            self._retrusted(fact, derivation)
        for group in self.standings.joined.get(unit.account, ()):
            self._regroup(Fact(Gain.JOIN, group), derivation)
        self._limit(unit.label, derivation)
        self._ask_again(unit.account)

    def _administer(self, fact: Fact, derivation: Derivation) -> None:
        account = fact.of
        unit = Unit.matching(f"arn:{self.index.partition(account)}:iam::{account}:*")
        self.units[unit.label] = unit
        self._administered.add(account)
        self._administrators.add(unit.label)
        if Fact(Gain.CONTROL, unit.label) in self.facts:  # one started with whoever is to be made
            self._again[unit.label] = None
        control = Derivation(ADMINISTERED, derivation.cost, None, (fact,))
        self.learn(Gain.CONTROL, (unit.label,), control)
        after = Derivation(ADMINISTERED, derivation.cost + 1, None, (fact,))
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
        spend(1 + len(self.touching.get(label, ())))
        control = Fact(Gain.CONTROL, label)
        self._acted[unit.account][label] = None
        administered = Fact(Gain.ADMINISTER, unit.account)
        administrator = label in self._administrators
        organization = self.index.world.accounts.get(unit.account, _UNKNOWN).organization
        freed = (Fact(Gain.UNLOCK, of) for of in (unit.account, organization) if of)
        own = (fact for fact in self.touching.get(label, ()) if fact in self.facts)
        touching = (*own, *(fact for fact in freed if fact in self.facts))
        given = administrator and self.facts[control].step != ADMINISTERED
        # What it can do without the facts that touch it costs less: that is drawn first.
        for touched in dict.fromkeys(((), touching)):
            premises = (administered, *touched) if given else touched
            facts = self.facts if touched else frozenset[Fact]()
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
        self._again.update(dict.fromkeys(self.take_overs.woken))
        self.take_overs.woken.clear()


def _rebound(after: Derivation, bind: Fact, control: Fact) -> Derivation:
    """Return how a principal that is controlled is so under another boundary."""
    return Derivation(REBOUND, after.cost + 1, None, (bind, control))
