"""IAM's own condition keys: what a request says of a boundary or a policy, and what comes of it.

In a request that creates a principal or sets its boundary, the caller picks the boundary; in one
that changes a principal's policies, the key has the boundary that the principal has. Both are
followed only where some policy looks at the key.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from access.alike import Alike
from access.arn import account_of
from access.catalogue.step import Gain, Step
from access.facts import Fact, Facts
from access.given import Given, Other, Said
from access.label import ANY, bare, bound, given, under
from access.variant import (
    ATTACH,
    BOUNDARY,
    CREATE_POLICY,
    DETACH,
    MAKE,
    OF_TARGET,
    POLICY,
    SET,
    Variant,
)
from access.world import Role, Unreadable, User, World, read


@dataclass(slots=True)
class _Named:
    """The values that conditions on a key name in full, and whether others are told apart too."""

    words: set[str] = field(default_factory=set[str])
    by_pattern: bool = False

    @property
    def looked_at(self) -> bool:
        """Whether a condition is on the key at all."""
        return self.by_pattern or bool(self.words)

    def take(self, value: str) -> None:
        """Take note of a value that a condition states."""
        # Of `Null` the value says whether there is one: it tells none from another.
        if {"*", "?", "$"} & set(value):
            self.by_pattern = True
        else:
            self.words.add(value)


class IamKeys:
    """What the policies of a world look at in IAM's own requests."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: dict[tuple[str, str], tuple[str, ...]] = {}
        self._groups: dict[tuple[str, str], tuple[frozenset[str], Sequence[tuple[str, ...]]]] = {}
        self._named = {key: _Named() for key in (BOUNDARY, POLICY)}
        for text in set(_texts(world)):
            for key, value in _stated(text):
                self._named[key].take(value)

    @property
    def see_boundaries(self) -> bool:
        """Whether a policy looks at the boundary of a request."""
        return self._named[BOUNDARY].looked_at

    @property
    def see_policies(self) -> bool:
        """Whether a policy looks at the managed policy of a request."""
        return self._named[POLICY].looked_at

    @property
    def see_any(self) -> bool:
        """Whether a policy looks at either."""
        return self.see_boundaries or self.see_policies

    def tell(self, step: Step) -> bool:
        """Whether a policy looks at a key of the step's requests."""
        actions = {need.action.lower() for need in step.needs if not need.by_anyone}
        return (self.see_boundaries and bool(actions & (SET | OF_TARGET))) or (
            self.see_policies and bool(actions & (ATTACH | DETACH))
        )

    def see_present(self, step: Step) -> bool:
        """Whether a policy looks at the boundary that the step's target has."""
        actions = {need.action.lower() for need in step.needs if not need.by_anyone}
        return self.see_boundaries and bool(actions & OF_TARGET)

    def variants(self, step: Step, label: str, facts: Facts) -> Iterator[Variant]:
        """Yield every way in which a step may be taken on what a label names, the best first."""
        for way in self.ways(step, label, facts):
            yield from way.every

    def ways(self, step: Step, label: str, facts: Facts) -> Iterator[Variant]:
        """Yield the same, one for all that are alike."""
        if not self.tell(step):
            yield Variant(step.gain, label)
            return
        actions = {need.action.lower() for need in step.needs if not need.by_anyone}
        if self.see_boundaries and actions & SET:
            yield from self._setting(step, label)
            return
        about = ()
        if self.see_present(step):
            about = tuple((BOUNDARY, one) for one in self.present(label, facts))
        if self.see_policies and actions & ATTACH:
            yield from self._attaching(step, label, about)
        elif self.see_policies and actions & DETACH:
            record = self.record(label) or self._world.groups.get(label)
            for policy in record.grants.managed if record else ():
                yield Variant(step.gain, label, (*about, (POLICY, policy)))
        else:
            yield Variant(step.gain, label, about)

    def attachable(self, account: str) -> Iterable[str]:
        """Return the policies that can be attached, and are told from others; last, AWS's own."""
        told = self._told(POLICY, account)
        return (*told, *(f"arn:{one}:iam::aws:policy/*" for one in self._partitions))

    def present(self, label: str, facts: Facts) -> tuple[Said, ...]:
        """Return the boundary that a principal has; nothing if it may have any, or none."""
        if Fact(Gain.UNBIND, label) in facts:
            return ()
        boundary = bound(label)
        if boundary == ANY:
            return (self._others(label, BOUNDARY),)
        record = self.record(label)
        return (boundary or (record.boundary if record else None),)

    @cached_property
    def _alike(self) -> Alike:
        return Alike(POLICY, set(_texts(self._world)))

    @cached_property
    def users(self) -> frozenset[str]:
        """The users whose names nobody else can come to have."""
        return frozenset(self._world.users) - self._world.passing

    def states(self, label: str, facts: Facts) -> tuple[str, ...]:
        """Return the labels under which a principal may have got what it has.

        What it was given under one boundary it keeps under another that it can be put under.
        """
        loose = any(Fact(gain, label) in facts for gain in (Gain.BIND, Gain.UNBIND))
        return self.labels(label) if loose and self.see_boundaries else (label,)

    def labels(self, label: str) -> tuple[str, ...]:
        """Return all labels that a principal may have."""
        bounds = (None, ANY, *self._told(BOUNDARY, account_of(label)))
        every = bounds if self.see_boundaries else (None,)
        return tuple(dict.fromkeys((label, *(under(label, one) for one in every))))

    def record(self, label: str) -> User | Role | None:
        """Return the user or role of a label, if it exists."""
        arn = bare(label)
        return self._world.users.get(arn) or self._world.roles.get(arn)

    def _setting(self, step: Step, label: str) -> Iterator[Variant]:
        """Yield the boundaries that the caller may pick."""
        unbinding = step.gain is Gain.UNBIND
        loose = label if unbinding else under(label, ANY)
        if MAKE & {need.action.lower() for need in step.needs}:
            yield Variant(step.gain, label, ((BOUNDARY, None),))
        yield from self._new(step.gain, loose, label, BOUNDARY)
        gain = Gain.BIND if unbinding else step.gain
        present = self.present(label, frozenset[Fact]()) if unbinding else ()
        for policy in self._told(BOUNDARY, account_of(label)):
            if policy not in present:
                yield Variant(gain, under(label, policy), ((BOUNDARY, policy),))

    def _attaching(self, step: Step, label: str, about: Given) -> Iterator[Variant]:
        """Yield the managed policies that the caller may attach."""
        everything = f"{self._aws(label)}AdministratorAccess"
        yield Variant(step.gain, label, (*about, (POLICY, everything)))
        own = self._own(label)
        told, alike = self._attachable(account_of(label), everything)
        other = Other(f"{own}*", told)
        yield Variant(step.gain, label, (*about, (POLICY, other)), CREATE_POLICY)
        for policy, *others in alike:
            of, said = given(label, policy), (*about, (POLICY, policy))
            yield Variant(Gain.ATTACH, of, said, alike=tuple(others))
        # Of AWS's own policies nobody knows here what the others allow.
        aws = f"{self._aws(label)}*"
        yield Variant(Gain.ATTACH, given(label, aws), (*about, (POLICY, Other(aws, told))))

    def _attachable(
        self, account: str, everything: str
    ) -> tuple[frozenset[str], Sequence[tuple[str, ...]]]:
        """Return the policies that are told from others, and those but one in groups."""
        key = account, everything
        if key not in self._groups:
            told = dict.fromkeys(self._told(POLICY, account))
            groups = self._alike.groups(account, (one for one in told if one != everything))
            self._groups[key] = frozenset((*told, everything)), groups
        return self._groups[key]

    def _new(self, gain: Gain, of: str, label: str, key: str) -> Iterator[Variant]:
        """Yield what comes of a policy that no condition names: AWS's own, or a new one."""
        told = frozenset(self._told(key, account_of(label)))
        yield Variant(gain, of, ((key, Other(f"{self._aws(label)}*", told)),))
        yield Variant(gain, of, ((key, Other(f"{self._own(label)}*", told)),), CREATE_POLICY)

    def _others(self, label: str, key: str) -> Other:
        partition = bare(label).split(":", 2)[1]
        told = frozenset(self._told(key, account_of(label)))
        return Other(f"arn:{partition}:iam::*:policy/*", told)

    def _own(self, label: str) -> str:
        return f"arn:{bare(label).split(':', 2)[1]}:iam::{account_of(label)}:policy/"

    def _aws(self, label: str) -> str:
        return f"arn:{bare(label).split(':', 2)[1]}:iam::aws:policy/"

    def _told(self, key: str, account: str) -> tuple[str, ...]:
        """Return the policies that conditions on a key may tell from others."""
        found = self._found.get((key, account))
        if found is None:
            named = self._named[key]
            every = [one for one in sorted(named.words) if account_of(one) in (account, "aws")]
            if named.by_pattern or key == POLICY:
                every += (*self._policies[account], *self._policies["aws"])
            found = self._found[key, account] = tuple(dict.fromkeys(every))
        return found

    @cached_property
    def _partitions(self) -> tuple[str, ...]:
        principals = (*self._world.users, *self._world.roles)
        return tuple(dict.fromkeys(arn.split(":", 2)[1] for arn in principals)) or ("aws",)

    @cached_property
    def _policies(self) -> Mapping[str, list[str]]:
        """`{account: the managed policies that are known to be there}`."""
        world = self._world
        principals = (*world.users.values(), *world.roles.values())
        bounds = (one.boundary for one in principals if one.boundary is not None)
        found: dict[str, list[str]] = defaultdict(list)
        for arn in dict.fromkeys((*world.policies, *bounds)):
            found[account_of(arn)].append(arn)
        return found


