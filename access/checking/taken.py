"""No step of the catalogue leads out of the set."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from access.catalogue import strange
from access.catalogue.step import Gain, Kind, Need, On, Step
from access.checking.closed import STORED, Alike, Closed
from access.checking.doors import Doors
from access.checking.reading import Means, account_of, allowed_by, glob
from access.document import Statement
from access.evidence import Put
from access.label import bare, bound, maker
from access.variant import Variant

_ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
_PASS = "iam:PassRole"  # noqa: S105 -- an action's name
_MAKING = (Gain.MINT, Gain.RENAME)

Ways = Sequence[tuple[tuple[str, ...], Sequence[Step]]]
"""Steps, together with those that are done to the same, by the same actions."""


def taken(closed: Closed) -> Iterator[str]:
    """Yield what somebody in the set can do that gives more than is in it."""
    # Sessions have a rule of their own.
    steps = [step for step in closed.steps if step.needs[0].action not in _ASSUMING]
    guards = _Guards(closed)
    ways: dict[frozenset[str], Ways] = {}
    for alike in closed.alike:
        actions = alike.means.among(closed.actions) | closed.opening
        if actions not in ways:
            ways[actions] = possible(steps, actions)
        for wanted, some in ways[actions]:
            if some[0].gain in _MAKING:
                yield from (one for step in some for one in minted(closed, alike, step))
            elif closed.lacking_in(alike.account, some[0]).every:
                yield from gained(closed, alike, some, wanted, guards)


def possible(steps: Iterable[Step], actions: frozenset[str]) -> Ways:
    """Return the steps that these actions may be enough for."""
    found: dict[tuple[object, ...], tuple[tuple[str, ...], list[Step]]] = {}
    for step in steps:
        if all(need.by_anyone or need.action.lower() in actions for need in step.needs):
            own = (need for need in step.needs if need.on is On.TARGET and not need.by_anyone)
            wanted = tuple(need.action for need in own)
            sort = (step.gain, step.target, step.among, step.cross_account, step.kind, wanted)
            found.setdefault(sort, (wanted, []))[1].append(step)
    return list(found.values())


def gained(
    closed: Closed, alike: Alike, some: Sequence[Step], wanted: Sequence[str], guards: "_Guards"
) -> Iterator[str]:
    """Yield what steps can be done to, and is not in the set."""
    pairs = _pairs(closed, alike, some[0], wanted, guards)
    for step in some if pairs else ():
        for actor, label in pairs:
            for way in closed.evidence.keys.ways(step, label, closed.facts):
                left = [of for of in way.comes_to if not closed.holds(way.gain, of)]
                if left and _is_had(closed, actor, step, label, way):
                    who = f"`{actor}` can `{step.id}` on `{label}`"
                    yield f"{who}, and `{left[0]}` is not in the set"


def _pairs(
    closed: Closed, alike: Alike, step: Step, wanted: Sequence[str], guards: "_Guards"
) -> list[tuple[str, str]]:
    """Return who may be let at what, as far as ARNs say."""
    if step.target in STORED:
        return list(guards.near(alike, step, wanted))
    labels = _named_by(closed, alike, step, wanted)
    return [(actor.label, label) for actor in alike.actors for label in labels]


def _named_by(closed: Closed, alike: Alike, step: Step, wanted: Sequence[str]) -> Iterable[str]:
    """Return the targets outside of which their own policies may speak."""
    # INVARIANT: what has no policy of its own is had only by who is allowed it by theirs.
    lacking = closed.lacking_in(alike.account, step)
    if not wanted:
        return lacking.every
    means, one = alike.means, alike.actors[0].label
    named = means.named(wanted[0], one)
    every = lacking.every
    if named is not None:
        every = dict.fromkeys((*(label for label in named if label in every), *lacking.odd))
    return [label for label in every if all(means.may_on(action, label, one) for action in wanted)]


class _Guards:
    """Finds what is stored that somebody may be let at, by their own policies or by its own."""

    def __init__(self, closed: Closed) -> None:
        self._closed = closed
        self._doors: dict[tuple[object, ...], tuple[Doors, dict[str, list[str]]]] = {}

    def near(self, alike: Alike, step: Step, wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield pairs of who acts and what is stored."""
        # INVARIANT: what is in another account is had only by who is allowed it by their own
        # policies and by its own; within one, by either.
        doors, by_owner = self._sorted(step, alike.account)
        action = wanted[0] if wanted else None
        for actor in alike.actors:
            here = (label for owner in (actor.account, "") for label in by_owner.get(owner, ()))
            named = (
                one for one in here if not action or alike.means.may_on(action, one, actor.label)
            )
            for label in dict.fromkeys((*named, *doors.of(actor, alike.means, action))):
                yield actor.label, label

    def _sorted(self, step: Step, account: str) -> tuple[Doors, dict[str, list[str]]]:
        """Return what a step would give more of: whom it lets in, and what there is by account."""
        anywhere = step.cross_account
        key = step.gain, step.target, step.among, "" if anywhere else account
        if key not in self._doors:
            lacking = self._closed.lacking_in(account, step).every
            by_owner: dict[str, list[str]] = defaultdict(list)
            for label in lacking:
                by_owner[self._closed.places.owners[label]].append(label)
            self._doors[key] = self._closed.guards_of(lacking), by_owner
        return self._doors[key]


