"""Why each way out of a proof's closed set is shut: from whom, to where, and by what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from access.catalogue.step import Gain
from access.certificate import Certificate
from access.evidence import Evidence, Put
from access.facts import Fact
from access.pattern import Language
from access.rule import WebIdentity
from access.verdict import Denied, Reason
from access.world import World


@dataclass(frozen=True, slots=True)
class WayOut:
    """A way out that is shut, for all callers and roles that are alike.

    Attributes:
        callers: how many principals of the set stand as `caller` does.
        roles: how many roles that must not be reached have the trust policy of `role`.
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

    Callers are taken together whose policies are the same, and roles whose trust policy is.
    """
    evidence = Evidence(world)
    facts = frozenset(certificate.facts)
    callers: dict[object, list[str]] = {}
    for label in _callers(world, certificate):
        record = evidence.record(label)
        policies = tuple(evidence.identity(label, record, facts))
        bound = None if record is None else record.boundary
        key = (policies, bound, label if record is None else "")
        callers.setdefault(key, []).append(label)
    roles: dict[str | None, list[str]] = {}
    never = [Language.glob(str(pattern)) for pattern in certificate.rule.never_reach]
    for arn, role in world.roles.items():
        if any(arn in pattern for pattern in never):
            roles.setdefault(role.trust.text, []).append(arn)
    for identity in certificate.rule.from_:
        if isinstance(identity, WebIdentity):
            yield from _of_web_identity(evidence, identity, roles.values())
    for alike in callers.values():
        for targets in roles.values():
            put = Put(alike[0], "sts:AssumeRole", targets[0], (), trust=True)
            verdict = evidence.decide(put, facts)
            if isinstance(verdict, Denied):
                yield WayOut(alike[0], len(alike), targets[0], len(targets), verdict.reasons)


def _of_web_identity(
    evidence: Evidence, identity: WebIdentity, roles: Iterable[list[str]]
) -> Iterator[WayOut]:
    for targets in roles:
        provider, action = identity.provider(targets[0]), "sts:AssumeRoleWithWebIdentity"
        put = Put(provider, action, targets[0], identity.given, trust=True, as_kind="federated")
        verdict = evidence.decide(put, frozenset[Fact]())
        if isinstance(verdict, Denied):
            yield WayOut(str(identity), 1, targets[0], len(targets), verdict.reasons)


def _callers(world: World, certificate: Certificate) -> Iterator[str]:
    stores = {one.secret for one in world.credentials} | {one.key for one in world.credentials}
    for fact in certificate.facts:
        if fact.gain is Gain.ADMINISTER:
            partition = next(
                (arn.split(":")[1] for arn in world.roles if arn.split(":")[4] == fact.of), "aws"
            )
            yield f"arn:{partition}:iam::{fact.of}:*"
        elif fact.gain is Gain.CONTROL and fact.of not in stores:
            yield fact.of
