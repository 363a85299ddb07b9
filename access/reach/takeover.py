"""The steps of the catalogue other than sessions: taking over, passing roles, reading secrets."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from access.catalogue import strange
from access.catalogue.step import Gain, Kind, Need, On, Step, Target
from access.facts import PASSED, Fact, Facts
from access.pattern import ANYTHING, Language
from access.principal import Kind as Caller
from access.reach.actions import matches_action
from access.reach.judge import Judge
from access.reach.left import Left, Sort, sorts
from access.reach.permit import Permit
from access.reach.sessions import Found
from access.reach.standing import Standing
from access.reach.stores import STORED, Stores, apart
from access.reach.texts import meets, named
from access.reach.units import Unit
from access.world import Account, Unreadable, read

_UNKNOWN = Account()
_SORTS = {Target.USER: Caller.USER, Target.ROLE: Caller.SESSION}
_BY_STS = ("sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml")
_PASS = "iam:passrole"  # noqa: S105 -- an action
_FEDERATION = "sts:getfederationtoken"


def relevant(text: str | None, actions: frozenset[str]) -> frozenset[str]:
    """Return which of the actions a policy may allow, on some resource or other."""
    policy = Unreadable("") if text is None else read(text)
    if isinstance(policy, Unreadable):
        return actions
    found: frozenset[str] = frozenset()
    for statement in policy.statements:
        if statement.effect == "Allow":
            element = statement.actions
            named = frozenset[str]().union(
                *(matches_action(value, actions, sure=element.negated) for value in element.values)
            )
            found |= actions - named if element.negated else named
    return found


_Near = tuple[Step, Sequence[str], bool]
"""A step, what it may be done to, and whether no policy of the caller's own allows it."""


