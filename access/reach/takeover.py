"""The steps of the catalogue other than sessions: taking over, passing roles, reading secrets."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from access.catalogue.step import Gain, Kind, Need, On, Step, Target
from access.facts import Fact, Facts
from access.pattern import ANYTHING, Language
from access.principal import Kind as Caller
from access.reach.actions import matches_action
from access.reach.index import account_of
from access.reach.judge import Judge
from access.reach.permit import Permit
from access.reach.profile import Profile
from access.reach.sessions import Found
from access.reach.standing import Standing
from access.reach.texts import meets, named
from access.reach.units import Unit
from access.world import Account, Unreadable, read

_UNKNOWN = Account()
_SORTS = {Target.USER: Caller.USER, Target.ROLE: Caller.SESSION}
_BY_STS = ("sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml")
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
        self._shared = frozenset(
            need.action.lower() for step in self._steps for need in step.needs if need.by_anyone
        )
        self._bare = frozenset(
            need.action.lower()
            for step in self._steps
            for need in step.needs
            if need.on is On.NOTHING
        )
        self._had: set[tuple[str, str]] = set()
        self._waiting: dict[tuple[str, str], set[str]] = defaultdict(set[str])
        self._made: dict[tuple[str, Caller], list[str]] = defaultdict(list[str])
        self._stores = [
            (key, labels)
            for key, labels in self._index.targets.items()
            if key[0] in (Target.STORE, Target.KEY)
        ]
        # A secret's own policy may let in whom no policy of their own allows anything.
        self._opening = tuple({one.text for one in self._index.world.resources.values()})
        self.woken: list[str] = []
        self._relevant = cache(self._relevant_to)
        self._possible = cache(self._steps_for)
        self._serves = cache(self._serves_now)

    def make(self, unit: Unit) -> None:
        """Take note of principals that have been made, or may be."""
        self._made[unit.account, unit.kind].append(unit.label)

    def made(self, account: str, kind: Caller) -> Sequence[str]:
        """Return the patterns of the principals that may be made in an account."""
        return self._made.get((account, kind), ())

    def of(self, unit: Unit, standing: Standing, *, administrator: bool) -> Iterator[Found]:
        """Yield what the unit gains; of an administrator, in other accounts."""
        actions = self._allowed(standing)
        if not actions:
            return
        self._share(unit, standing, actions)
        for step in self._possible(actions):
            # Of its own account an administrator has all already, but for who limits the account.
            if administrator and not step.cross_account and step.gain is not Gain.UNLOCK:
                continue
            if unit.kind is Caller.FEDERATED_USER and step.kind is not Kind.READ:
                continue  # AWS lets federated users call neither IAM nor STS
            found = list(self._gained(step, unit, standing))
            if found:
                yield step.id, step.gain, found

    def _allowed(self, standing: Standing) -> frozenset[str]:
        """Return what its own policies, or those of secrets and keys, may allow somewhere."""
        if standing.bearing.anything:
            return self._actions
        allowing = (*standing.bearing.allowing, *self._opening)
        return frozenset[str]().union(*map(self._relevant, allowing))

    def _relevant_to(self, text: str | None) -> frozenset[str]:
        return relevant(text, self._actions)

    def _steps_for(self, actions: frozenset[str]) -> list[Step]:
        return [
            step
            for step in self._steps
            if all(need.by_anyone or need.action.lower() in actions for need in step.needs)
        ]

    def _share(self, unit: Unit, standing: Standing, actions: frozenset[str]) -> None:
        """Take note of what anybody of the account may now do for another's step."""
        for action in self._shared & actions:
            key = unit.account, action
            if key not in self._had and self._somewhere(unit, standing.permit(action), action):
                self._had.add(key)
                self.woken += self._waiting.pop(key, ())

    def _gained(self, step: Step, unit: Unit, standing: Standing) -> Iterator[str]:
        loose = [need for need in step.needs if need.on in (On.ANY, On.NOTHING)]
        if not all(self._is_had(need, unit, standing) for need in loose):
            return
        needs = [need for need in step.needs if need not in loose]
        if step.gain in (Gain.MINT, Gain.RENAME):
            yield from self._minted(step, unit, standing)
        elif step.target in (Target.STORE, Target.KEY):
            yield from self._read(step, needs, unit, standing)
        elif step.target in (Target.ACCOUNT, Target.MEMBER):
            yield from self._accounts(step, unit)
        else:
            yield from self._within(step, needs, unit, standing)

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
        if key not in self._had:
            self._waiting[key].add(unit.label)
        return key in self._had

    def _within(
        self, step: Step, needs: Sequence[Need], unit: Unit, standing: Standing
    ) -> Iterator[str]:
        """Yield targets that have no policy of their own to be asked."""
        left = [label for label in self._candidates(step, unit) if not self._known(step, label)]
        for need in needs:
            owner = self._judge.owner(unit.label)
            permit = standing.permit(need.action.lower(), owner, need.context)
            left = permit.select(unit.name, left)
        yield from left

    def _known(self, step: Step, label: str) -> bool:
        return Fact(step.gain, label) in self._facts

    def _candidates(self, step: Step, unit: Unit) -> Iterable[str]:
        if step.target is Target.PROVIDER:
            return self._providers(step, unit)
        here = self._index.targets.get((step.target, unit.account), ())
        if step.kind is Kind.PASS:
            return [role for role in here if self._is_served(role, step)]
        made = self.made(unit.account, _SORTS[step.target]) if step.target in _SORTS else ()
        return [*here, *made]

    def _is_served(self, role: str, step: Step) -> bool:
        """Whether the role's trust policy lets in a service that would run the code."""
        # Everybody is also every service.
        text = self._index.world.roles[role].trust.text
        anybody = role in self._index.open_to_all.get(text, ())
        return any(
            (anybody or role in self._index.served.get((account_of(role), service), ()))
            and self._serves(role, service)
            for service in step.services
        )

    def _serves_now(self, role: str, service: str) -> bool:
        profile = Profile(Caller.SERVICE, "", name=service)
        return self._judge.admits(profile, service, role, "sts:assumerole", self._facts)

    def _providers(self, step: Step, unit: Unit) -> list[str]:
        """Return the providers that the step is about: by their ARN, or by their host."""
        accounts = ("", unit.account)
        every = (
            self._index.vouched
            if step.cross_account
            else (p for a in accounts for p in self._index.targets.get((Target.PROVIDER, a), ()))
        )
        return list(filter(step.concerns, every))

    def _read(
        self, step: Step, needs: Sequence[Need], unit: Unit, standing: Standing
    ) -> Iterator[str]:
        """Yield the secrets, parameters, objects and keys that the step may be done to."""
        for (sort, account), labels in self._stores:
            near = account in (unit.account, "")
            if sort is not step.target or not (step.cross_account or near):
                continue
            for label in labels:
                if not step.concerns(label) or self._known(step, label):
                    continue
                if all(self._judge.may(unit, standing, need, label, self._facts) for need in needs):
                    yield label

    def _accounts(self, step: Step, unit: Unit) -> Iterator[str]:
        """Yield the accounts, or (if its policies go) the organisation, that the step is about."""
        accounts = self._index.world.accounts
        own = accounts.get(unit.account, _UNKNOWN)
        if step.target is Target.ACCOUNT:
            if not self._known(step, unit.account):
                yield unit.account
        elif step.gain is Gain.UNLOCK:
            if own.organization and own.manages and not self._known(step, own.organization):
                yield own.organization
        elif own.manages:
            for account, known in accounts.items():
                if known.organization == own.organization:
                    yield account

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
            if not self._known(step, label) and permit.allows(unit.name, named(label)):
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