@lru_cache(maxsize=2)
def _keys_of(same: "_Same") -> IamKeys:
    return IamKeys(same.world)


class _Same:
    """A world, the same only as itself: comparing two takes long."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.world is other.world

    def __hash__(self) -> int:
        return id(self.world)


def iam_keys(world: World) -> IamKeys:
    """Return what the policies of a world look at; of the same world, the same."""
    return _keys_of(_Same(world))


def stated(texts: Iterable[str | None]) -> frozenset[tuple[str, str]]:
    """Return the values that the conditions of policies state of the keys, each with its key."""
    return frozenset(one for text in texts for one in _stated(text))


def _texts(world: World) -> Iterator[str | None]:
    documents = (*world.policies.values(), *world.resources.values())
    yield from (document.text for document in documents)
    for holder in (*world.users.values(), *world.roles.values(), *world.groups.values()):
        yield from (document.text for document in holder.grants.inline)
    for account in world.accounts.values():
        levels = (*account.scps, *account.rcps)
        yield from (document.text for level in levels for document in level)


@lru_cache(maxsize=1 << 17)
def _stated(text: str | None) -> tuple[tuple[str, str], ...]:
    """Return the values that the conditions of a policy state of the keys."""
    if text is None or not any(word in text.lower() for word in (*_LOWERED, "\\u")):
        return ()
    policy = read(text)
    if isinstance(policy, Unreadable):
        return ()
    return tuple(
        (_LOWERED[condition.key.lower()], value)
        for statement in policy.statements
        for condition in statement.conditions
        if condition.key.lower() in _LOWERED
        for value in condition.values
    )


_LOWERED = {key.lower(): key for key in (BOUNDARY, POLICY)}
