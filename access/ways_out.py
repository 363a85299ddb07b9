"""Why each way out of a proof's closed set is shut: from whom, to where, and by what."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from access.carried import ASSUME, requests
from access.certificate import Certificate
from access.checking.closed import Closed
from access.checking.doors import Actor, Doors
from access.checking.reading import Means
from access.evidence import Evidence, Put
from access.facts import Fact
from access.pattern import Language
from access.rule import WebIdentity
from access.verdict import Denied, Reason
from access.world import World

_UNTRUSTED = Reason("no statement of the resource-based policy allows it")
_UNALLOWED = Reason("no statement of the identity-based policies allows it")


@dataclass(frozen=True, slots=True)
class WayOut:
    """A way out that is shut, for all callers and roles that are alike.

    Attributes:
        callers: how many principals of the set stand as `caller` does.
        roles: how many roles that must not be reached are shut to them as `role` is.
        why: the refusal, as AWS would decide it.
    """

    caller: str
    callers: int
    role: str
    roles: int
    why: tuple[Reason, ...]

    def __str__(self) -> str:
        why = "; ".join(map(str, self.why))
        return f"`{self.caller}` is not let into `{self.role}`: {why}"

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "from": self.caller,
            "alike": self.callers,
            "to": self.role,
            "to_alike": self.roles,
            "why": [str(reason) for reason in self.why],
        }


def ways_out(world: World, certificate: Certificate) -> Iterator[WayOut]:
    """Yield why a session of no role that must not be reached is to be had from the closed set.

    Callers are taken together who have the same policies and are let near the same roles; roles,
    to which a caller is not let near for the same reason or, near, that have the same trust policy.
    """
    never = [Language.glob(str(pattern)) for pattern in certificate.rule.never_reach]
    roles = [arn for arn in world.roles if any(arn in pattern for pattern in never)]
    evidence = Evidence(world)
    for identity in certificate.rule.from_:
        if isinstance(identity, WebIdentity):
            alike = _by_trust(world, roles).values()
            yield from _of_web_identity(evidence, identity, alike)
    facts = frozenset(certificate.facts)
    for one in _callers(Closed(world, certificate, ()), roles):
        for role, many, why in one.far(roles):
            yield WayOut(one.caller, one.callers, role, many, (why,))
        for targets in _by_trust(world, one.near).values():
            asked = requests(world, one.caller, targets[0])
            shut = [_refused(evidence, puts, facts) for puts in asked]
            if all(shut):
                why = tuple(dict.fromkeys(reason for reasons in shut for reason in reasons))
                yield WayOut(one.caller, one.callers, targets[0], len(targets), why)


def _refused(evidence: Evidence, puts: Iterable[Put], facts: frozenset[Fact]) -> tuple[Reason, ...]:
    """Return why the first of these that is refused is; nothing, if none is."""
    verdicts = (evidence.decide(put, facts) for put in puts)
    return next((one.reasons for one in verdicts if isinstance(one, Denied)), ())


@dataclass(slots=True)
class _Alike:
    """Callers that have the same policies, and are let near the same roles.

    Attributes:
        near: the roles that no comparison of texts shuts to them.
        told: the roles, these among them, that one side speaks of for sure: all that their own
            policies name or, if `whole` is false, all whose trust policies may let them in.
        whole: whether their own policies name in full all that they may be allowed.
    """

    caller: str
    near: Sequence[str]
    told: Sequence[str]
    whole: bool
    callers: int = 0

    def far(self, roles: Sequence[str]) -> Iterator[tuple[str, int, Reason]]:
        """Yield the roles that they are not let near: the first one, how many, and why."""
        near = frozenset(self.near)
        told = [role for role in self.told if role not in near]
        why, why_others = (_UNTRUSTED, _UNALLOWED) if self.whole else (_UNALLOWED, _UNTRUSTED)
        if told:
            yield told[0], len(told), why
        known = near.union(told)
        others = len(roles) - len(known)
        if others:
            yield next(role for role in roles if role not in known), others, why_others


def _callers(closed: Closed, roles: Sequence[str]) -> Iterable[_Alike]:
    """Return who can act, by their policies and what these and trust policies speak of."""
    doors = closed.doors_of(roles)
    found: dict[object, _Alike] = {}
    pairs = [(actor, alike.means) for alike in closed.alike for actor in alike.actors]
    for actor, means in sorted(pairs, key=lambda pair: pair[0].label):
        near, told, whole = _spoken_of(doors, actor, means)
        record = closed.evidence.record(actor.label)
        bounds = (record.boundary, actor.account) if record else actor.label
        one = _Alike(actor.label, near, told, whole)
        found.setdefault((id(means), bounds, near, told), one).callers += 1
    return found.values()


def _spoken_of(
    doors: Doors, actor: Actor, means: Means
) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Return which roles a caller is near to, which it is told of, and by which side."""
    near = tuple(sorted(doors.of(actor, means, ASSUME)))
    names, whole = means.names(ASSUME)
    told = names & doors.labels if whole else doors.of(actor, means, None)
    return near, tuple(sorted(told)), whole


def _by_trust(world: World, roles: Iterable[str]) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for role in roles:
        found.setdefault(world.roles[role].trust.text, []).append(role)
    return found


def _of_web_identity(
    evidence: Evidence, identity: WebIdentity, roles: Iterable[list[str]]
) -> Iterator[WayOut]:
    for targets in roles:
        provider, action = identity.provider(targets[0]), "sts:AssumeRoleWithWebIdentity"
        put = Put(provider, action, targets[0], identity.given, trust=True, as_kind="federated")
        verdict = evidence.decide(put, frozenset[Fact]())
        if isinstance(verdict, Denied):
            yield WayOut(str(identity), 1, targets[0], len(targets), verdict.reasons)