def _is_had(closed: Closed, actor: str, step: Step, label: str, way: Variant) -> bool:
    if step.kind is Kind.PASS and not any(
        serves(closed, label, service) for service in step.services
    ):
        return False
    needs = (*step.needs, *([way.also] if way.also else []))
    return all(_is_met(closed, actor, need, label, way) for need in needs)


def _is_met(closed: Closed, actor: str, need: Need, label: str, way: Variant) -> bool:
    return any(
        closed.anyone_may(account_of(actor), need, resource)
        if need.by_anyone
        else closed.may(Put(actor, need.action, resource, way.given(need)))
        for resource in need.resources(label)
    )


def serves(closed: Closed, role: str, service: str) -> bool:
    """Whether a role's trust policy lets in a service."""
    if not _may_serve(closed.world.roles[role].trust.text, service):
        return False
    return closed.may(Put(service, "sts:AssumeRole", role, (), trust=True, as_kind="service"))


@lru_cache(maxsize=1 << 17)
def _may_serve(text: str | None, service: str) -> bool:
    return any(_may_name(statement, service) for statement in allowed_by(text))


def _may_name(statement: Statement, service: str) -> bool:
    # INVARIANT: a service is let in by its own name, by `*`, or by what names nobody in full.
    principals = statement.principals
    if principals is None or principals.negated:
        return True
    return any(
        one.value == service if one.kind == "Service" else one.kind != "AWS" or one.value == "*"
        for one in principals.entries
    )


def passed(closed: Closed) -> Iterator[str]:
    """Yield the roles that can be passed to a service of which nobody knows what it runs."""
    strangers: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for role in closed.outside:
        for service in _strangers(closed.world.roles[role].trust.text):
            strangers[account_of(role)].append((role, service))
    for account, pairs in strangers.items():
        for alike in closed.acting_in(account):
            one = alike.actors[0].label
            for role, service in pairs:
                to = (("iam:PassedToService", service),)
                if alike.means.may_on(_PASS, role, one) and serves(closed, role, service):
                    for actor in alike.actors:
                        if closed.may(Put(actor.label, _PASS, role, to)):
                            who = f"`{actor.label}` can pass `{role}`"
                            yield f"{who} to `{service}`, and it is not in the set"


@lru_cache(maxsize=1 << 17)
def _strangers(text: str | None) -> frozenset[str]:
    named = (one.principals.entries for one in allowed_by(text) if one.principals)
    services = {one.value for entries in named for one in entries if one.kind == "Service"}
    return frozenset(filter(strange, services))


def minted(closed: Closed, alike: Alike, step: Step) -> Iterator[str]:
    """Yield the names that principals can be made under, and that are not in the set."""
    account = alike.account
    where = "sts" if step.needs[0].action.startswith("sts:") else "iam"
    sort = "federated-user" if where == "sts" else step.target.value
    for actor in (one.label for one in alike.actors):
        base = f"arn:{actor.split(':')[1]}:{where}::{account}:{sort}/"
        # AWS makes federated users for users only, and for whoever administers the account.
        of_role = where == "sts" and not bare(actor).split(":", 5)[-1].startswith("user/")
        if of_role or closed.holds(Gain.ADMINISTER, f"{base}*"):
            continue
        for way in closed.evidence.keys.variants(step, f"{base}*", closed.facts):
            if way.also is None or closed.anyone_may(account, way.also, "*"):
                for name in _minted(closed, actor, step, way, base):
                    who = f"`{actor}` can make `{name}`"
                    yield f"{who} by `{step.id}`, which is not in the set"


def _minted(closed: Closed, actor: str, step: Step, way: Variant, base: str) -> Iterator[str]:
    action, said = step.needs[0].action, way.given(step.needs[0])
    if not closed.may(Put(actor, action, f"{base}*", said)):
        return
    world, every = closed.world, glob(f"{base}*")
    whose = actor if ":federated-user/" in base else None
    known = [
        bare(one)
        for one in closed.all(step.gain)
        if one.startswith(base) and bound(one) == bound(way.of) and maker(one) == whose
    ]
    for pattern in _named(closed.means.of(actor), action):
        one = glob(pattern) & every
        if one.is_empty() or world.stays(pattern) or pattern in known:
            continue
        under = pattern if pattern.startswith(base) else f"{base}*"
        covered = any(one.is_subset(glob(label)) for label in known)
        if not covered and closed.may(Put(actor, action, under, said)):
            yield pattern


def _named(means: Means, action: str) -> list[str]:
    """Return the patterns of resources that are named for an action, `*` for any."""
    found: dict[str, None] = {}
    for statement in means.of(action):
        element = statement.resources
        if element is None or element.negated or "${" in "".join(element.values):
            return ["*"]
        found.update(dict.fromkeys(element.values))
    return list(found)