class TakeOvers:
    """Finds what a unit gains by the catalogue's steps, as what it stands for now."""

    def __init__(self, judge: Judge, steps: Sequence[Step], facts: Facts) -> None:
        self._judge = judge
        self._facts = facts
        self._index = judge.index
        self._steps = [step for step in steps if step.needs[0].action.lower() not in _BY_STS]
        self._actions = frozenset(
            need.action.lower() for step in self._steps for need in step.needs
        )
        self._needs = {step.id: apart(step) for step in self._steps}
        self._sorts = sorts(self._steps)
        self._shared = frozenset(
            need.action.lower() for step in self._steps for need in step.needs if need.by_anyone
        )
        self._bare = frozenset(
            need.action.lower()
            for step in self._steps
            for need in step.needs
            if need.on is On.NOTHING
        )
        self.had: dict[tuple[str, str], str] = {}
        self._waiting: dict[tuple[str, str], set[str]] = defaultdict(set[str])
        self._made: dict[tuple[str, Caller], list[str]] = defaultdict(list[str])
        self._stores = Stores(judge, facts)
        self._near: dict[tuple[str, frozenset[str], bool], list[_Near]] = {}
        # A secret's own policy may let in whom no policy of their own allows anything.
        opening = {one.text for one in self._index.world.resources.values()}
        self._opening = frozenset[str]().union(*map(self._relevant_to, opening))
        self._strangers = {
            key: roles for key, roles in self._index.served.items() if strange(key[1])
        }
        self.woken: list[str] = []
        self._drawn: dict[str, dict[tuple[object, ...], int]] = defaultdict(dict)
        self._relevant = cache(self._relevant_to)
        self._possible = cache(self._steps_for)

    def forget(self) -> None:
        """Forget what was found out: a resource-based policy, or what limits accounts, is other."""
        self._judge.served.clear()
        self._stores.forget()
        self._near.clear()
        self._drawn.clear()

    def make(self, unit: Unit) -> None:
        """Take note of principals that have been made, or may be."""
        self._made[unit.account, unit.kind].append(unit.label)
        self._drawn[unit.account].clear()

    def made(self, account: str, kind: Caller) -> Sequence[str]:
        """Return the patterns of the principals that may be made in an account."""
        return self._made.get((account, kind), ())

    def of(
        self, unit: Unit, standing: Standing, cost: int, *, administrator: bool
    ) -> Iterator[Found]:
        """Yield what the unit gains at this cost; of an administrator, in other accounts."""
        own = self.allowed(standing)
        possible, reading = self._possible(own | self._opening)
        for near in self._near_by(reading, unit.account, own, guarded=True):
            yield from self._stored(near, unit, standing)
        # AWS lets federated users call neither IAM nor STS.
        if (
            unit.kind is Caller.FEDERATED_USER
            or not (possible or reading or _PASS in own)
            or not self._is_new(unit, standing, cost)
        ):
            return
        self._share(unit, standing, own)
        for near in self._near_by(reading, unit.account, own, guarded=False):
            yield from self._stored(near, unit, standing)
        left = Left(self._judge, self._facts, self._made, unit)
        nothing: set[Sort] = set()
        for step, sort in possible:
            if sort in nothing:
                continue
            # Of its own account an administrator has all already, but for who limits the account.
            if administrator and not step.cross_account and step.gain is not Gain.UNLOCK:
                continue
            labels = left.of(sort, step) if sort else []
            if sort and not labels:
                nothing.add(sort)
                continue
            found = list(self._gained(step, unit, standing, labels))
            if found:
                left.take(step.gain, found)
                yield step.id, step.gain, found
        if not (administrator or self._judge.sure) and _PASS in own:
            yield PASSED, Gain.CONTROL, list(self._passed(unit, standing))
        self._drawn[unit.account][self._alike(unit, standing)] = cost

    def _stored(self, near: _Near, unit: Unit, standing: Standing) -> Iterator[Found]:
        """Yield what is read or opened of what a unit may be let at."""
        step, labels, bare = near
        if unit.kind is Caller.FEDERATED_USER and step.kind is not Kind.READ:
            return  # AWS lets federated users call neither IAM nor STS, nor write policies
        loose, needs = self._needs[step.id]
        if all(self._is_had(one, unit, standing) for one in loose):
            asked = step, needs
            if found := list(self._stores.of(asked, unit, standing, labels, bare=bare)):
                yield step.id, step.gain, found

    def _near_by(
        self, steps: Sequence[Step], account: str, own: frozenset[str], *, guarded: bool
    ) -> list[_Near]:
        """Return what may be let at: of what policies of its own guard, or of the rest."""
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
                yield step, near, bare

    def _is_new(self, unit: Unit, standing: Standing, cost: int) -> bool:
        """Whether nobody alike has been drawn before, at no more cost.

        INVARIANT: what was found for somebody alike is a fact or will be, and nothing that it
        could depend on has changed since: whatever changes it forgets who was drawn.
        """
        return self._drawn[unit.account].get(self._alike(unit, standing), cost + 1) > cost

    def _alike(self, unit: Unit, standing: Standing) -> tuple[object, ...]:
        return unit.kind, standing.permits.alike(unit.name)

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
        return frozenset[str]().union(*map(self._relevant, standing.bearing.allowing))

    def _relevant_to(self, text: str | None) -> frozenset[str]:
        return relevant(text, self._actions)

    def _steps_for(
        self, actions: frozenset[str]
    ) -> tuple[list[tuple[Step, Sort]], tuple[Step, ...]]:
        """Return the steps that these actions can be part of; apart, those that read."""
        possible = [
            step
            for step in self._steps
            if all(need.by_anyone or need.action.lower() in actions for need in step.needs)
        ]
        reading = tuple(step for step in possible if step.target in STORED)
        others = [(step, self._sorts[step.id]) for step in possible if step.target not in STORED]
        return others, reading

    def _share(self, unit: Unit, standing: Standing, actions: frozenset[str]) -> None:
        """Take note of what anybody of the account may now do for another's step."""
        for action in self._shared & actions:
            key = unit.account, action
            if key not in self.had and self._somewhere(unit, standing.permit(action), action):
                self.had[key] = unit.label
                self._drawn[unit.account].clear()
                self.woken += self._waiting.pop(key, ())

    def _gained(
        self, step: Step, unit: Unit, standing: Standing, labels: Sequence[str]
    ) -> Iterable[str]:
        """Return which of these the step gives, or whom it makes."""
        loose, needs = self._needs[step.id]
        if not all(self._is_had(one, unit, standing) for one in loose):
            return ()
        if step.gain in (Gain.MINT, Gain.RENAME):
            return self._minted(step, unit, standing)
        if step.target in (Target.ACCOUNT, Target.MEMBER):
            return labels
        for need in needs:
            owner = self._judge.owner(unit.label)
            permit = standing.permit(need.action.lower(), owner, need.context)
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

    def _minted(self, step: Step, unit: Unit, standing: Standing) -> Iterator[str]:
        """Yield the ARNs, and patterns of them, that the caller may make principals under."""
        action = step.needs[0].action.lower()
        partition = self._index.partition(unit.account)
        sort = f"sts::{unit.account}:federated-user"
        if action != _FEDERATION:
            sort = f"iam::{unit.account}:{step.target.value}"
        base = f"arn:{partition}:{sort}/"
        permit = standing.permit(action, self._judge.owner(unit.label), step.needs[0].context)
        labels: dict[str, None] = {}
        for clause in permit.identity:
            if clause.allow and clause.may_be_by(unit.name):
                for texts in (ANYTHING,) if clause.negated else clause.may_on.parts:
                    labels.update(dict.fromkeys(_under(base, texts)))
        world = self._index.world
        new = [label for label in labels if label not in world.users and label not in world.roles]
        for label in new:
            if Fact(step.gain, label) not in self._facts and permit.allows(unit.name, named(label)):
                yield label


def _under(base: str, texts: Language) -> Iterator[str]:
    """Yield patterns that hold all texts of a set that begin with `base`."""
    if texts.finite is not None:
        yield from (word for word in texts.finite if word.startswith(base))
        return
    pattern = texts.written
    if pattern is not None and pattern.startswith(base):
        yield pattern
    elif meets(texts, named(f"{base}*")):
        yield f"{base}*"
