"""The steps of the catalogue other than sessions: taking over, passing roles, reading secrets."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from access.catalogue import strange
from access.catalogue.step import Gain, Need, On, Step, Target
from access.facts import PASSED, Fact, Facts
from access.iam_keys import iam_keys
from access.principal import Kind as Caller
from access.reach.actions import relevant
from access.reach.drawn import Drawn
from access.reach.judge import Judge
from access.reach.keyed import By, Keyed
from access.reach.left import Due, Left, Sort, Targets, sorts
from access.reach.making import Making
from access.reach.permit import Permit
from access.reach.sessions import Found
from access.reach.standing import Standing
from access.reach.stores import STORED, Near, Stores, apart
from access.reach.units import Unit
from access.variant import CREATE_POLICY
from access.world import Account

_UNKNOWN = Account()
_SORTS = {Target.USER: Caller.USER, Target.ROLE: Caller.SESSION}
_BY_STS = ("sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml")
_PASS = "iam:passrole"  # noqa: S105 -- an action
_DELETING = ("iam:deleterole", "iam:deleteuser")


_Near = tuple[Step, Near]
"""A step, and what it may be done to."""


class TakeOvers:
    """Finds what a unit gains by the catalogue's steps, as what it stands for now."""

    def __init__(self, judge: Judge, steps: Sequence[Step], facts: Facts, due: Due) -> None:
        self._judge = judge
        self._facts = facts
        self._index = judge.index
        self._steps = [step for step in steps if step.needs[0].action.lower() not in _BY_STS]
        self.keys = iam_keys(self._index.world)
        self._on_boundaries = {step.id for step in self._steps if self.keys.see_present(step)}
        self._keyed = Keyed(judge, self.keys, facts, self._is_had)
        self._making = Making(judge, self.keys, facts, self._is_had)
        every = [need for step in self._steps for need in step.needs]
        if self.keys.see_any:
            every.append(CREATE_POLICY)
        self._actions = frozenset(need.action.lower() for need in every)
        self._needs = {step.id: apart(step) for step in self._steps}
        self._sorts = sorts(self._steps)
        self._shared = frozenset(need.action.lower() for need in every if need.by_anyone)
        self._bare = frozenset(
            need.action.lower()
            for step in self._steps
            for need in step.needs
            if need.on is On.NOTHING
        )
        self.had: dict[tuple[str, str], str] = {}
        self._had_too: dict[tuple[str, str], str] = {}
        self._waiting: dict[tuple[str, str], set[str]] = defaultdict(set[str])
        self._made: dict[tuple[str, Caller], list[str]] = defaultdict(list[str])
        self._targets = Targets(judge, facts, due, self._made)
        self._stores = Stores(judge, facts)
        self._near: dict[tuple[str, frozenset[str], bool], list[_Near]] = {}
        # A secret's own policy may let in whom no policy of their own allows anything.
        opening = {one.text for one in self._index.world.resources.values()}
        self._opening = frozenset[str]().union(*map(self._relevant_to, opening))
        self._is_opened = False
        self._strangers = {
            key: roles for key, roles in self._index.served.items() if strange(key[1])
        }
        self.woken: list[str] = []
        self._drawn: dict[str, Drawn] = defaultdict(Drawn)
        self._relevant = cache(self._relevant_to)
        self._allowed = cache(self._allowed_in)
        self._possible = cache(self._steps_for)
        self._reading = cache(self._reading_for)

    def open(self) -> None:
        """Take note that the policy of something stored is written: it may let in anybody."""
        stored = (step for step in self._steps if step.target in STORED)
        self._opening |= {need.action.lower() for step in stored for need in step.needs}
        self._is_opened = True
        self.forget()

    def forget(self) -> None:
        """Forget what was found out: a resource-based policy, or what limits accounts, is other."""
        self._judge.served.clear()
        self._stores.forget()
        self._targets.forget()
        self._near.clear()
        self._drawn.clear()

    def looks_at_boundary(self, step: str) -> bool:
        """Whether what a step is allowed on rests on the boundary that the target has."""
        return step in self._on_boundaries

    def redraw(self, account: str) -> None:
        """Forget who of an account has been drawn: what can be done in it is other."""
        self._drawn[account].forget()

    def make(self, unit: Unit) -> None:
        """Take note of principals that have been made, or may be."""
        self._made[unit.account, unit.kind].append(unit.label)
        self._targets.add(unit.label, unit.account, unit.kind)
        self._drawn[unit.account].forget()

    def made(self, account: str, kind: Caller) -> Sequence[str]:
        """Return the patterns of the principals that may be made in an account."""
        return self._made.get((account, kind), ())

    def of(
        self, unit: Unit, standing: Standing, cost: int, *, administrator: bool
    ) -> Iterator[Found]:
        """Yield what the unit gains at this cost; of an administrator, in other accounts."""
        own = self.allowed(standing)
        possible = self._possible(own, administrator)
        reading = self._reading(own | self._opening)
        for near in self._near_by(reading, unit.account, own, guarded=True):
            yield from self._stored(near, unit, standing)
        if not (possible or reading or _PASS in own) or self._drawn[unit.account].has(
            unit.kind, standing.permits, unit.name, cost
        ):
            return
        self._share(unit, standing, own)
        for near in self._near_by(reading, unit.account, own, guarded=False):
            yield from self._stored(near, unit, standing)
        nothing: set[Sort] = set()
        federated = unit.kind is Caller.FEDERATED_USER
        for step, sort in possible:
            # AWS STS takes no calls from federated users; IAM does, from their console sessions.
            if sort in nothing or (federated and step.needs[0].action.startswith("sts:")):
                continue
            left = self._targets.of(unit.account, step, sort, cost) if sort else None
            if left is not None and not left:
                nothing.add(sort)
                continue
            for gain, found in self._ways(step, unit, standing, left):
                yield step.id, gain, found
        if not (administrator or self._judge.sure) and _PASS in own:
            yield PASSED, Gain.CONTROL, list(self._passed(unit, standing))
        self._drawn[unit.account].add(unit.kind, standing.permits, unit.name, cost)

    def opened(self, unit: Unit, standing: Standing) -> Iterator[Found]:
        """Yield what the unit gains of what is stored, for its policies have been rewritten."""
        if self._is_opened:
            own = self.allowed(standing)
            reading = self._reading(own | self._opening)
            for near in self._near_by(reading, unit.account, own, guarded=True):
                yield from self._stored(near, unit, standing, rewritten=True)

    def _stored(
        self, near: _Near, unit: Unit, standing: Standing, *, rewritten: bool = False
    ) -> Iterator[Found]:
        """Yield what is read or opened of what a unit may be let at."""
        step, doors = near
        loose, needs = self._needs[step.id]
        if all(self._is_had(one, unit, standing) for one in loose):
            asked = step, needs
            found = list(self._stores.of(asked, unit, standing, doors, rewritten=rewritten))
            if found:
                yield step.id, step.gain, found

    def _near_by(
        self, steps: Sequence[Step], account: str, own: frozenset[str], *, guarded: bool
    ) -> list[_Near]:
        """Return what may be let at: of what policies of its own guard, or of the rest."""
        if not self._stores.are_near(account):
            return []
        key = account, own, guarded
        if key not in self._near:
            self._near[key] = list(self._stored_near(steps, account, own, guarded=guarded))
        return self._near[key]

    def _stored_near(
        self, steps: Sequence[Step], account: str, own: frozenset[str], *, guarded: bool
    ) -> Iterator[_Near]:
        for step in steps:
            bare = any(need.action.lower() not in own for need in self._needs[step.id][1])
            near = self._stores.near(step, account, bare=bare, guarded=guarded)
            if near:
                yield step, near

    def _passed(self, unit: Unit, standing: Standing) -> Iterator[str]:
        """Yield the roles that can be passed to a service of which nobody knows what it runs."""
        for (account, service), roles in self._strangers.items():
            if account != unit.account:
                continue
            given = (("iam:PassedToService", service),)
            permit = standing.permit(_PASS, self._judge.owner(unit.label), given)
            left = [role for role in roles if Fact(Gain.CONTROL, role) not in self._facts]
            for role in permit.select(unit.name, left):
                if self._judge.serves(role, service, self._facts):
                    yield role

    def allowed(self, standing: Standing) -> frozenset[str]:
        """Return what its own policies may allow somewhere."""
        if standing.bearing.anything:
            return self._actions
        return self._allowed(standing.bearing.allowing)

    def _allowed_in(self, texts: tuple[str | None, ...]) -> frozenset[str]:
        return frozenset[str]().union(*map(self._relevant, texts))

    def _relevant_to(self, text: str | None) -> frozenset[str]:
        return relevant(text, self._actions)

    def _steps_for(
        self,
        actions: frozenset[str],
        administrator: bool,  # noqa: FBT001 -- of a cached function
    ) -> list[tuple[Step, Sort]]:
        """Return the steps that these actions can be part of, but for those that read."""
        # Of its own account an administrator has all already, but for who limits the account.
        return [
            (step, self._sorts[step.id])
            for step in self._allowed_by(actions)
            if step.target not in STORED
            and (not administrator or step.cross_account or step.gain is Gain.UNLOCK)
        ]

    def _reading_for(self, actions: frozenset[str]) -> tuple[Step, ...]:
        """Return the steps that these actions can be part of and that read, or open."""
        return tuple(step for step in self._allowed_by(actions) if step.target in STORED)

    def _allowed_by(self, actions: frozenset[str]) -> Iterator[Step]:
        for step in self._steps:
            if all(need.by_anyone or need.action.lower() in actions for need in step.needs):
                yield step

    def _share(self, unit: Unit, standing: Standing, actions: frozenset[str]) -> None:
        """Take note of what anybody of the account may now do for another's step."""
        for action in self._shared & actions:
            key = unit.account, action
            had = self.had if key not in self.had else self._had_too
            if had is self._had_too and (action not in _DELETING or self.had[key] == unit.label):
                continue
            if key not in had and self._somewhere(unit, standing.permit(action), action):
                had[key] = unit.label
                self._drawn[unit.account].forget()
                self.woken += self._waiting.pop(key, ())

    def _ways(
        self, step: Step, unit: Unit, standing: Standing, left: Left | None
    ) -> Iterator[tuple[Gain, list[str]]]:
        """Yield what the step gives, and of whom."""
        if step.gain not in (Gain.MINT, Gain.RENAME) and self.keys.tell(step):
            by = By(unit, standing, self._needs[step.id][0], self._about(step, unit))
            yield from self._keyed.of(step, by, list(left or ()))
        elif found := list(self._gained(step, unit, standing, left)):
            yield step.gain, found

    def _gained(
        self, step: Step, unit: Unit, standing: Standing, left: Left | None
    ) -> Iterable[str]:
        """Return which of these the step gives, or whom it makes."""
        if not all(self._is_had(one, unit, standing) for one in self._needs[step.id][0]):
            return ()
        if left is None:
            return self._making.of(step, unit, standing)
        labels: Iterable[str] = left
        if step.target in (Target.ACCOUNT, Target.MEMBER):
            return labels
        owner = self._judge.owner(unit.label)
        for need in self._about(step, unit):
            permit = standing.permit(need.action.lower(), owner, need.context)
            if labels is left:
                labels = left.within(permit.bounds(unit.name))
            labels = permit.select(unit.name, labels)
        return labels

    def _somewhere(self, unit: Unit, permit: Permit, action: str) -> bool:
        """Whether the action is allowed on something or other: on `*`, if it knows no resource."""
        if action in self._bare:
            return permit.allows(unit.name, "*")
        return permit.somewhere(unit.name)

    def _is_had(self, need: Need, unit: Unit, standing: Standing) -> bool:
        action = need.action.lower()
        if not need.by_anyone:
            return self._somewhere(unit, standing.permit(action, given=need.context), action)
        key = unit.account, action
        if key not in self.had:
            self._waiting[key].add(unit.label)
        return key in self.had

    def _about(self, step: Step, unit: Unit) -> Sequence[Need]:
        """Return the needs that are about the target, and that the unit itself must meet."""
        loose, needs = self._needs[step.id]
        return (*needs, *(one for one in loose if self._is_own(one, unit)))

    def _is_own(self, need: Need, unit: Unit) -> bool:
        """Whether nobody but the unit itself may delete what is to be made anew."""
        key = unit.account, need.action.lower()
        if key[1] not in _DELETING or not need.by_anyone or key in self._had_too:
            return False
        self._waiting[key].add(unit.label)
        return self.had.get(key) == unit.label
