"""Units of control: a principal, or all those of a pattern that may yet be made."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from access.arn import account_of
from access.catalogue.step import Gain, Target
from access.effort import spend
from access.facts import Fact, Facts
from access.label import ANY, bare, bound, given, maker
from access.principal import Kind
from access.reach.callers import Callers
from access.reach.clauses import Clauses
from access.reach.index import Index
from access.reach.profile import Profile
from access.reach.standing import Bearing, Shared, Standing, Text
from access.reach.texts import Name, named
from access.world import Account, Grants, Levels, Role, User

_UNKNOWN = Account()
_KINDS = {
    "user": Kind.USER,
    "role": Kind.SESSION,
    "federated-user": Kind.FEDERATED_USER,
}


@dataclass(frozen=True, slots=True)
class Unit:
    """What is controlled as one.

    Attributes:
        label: an ARN, or a pattern of ARNs.
        name: the ARN, or the ARNs that it may have.
        record: the user or role, if it exists.
    """

    label: str
    name: Name
    kind: Kind
    account: str
    record: User | Role | None = None

    @classmethod
    def of(cls, record: User | Role, label: str = "") -> "Unit":
        """Return the unit of a principal; its label is its ARN, if no other is given."""
        kind = Kind.USER if isinstance(record, User) else Kind.SESSION
        return cls(label or record.arn, record.arn, kind, account_of(record.arn), record)

    @classmethod
    def matching(cls, pattern: str) -> "Unit":
        """Return the unit of all principals of one account that a pattern names."""
        kind = _KINDS.get(pattern.split(":", 5)[5].partition("/")[0], Kind.ANY_IAM)
        return cls(pattern, named(pattern), kind, account_of(pattern))


class Standings:
    """Puts together what bears on a unit, under the facts that have come to be.

    INVARIANT: standings are shared: equal bearings give the same object.

    Attributes:
        joined: `{account: groups that any user of it may be in}`.
        states: `{principal: its labels under boundaries that somebody has put it under}`.
        loose: `{principal: those of its labels as which it may be again}`.
        attached: `{principal or group: managed policies that somebody has attached to it}`.
    """

    def __init__(self, index: Index, *, sure: bool) -> None:
        self.index = index
        self.clauses = Clauses(Callers(index.ids, index.ids_complete))
        self._sure = sure
        self._known: dict[Bearing, Standing] = {}
        self._shared: Shared = {}
        self.joined: dict[str, list[str]] = defaultdict(list[str])
        self.states: dict[str, list[str]] = defaultdict(list[str])
        self.loose: dict[str, list[str]] = defaultdict(list[str])
        self.attached: dict[str, list[str]] = defaultdict(list[str])

    def of(self, unit: Unit, facts: Facts) -> Standing:
        """Return the standing of a unit, where `facts` have come to be."""
        whose = maker(unit.label)
        if whose is not None:
            return self._acting(unit, whose, facts)
        record = unit.record
        labels = self.labels(unit.label, facts)
        pile = _Pile(self.index, facts, anything=holds(Gain.GRANT, labels, facts))
        if record is not None:
            pile.add(record.grants, denies=not holds(Gain.DETACH, labels, facts))
        for label in labels:
            pile.attach(self._attached(label, facts))
        for group in self._groups(unit, facts):
            pile.add_group(group)
            pile.attach(self._attached(group, facts))
        formerly = self._formerly(unit, facts)
        for user, label in formerly:
            groups = self._groups(Unit.of(user), facts)
            pile.add_former(user, label, groups)
            for holder in dict.fromkeys((user.arn, label, *groups)):
                pile.attach(self._attached(holder, facts))
        account = self.index.world.accounts.get(unit.account, _UNKNOWN)
        unlocked = is_linked(unit) or is_unlocked(unit.account, account, facts)
        return self._standing(
            Bearing(
                profile=self._profile(unit, account, facts, formerly),
                allowing=tuple(pile.allowing),
                denying=tuple(pile.denying),
                anything=pile.anything,
                boundary=self._boundary(unit, facts),
                levels=() if unlocked else texts(account.scps),
            )
        )

    def _acting(self, unit: Unit, whose: str, facts: Facts) -> Standing:
        """Return the standing of federated users: their maker's, by a session policy of its choice.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html
        """
        record = self.index.principal(whose)
        if record is not None:
            theirs = self.of(Unit.of(record, whose), facts)
        elif whose.endswith(":*"):
            theirs = self.administrator(unit.account, facts)
        else:
            theirs = self.of(Unit.matching(whose), facts)
        ids = () if record is None else (record.arn, record.unique_id)
        formerly = theirs.profile.formerly | {word for word in ids if word}
        profile = Profile(
            unit.kind, unit.account, theirs.profile.organization, tags=None, formerly=formerly
        )
        return self._standing(replace(theirs.bearing, profile=profile))

    def administrator(self, account: str, facts: Facts) -> Standing:
        """Return the standing of somebody who administers an account."""
        known = self.index.world.accounts.get(account, _UNKNOWN)
        levels = () if is_unlocked(account, known, facts) else texts(known.scps)
        profile = Profile(Kind.ANY_IAM, account, known.organization, None, None)
        return self._standing(Bearing(profile, anything=True, levels=levels))

    def _standing(self, bearing: Bearing) -> Standing:
        known = self._known.get(bearing)
        if known is None:
            known = self._known[bearing] = Standing(bearing, self.clauses, self._sure, self._shared)
        return known

    def _attached(self, holder: str, facts: Facts) -> Iterable[str]:
        """Return the managed policies that somebody has attached to a principal or group."""
        attached = self.attached.get(holder, ())
        return (one for one in attached if Fact(Gain.ATTACH, given(holder, one)) in facts)

    def _formerly(self, unit: Unit, facts: Facts) -> tuple[tuple[User, str], ...]:
        """Return the users, with their labels, that one under a new name may be."""
        if Fact(Gain.RENAME, unit.label) not in facts:
            return ()
        here = self.index.targets.get((Target.USER, unit.account), ())
        spend(len(here))
        return tuple(
            (self.index.world.users[arn], label)
            for arn in here
            for label in (arn, *self.states.get(arn, ()))
            if Fact(Gain.CONTROL, label) in facts and self._bound(label, facts) == bound(unit.label)
        )

    def _profile(
        self, unit: Unit, account: Account, facts: Facts, formerly: Iterable[tuple[User, str]]
    ) -> Profile:
        record, labels = unit.record, self.labels(unit.label, facts)
        tagged = any(holds(gain, labels, facts) for gain in (Gain.TAG, Gain.SESSION))
        user = record if isinstance(record, User) else None
        made = record is None and unit.kind is Kind.USER
        return Profile(
            kind=unit.kind,
            account=unit.account,
            organization=account.organization,
            name=user.arn.rpartition("/")[2] if user else None,
            tags=None if tagged or record is None else record.tags,
            mfa=user is None or user.mfa or holds(Gain.ENROL, labels, facts),
            formerly=frozenset(
                word for one, _ in formerly for word in (one.arn, one.unique_id) if word is not None
            ),
            taken=self.index.users if made else frozenset(),
        )

    def labels(self, label: str, facts: Facts) -> Iterable[str]:
        """Return the labels under which a principal may have got what it has.

        What it was given under one boundary it keeps under another that it can be put under.
        """
        others = self.states.get(bare(label))
        if others and any(Fact(gain, label) in facts for gain in (Gain.BIND, Gain.UNBIND)):
            return dict.fromkeys((label, bare(label), *others))
        return (label,)

    def _bound(self, label: str, facts: Facts) -> str | None:
        record = self.index.principal(label)
        if record is None or Fact(Gain.UNBIND, label) in facts:
            return None
        return record.boundary

    def _boundary(self, unit: Unit, facts: Facts) -> tuple[Text, ...]:
        arn = bound(unit.label) if unit.record is None else unit.record.boundary
        if arn in (None, ANY):
            return ()
        if Fact(Gain.UNBIND, unit.label) in facts or Fact(Gain.REWRITE, arn) in facts:
            return ()
        return (self.index.world.managed(arn).text,)

    def _groups(self, unit: Unit, facts: Facts) -> tuple[str, ...]:
        if unit.kind is not Kind.USER:
            return ()
        own = unit.record.groups if isinstance(unit.record, User) else ()
        may_join = self.joined.get(unit.account, ())
        joined = (group for group in may_join if Fact(Gain.JOIN, group) in facts)
        return tuple(dict.fromkeys((*own, *joined)))


class _Pile:
    """The identity-based policies of a unit, as they are put together."""

    def __init__(self, index: Index, facts: Facts, *, anything: bool) -> None:
        self.allowing: list[Text] = []
        self.denying: list[Text] = []
        self.anything = anything
        self._index = index
        self._facts = facts

    def add(self, grants: Grants, *, denies: bool) -> None:
        """Add policies, with their Denies or without."""
        kept = [document.text for document in grants.inline]
        for arn in grants.managed:
            if Fact(Gain.REWRITE, arn) in self._facts:
                self.anything = True
            else:
                kept.append(self._index.world.managed(arn).text)
        self.allowing += kept
        self.denying += kept if denies else ()

    def attach(self, policies: Iterable[str]) -> None:
        """Add managed policies that somebody has attached: no Denies, they may not be attached."""
        self.add(Grants(managed=tuple(policies)), denies=False)

    def add_former(self, user: User, label: str, groups: Iterable[str]) -> None:
        """Add what a user under another name brings along: no Denies, they may be another's."""
        denying = list(self.denying)
        self.anything = self.anything or holds(Gain.GRANT, (user.arn, label), self._facts)
        self.add(user.grants, denies=False)
        for group in groups:
            self.add_group(group)
        self.allowing = list(dict.fromkeys(self.allowing))
        self.denying = denying

    def add_group(self, arn: str) -> None:
        """Add the policies of a group; one that is not in the world may have any."""
        group = self._index.world.groups.get(arn)
        self.anything = self.anything or Fact(Gain.GRANT, arn) in self._facts
        if group is None:
            self.allowing.append(None)
            return
        loose = any(Fact(gain, arn) in self._facts for gain in (Gain.DETACH, Gain.LEAVE))
        self.add(group.grants, denies=not loose)


def is_unlocked(id_: str, account: Account, facts: Facts) -> bool:
    """Whether no policy of its organisation limits the account."""
    freed = (Fact(Gain.UNLOCK, of) for of in (id_, account.organization) if of is not None)
    return account.management or any(fact in facts for fact in freed)


def holds(gain: Gain, labels: Iterable[str], facts: Facts) -> bool:
    """Whether something of any of these labels has come to be."""
    return any(Fact(gain, label) in facts for label in labels)


def texts(levels: Levels) -> tuple[tuple[Text, ...], ...]:
    """Return the texts of SCPs or RCPs."""
    return tuple(tuple(document.text for document in level) for level in levels)


def is_linked(unit: Unit) -> bool:
    """Whether it is a service-linked role: the organisation's policies do not limit those."""
    return unit.record is not None and ":role/aws-service-role/" in unit.label
