"""Rules to verdicts: proved with a certificate, refuted with a path, or undecided with why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from access.catalogue import steps as catalogue_steps
from access.catalogue.step import Gain, Step
from access.certificate import Certificate, catalogue_version, compact, fingerprint
from access.errors import PatternTooComplexError
from access.evidence import Evidence
from access.facts import Derivation, Fact
from access.path import Hop, Paths
from access.pattern import Language
from access.reach.closure import Closure
from access.reach.index import account_of
from access.reach.texts import Name, meets, named
from access.reach.units import Unit
from access.remedy import Remedy, remedy
from access.rule import ArnPattern, Rule
from access.world import World


class Answer(Enum):
    """The three verdicts on a rule."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Proof:
    """No sequence of API calls breaks the rule."""

    rule: Rule
    certificate: Certificate

    answer = Answer.PROVED


@dataclass(frozen=True, slots=True)
class Refuted:
    """The shortest path that breaks the rule, and what would shut it."""

    rule: Rule
    path: tuple[Hop, ...]
    reached: str
    remedy: Remedy | None = None

    answer = Answer.REFUTED


@dataclass(frozen=True, slots=True)
class Undecided:
    """The rule cannot be proved: `why` names the statements, or what the input lacks.

    Attributes:
        path: what the rule would be broken by, if all that cannot be decided on were allowed.
    """

    rule: Rule
    why: tuple[str, ...]
    path: tuple[Hop, ...] = ()

    answer = Answer.UNDECIDED


Result = Proof | Refuted | Undecided


@dataclass(frozen=True, slots=True)
class Proofs:
    """The verdict on each rule, in their order."""

    results: tuple[Result, ...]
    world: str
    catalogue: str

    @property
    def answer(self) -> Answer:
        """The verdict on all rules together."""
        found = {result.answer for result in self.results}
        for answer in (Answer.REFUTED, Answer.UNDECIDED):
            if answer in found:
                return answer
        return Answer.PROVED

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values, in the documented and stable form."""
        return {
            "verdict": self.answer.value,
            "rules": [_json(result) for result in self.results],
            "certificate": {
                "world": self.world,
                "catalogue": self.catalogue,
                "proofs": [
                    result.certificate.json()
                    for result in self.results
                    if isinstance(result, Proof)
                ],
            },
        }


def _json(result: Result) -> dict[str, Any]:
    path = () if isinstance(result, Proof) else result.path
    found: dict[str, Any] = {
        "from": [str(pattern) for pattern in result.rule.from_],
        "never_reach": [str(pattern) for pattern in result.rule.never_reach],
        "verdict": result.answer.value,
        "path": [hop.json() for hop in path],
        "undecided": list(result.why) if isinstance(result, Undecided) else [],
    }
    if isinstance(result, Refuted) and result.remedy is not None:
        found["remedy"] = result.remedy.json()
    return found


@dataclass(frozen=True, slots=True)
class Prover:
    """Proves rules about one world; closures are made once for each set of starting principals."""

    world: World
    steps: Sequence[Step]
    _closures: dict[tuple[tuple[ArnPattern, ...], bool], Closure] = field(
        default_factory=dict[tuple[tuple[ArnPattern, ...], bool], Closure]
    )

    def closure(self, from_: tuple[ArnPattern, ...], *, sure: bool) -> Closure:
        """Return everything that follows from controlling the principals of these patterns."""
        key = from_, sure
        if key not in self._closures:
            starts = starting(self.world, from_)
            self._closures[key] = Closure(self.world, self.steps, sure=sure).run(starts)
        return self._closures[key]

    def reached(self, rule: Rule, *, sure: bool) -> Fact | None:
        """Return the first fact, by cost, that breaks the rule."""
        closure = self.closure(rule.from_, sure=sure)
        found = breaking(closure.facts, rule.never_reach)
        return min(found, key=lambda fact: (closure.facts[fact].cost, fact.of), default=None)


def prove(
    world: World, rules: Sequence[Rule], *, catalogue: Sequence[Step] | None = None
) -> Proofs:
    """Return for each rule a proof, the shortest path that breaks it, or why neither can be had."""
    steps = catalogue_steps() if catalogue is None else tuple(catalogue)
    digest, version = fingerprint(world), catalogue_version(steps)
    prover = Prover(world, steps)
    results = tuple(_prove(prover, rule, digest, version) for rule in rules)
    return Proofs(results, digest, version)


def _prove(prover: Prover, rule: Rule, digest: str, version: str) -> Result:
    try:
        broken = prover.reached(rule, sure=False)
        if broken is None:
            if prover.world.missing:
                lacks = (f"`{one.arn}`: {one.what}" for one in prover.world.missing)
                return Undecided(rule, tuple(lacks))
            facts = compact(prover.closure(rule.from_, sure=False).facts)
            return Proof(rule, Certificate(rule, facts, digest, version))
        surely = prover.reached(rule, sure=True)
        if surely is None:
            return _undecided(prover, rule, broken)
        path = _path(prover, rule, surely, sure=True)
    except PatternTooComplexError as error:
        return Undecided(rule, (str(error),))
    return Refuted(rule, path, surely.of, remedy(prover, rule, path))


def _path(prover: Prover, rule: Rule, fact: Fact, *, sure: bool) -> tuple[Hop, ...]:
    known: Mapping[Fact, Derivation] = prover.closure(rule.from_, sure=sure).facts
    return Paths(Evidence(prover.world), prover.steps, known).to(fact)


def _undecided(prover: Prover, rule: Rule, broken: Fact) -> Undecided:
    path = _path(prover, rule, broken, sure=False)
    doubts = dict.fromkeys(str(reason) for hop in path for reason in hop.doubts)
    return Undecided(rule, tuple(doubts) or (f"how `{broken.of}` is reached",), path)


def starting(world: World, patterns: Iterable[ArnPattern]) -> Iterator[Unit]:
    """Yield the principals that patterns name: those there are, and those yet to be made."""
    for pattern in patterns:
        text = str(pattern)
        matched: Name = named(text)
        for principal in (*world.users.values(), *world.roles.values()):
            if principal.arn == matched or (
                isinstance(matched, Language) and principal.arn in matched
            ):
                yield Unit.of(principal)
        if text not in world.users and text not in world.roles:
            yield from _to_be_made(world, text)


def _to_be_made(world: World, pattern: str) -> Iterator[Unit]:
    """Yield the principals that may yet be made under a pattern, account by account."""
    *head, account, resource = pattern.split(":", 5)
    accounts = Language.glob(account)
    for known in world.accounts:
        if known in accounts:
            yield Unit.matching(":".join((*head, known, resource)))


def breaking(facts: Iterable[Fact], never: Sequence[ArnPattern]) -> Iterator[Fact]:
    """Yield the facts that somebody is controlled whom a pattern of `never` names."""
    targets: dict[str, list[Name]] = {}
    for pattern in never:
        account = account_of(str(pattern))
        targets.setdefault("" if {"*", "?"} & set(account) else account, []).append(
            named(str(pattern))
        )
    anywhere = targets.pop("", [])
    for fact in facts:
        if fact.gain is Gain.CONTROL and fact.of.split(":", 3)[2] in ("iam", "sts"):
            name = named(fact.of)
            here = targets.get(account_of(fact.of), ())
            if any(_meet(name, target) for target in (*here, *anywhere)):
                yield fact


def _meet(one: Name, two: Name) -> bool:
    if isinstance(two, str):
        return one == two if isinstance(one, str) else two in one
    return meets(two, one)


__all__ = ["Answer", "Proof", "Proofs", "Refuted", "Result", "Rule", "Undecided", "prove"]
