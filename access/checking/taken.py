"""No step of the catalogue leads out of the set."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from access.catalogue import strange
from access.catalogue.step import Gain, Kind, Need, On, Step, Target
from access.checking.closed import Closed
from access.checking.reading import Means, account_of, allowed_by
from access.document import Statement
from access.evidence import Put
from access.pattern import Language

_ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
_PASS = "iam:PassRole"  # noqa: S105 -- an action's name


def taken(closed: Closed) -> Iterator[str]:
    """Yield what somebody in the set can do that gives more than is in it."""
    # Sessions have a rule of their own.
    steps = [step for step in closed.steps if step.needs[0].action not in _ASSUMING]
    possible: dict[int, list[Step]] = {}
    for actor in closed.actors:
        means = closed.means.of(actor)
        if id(means) not in possible:
            possible[id(means)] = [step for step in steps if _may_be_taken(closed, actor, step)]
        for step in possible[id(means)]:
            yield from (
                minted(closed, actor, step)
                if step.gain
                in (
                    Gain.MINT,
                    Gain.RENAME,
                )
                else gained(closed, actor, step)
            )
    yield from passed(closed)


def _may_be_taken(closed: Closed, actor: str, step: Step) -> bool:
    return all(need.by_anyone or closed.may_act(actor, need.action) for need in step.needs)


def gained(closed: Closed, actor: str, step: Step) -> Iterator[str]:
    """Yield what a step can be done to, and is not in the set."""
    for label in _possible(closed, actor, step):
        if _is_near(closed, actor, step, label) and _is_had(closed, actor, step, label):
            yield f"`{actor}` can `{step.id}` on `{label}`, which is not in the set"


def _possible(closed: Closed, actor: str, step: Step) -> Iterable[str]:
    """Return the targets outside, without those that the actor's policies name only others of."""
    lacking = closed.lacking_in(account_of(actor), step)
    if not lacking.every or step.target in (Target.STORE, Target.KEY):
        return lacking.every
    for need in step.needs:
        if need.on is On.TARGET and not need.by_anyone:
            named = closed.means.of(actor).named(need.action, actor)
            if named is not None:
                return dict.fromkeys(
                    (*(one for one in named if one in lacking.every), *lacking.odd)
                )
    return lacking.every


def _is_near(closed: Closed, actor: str, step: Step, label: str) -> bool:
    """Whether the caller's own policies, or the target's, may speak of the other."""
    # INVARIANT: what has no policy of its own is had only by who is allowed it by theirs; what is
    # in another account too; and what has one lets in by itself only whom that may name.
    means: Means = closed.means.of(actor)
    by_own = all(
        need.by_anyone
        or need.on is not On.TARGET
        or means.may_on(need.action, need.resource(label), actor)
        for need in step.needs
    )
    if step.target not in (Target.STORE, Target.KEY):
        return by_own or label in closed.world.resources
    here = closed.world.owner(label) in (account_of(actor), "")
    if by_own and here:
        return True
    return (by_own or here) and closed.may_let_in(label, actor)


def _is_had(closed: Closed, actor: str, step: Step, label: str) -> bool:
    if step.kind is Kind.PASS and not any(
        serves(closed, label, service) for service in step.services
    ):
        return False
    return all(_is_met(closed, actor, need, label) for need in step.needs)


def _is_met(closed: Closed, actor: str, need: Need, label: str) -> bool:
    resource = need.resource(label)
    if need.by_anyone:
        return closed.anyone_may(account_of(actor), need, resource)
    return closed.may(Put(actor, need.action, resource, need.context))


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
        for actor in closed.acting_in(account):
            for role, service in pairs:
                to = (("iam:PassedToService", service),)
                if (
                    closed.means.of(actor).may_on(_PASS, role, actor)
                    and serves(closed, role, service)
                    and closed.may(Put(actor, _PASS, role, to))
                ):
                    yield f"`{actor}` can pass `{role}` to `{service}`, and it is not in the set"


@lru_cache(maxsize=1 << 17)
def _strangers(text: str | None) -> frozenset[str]:
    named = (one.principals.entries for one in allowed_by(text) if one.principals)
    services = {one.value for entries in named for one in entries if one.kind == "Service"}
    return frozenset(filter(strange, services))


def minted(closed: Closed, actor: str, step: Step) -> Iterator[str]:
    """Yield the names that principals can be made under, and that are not in the set."""
    action = step.needs[0].action
    where = "sts" if action.startswith("sts:") else "iam"
    sort = "federated-user" if where == "sts" else step.target.value
    account = account_of(actor)
    base = f"arn:{actor.split(':')[1]}:{where}::{account}:{sort}/"
    if closed.holds(Gain.ADMINISTER, f"{base}*") or not closed.may(Put(actor, action, f"{base}*")):
        return
    world, known = closed.world, [one for one in closed.all(step.gain) if one.startswith(base)]
    every = Language.glob(f"{base}*")
    for pattern in _named(closed.means.of(actor), action):
        one = Language.glob(pattern) & every
        if one.is_empty() or pattern in world.users or pattern in world.roles or pattern in known:
            continue
        under = pattern if pattern.startswith(base) else f"{base}*"
        covered = any(one.is_subset(Language.glob(label)) for label in known)
        if not covered and closed.may(Put(actor, action, under)):
            yield f"`{actor}` can make `{pattern}` by `{step.id}`, which is not in the set"


def _named(means: Means, action: str) -> list[str]:
    """Return the patterns of resources that are named for an action, `*` for any."""
    found: dict[str, None] = {}
    for statement in means.of(action):
        element = statement.resources
        if element is None or element.negated or "${" in "".join(element.values):
            return ["*"]
        found.update(dict.fromkeys(element.values))
    return list(found)
