"""Steps that make somebody: under which names, and patterns of them, a caller may."""

from collections.abc import Iterator
from dataclasses import dataclass

from access.catalogue.step import Step
from access.facts import Fact, Facts
from access.iam_keys import IamKeys
from access.label import acting, bound, under
from access.pattern import ANYTHING, Language
from access.principal import Kind
from access.reach.judge import Judge
from access.reach.keyed import IsHad
from access.reach.permit import Permit
from access.reach.standing import Standing
from access.reach.texts import meets, named
from access.reach.units import Unit

_FEDERATION = "sts:getfederationtoken"


@dataclass(frozen=True, slots=True)
class Making:
    """Finds the principals that may be made, each way in which that may be done by itself."""

    judge: Judge
    keys: IamKeys
    facts: Facts
    is_had: IsHad

    def of(self, step: Step, unit: Unit, standing: Standing) -> Iterator[str]:
        """Yield the ARNs, and patterns of them, that the caller may make principals under."""
        action = step.needs[0].action.lower()
        federating = action == _FEDERATION
        if federating and unit.kind is not Kind.USER:
            return  # AWS takes the call from users only, and from whoever administers the account
        service, sort = ("sts", "federated-user") if federating else ("iam", step.target.value)
        partition = self.judge.index.partition(unit.account)
        base = f"arn:{partition}:{service}::{unit.account}:{sort}/"
        for way in self.keys.variants(step, f"{base}*", self.facts):
            if way.also is None or self.is_had(way.also, unit, standing):
                given = way.given(step.needs[0])
                permit = standing.permit(action, self.judge.owner(unit.label), given)
                for label in self._makable(permit, unit, base):
                    boundary = bound(way.of)
                    made = acting(label, unit.label) if federating else under(label, boundary)
                    if Fact(step.gain, made) not in self.facts:
                        yield made

    def _makable(self, permit: Permit, unit: Unit, base: str) -> Iterator[str]:
        """Yield the new ARNs, and patterns of them, that a permit is about."""
        labels: dict[str, None] = {}
        for clause in permit.identity:
            if clause.allow and clause.may_be_by(unit.name):
                for texts in (
                    (ANYTHING,) if clause.negated else (*clause.may_on.parts, *clause.own_on.parts)
                ):
                    labels.update(dict.fromkeys(_under(base, texts)))
        world = self.judge.index.world
        for label in labels:
            if not world.stays(label) and permit.allows(unit.name, named(label)):
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
