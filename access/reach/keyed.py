"""Steps of which a policy looks at IAM's own condition keys: taken one way after the other."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from access.catalogue.step import Gain, Need, Step
from access.facts import Fact, Facts
from access.iam_keys import IamKeys
from access.reach.judge import Judge
from access.reach.standing import Standing
from access.reach.units import Unit
from access.variant import Variant

IsHad = Callable[[Need, Unit, Standing], bool]
"""Whether a need that is about no target is met."""


@dataclass(frozen=True, slots=True)
class By:
    """Who takes a step, and what it takes: `about` its target, and `loose` of other things."""

    unit: Unit
    standing: Standing
    loose: Sequence[Need]
    about: Sequence[Need]


@dataclass(frozen=True, slots=True)
class Keyed:
    """Finds what steps give, each way in which they may be taken by itself."""

    judge: Judge
    keys: IamKeys
    facts: Facts
    is_had: IsHad

    def of(self, step: Step, by: By, labels: Sequence[str]) -> Iterator[tuple[Gain, list[str]]]:
        """Yield what a step gives of these targets; of one, nothing that is less than another."""
        ways: dict[tuple[object, ...], tuple[Variant, dict[str, Variant]]] = {}
        for label in labels:
            for way in self.keys.ways(step, label, self.facts):
                key = way.gain, way.said, way.also
                ways.setdefault(key, (way, {}))[1][label] = way
        done: set[str] = set()
        for way, of in sorted(ways.values(), key=lambda pair: pair[0].gain is not step.gain):
            new = [one for one in of if one not in done and self._is_new(of[one])]
            left = self._allowed(way, by, new)
            if way.gain is step.gain:
                done.update(left)
            if left:
                yield way.gain, [got for one in left for got in of[one].comes_to]

    def _is_new(self, way: Variant) -> bool:
        return any(Fact(way.gain, of) not in self.facts for of in way.comes_to)

    def _allowed(self, way: Variant, by: By, labels: Sequence[str]) -> Sequence[str]:
        """Return those of the targets on which it is allowed this way."""
        asked = [replace(need, context=way.given(need)) for need in by.loose]
        also = [*asked, *([way.also] if way.also else [])]
        if not labels or not all(self.is_had(need, by.unit, by.standing) for need in also):
            return ()
        owner = self.judge.owner(by.unit.label)
        for need in by.about:
            permit = by.standing.permit(need.action.lower(), owner, way.given(need))
            labels = permit.select(by.unit.name, labels)
        return labels
