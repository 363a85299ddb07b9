"""Rules to verdicts: proved with a certificate, refuted with a path, or undecided with why."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from access.arn import account_of
from access.catalogue import steps as catalogue_steps
from access.catalogue.step import Gain, Step
from access.certificate import Certificate, catalogue_version, compact, fingerprint
from access.errors import PatternTooComplexError
from access.evidence import Evidence
from access.facts import GIVEN, STORED, Derivation, Fact
from access.federation import admitting, first_hop
from access.newer import newer_actions, unread
from access.path import Hop, Paths
from access.pattern import Language, pieces
from access.quiet import uncollected
from access.reach.closure import Closure
from access.reach.ledger import Taken
from access.reach.texts import Name, covers, meets, named, of_pieces
from access.reach.units import Unit
from access.remedy import Remedy, remedy
from access.rule import Rule, Start, WebIdentity
from access.ways_out import ways_out
from access.world import World

DETOURS = 16
"""Paths of which a step is not confirmed that are passed over, before no path is told."""


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
    """The verdict on each rule, in their order.

    Attributes:
        checked: whether every proof in it has been taken by the checker.
    """

    results: tuple[Result, ...]
    world: str
    catalogue: str
    checked: bool = False

    @property
    def answer(self) -> Answer:
        """The verdict on all rules together."""
        found = {result.answer for result in self.results}
        for answer in (Answer.REFUTED, Answer.UNDECIDED):
            if answer in found:
                return answer
        return Answer.PROVED

    def json(self, world: World | None = None) -> dict[str, Any]:
        """Return it as JSON's values, in the documented and stable form.

        Args:
            world: what was proved about, to say of each way out of a proof why it is shut.
        """
        return {
            "verdict": self.answer.value,
            "rules": [_json(result) for result in self.results],
            "certificate": {
                "world": self.world,
                "catalogue": self.catalogue,
                "checked": self.checked,
                "proofs": [
                    {**result.certificate.json(), "shut": _shut(world, result.certificate)}
                    for result in self.results
                    if isinstance(result, Proof)
                ],
            },
        }


def _shut(world: World | None, certificate: Certificate) -> list[dict[str, Any]]:
    return [] if world is None else [one.json() for one in ways_out(world, certificate)]


def _json(result: Result) -> dict[str, Any]:
    path = () if isinstance(result, Proof) else result.path
    found: dict[str, Any] = {
        "from": [str(pattern) for pattern in result.rule.from_],
        "never_reach": [str(pattern) for pattern in result.rule.never_reach],
        "apart_from": [str(pattern) for pattern in result.rule.apart_from],
        "verdict": result.answer.value,
        "path": [hop.json() for hop in path],
        "undecided": list(result.why) if isinstance(result, Undecided) else [],
    }
    if isinstance(result, Refuted) and result.remedy is not None:
        found["remedy"] = result.remedy.json()
    return found


class How(Enum):
    """How much a closure takes for granted: each holds all that the next one does."""

    AT_MOST = "at most"
    """Whoever is allowed everything administers the account: quick, and enough for most proofs."""
    PERHAPS = "perhaps"
    """What cannot be decided on counts as allowed."""
    SURELY = "surely"
    """What cannot be decided on counts as refused."""


Key = tuple[tuple[Start, ...], How, frozenset[Taken]]
"""What tells closures from others: where one starts, what is granted, and what is left out."""


@dataclass(frozen=True, slots=True)
class Told:
    """A path to whom it reaches, in the closure that it was found in."""

    path: tuple[Hop, ...]
    reached: str
    closure: Closure


@dataclass(frozen=True, slots=True)
class Prover:
    """Proves rules about one world; closures are made once for each set of starting principals."""

    world: World
    steps: Sequence[Step]
    _closures: dict["Key", Closure] = field(default_factory=dict["Key", Closure])

    def closure(
        self, from_: tuple[Start, ...], how: How, without: frozenset[Taken] = frozenset()
    ) -> Closure:
        """Return everything that follows from being whom these say; some steps may be left out."""
        with self._begun((from_, how, without)) as closure:
            return closure.finish()

    @contextmanager
    def _begun(self, key: "Key") -> Generator[Closure]:
        """Give the closure as far as it has been found; if it cannot be, it is given up."""
        from_, how, without = key
        if key not in self._closures:
            sure = how is How.SURELY
            wide = how is How.AT_MOST
            closure = Closure(self.world, self.steps, sure=sure, wide=wide, without=without)
            for one in from_:
                if isinstance(one, WebIdentity):
                    roles = tuple(admitting(self.world, one, sure=sure))
                    closure.learn(Gain.CONTROL, roles, first_hop(one))
            closure.learn(Gain.ADMINISTER, rooted(self.world, from_), Derivation(GIVEN, 0))
            self._closures[key] = closure.start(starting(self.world, from_))
        try:
            yield self._closures[key]
        except BaseException:
            del self._closures[key]  # INVARIANT: none is kept that stopped halfway through a cost
            raise

    def newer(self, rule: Rule, how: How) -> tuple[str, ...]:
        """Return what those under control may do that is newer than the catalogue."""
        standings = self.closure(rule.from_, how).standing_of.values()
        texts = {text for one in standings for text in one.bearing.allowing}
        return tuple(
            f"`{action}` is not in the catalogue of steps, and nobody knows what it gives; "
            "add it, or take it out of the policy"
            for action in newer_actions(texts)
        )

    def breach(self, rule: Rule) -> tuple[How, Fact | None]:
        """Return how much has to be taken for granted, and the first fact that then breaks it."""
        if self.reached(rule, How.AT_MOST) is None:
            return How.AT_MOST, None
        return How.PERHAPS, self.reached(rule, How.PERHAPS)

    def reached(self, rule: Rule, how: How, without: frozenset[Taken] = frozenset()) -> Fact | None:
        """Return the first fact, by cost, that breaks the rule."""
        with self._begun((rule.from_, how, without)) as closure:
            return closure.first(lambda facts: breaking(facts, rule, self.world))

    def found(self, rule: Rule, how: How, without: frozenset[Taken] = frozenset()) -> Closure:
        """Return the closure in which somebody was reached, as far as it has been found."""
        return self._closures[rule.from_, how, without]

    def confirmed(self, rule: Rule) -> Told | None:
        """Return the shortest path of which each step is confirmed, if one is found."""
        without: frozenset[Taken] = frozenset()
        for _ in range(DETOURS):
            reached = self.reached(rule, How.SURELY, without)
            if reached is None:
                return None
            closure = self.found(rule, How.SURELY, without)
            path = _path(self, closure, reached)
            # INVARIANT: each step of a path is confirmed by the exact decision, or none is told.
            doubtful = {(hop.step, hop.caller, hop.gained) for hop in path if hop.doubts}
            if not doubtful:
                return Told(path, reached.of, closure)
            without |= doubtful
        return None


def prove(
    world: World, rules: Sequence[Rule], *, catalogue: Sequence[Step] | None = None
) -> Proofs:
    """Return for each rule a proof, the shortest path that breaks it, or why neither can be had."""
    steps = catalogue_steps() if catalogue is None else tuple(catalogue)
    with uncollected():
        digest, version = fingerprint(world), catalogue_version(steps)
        return prove_each(Prover(world, steps), rules, digest, version)


def prove_each(prover: Prover, rules: Sequence[Rule], world: str, catalogue: str) -> Proofs:
    """Return the verdict on each rule, where the digests of world and catalogue are known."""
    with uncollected():
        results = tuple(_prove(prover, rule, world, catalogue) for rule in rules)
    return Proofs(results, world, catalogue)


def refuted(world: World, rules: Iterable[Rule]) -> Iterator[Refuted]:
    """Yield what is surely broken, as `prove` tells it, in a part of its time; of others, nothing.

    For whoever has reason to doubt: what is reached by what surely holds, whatever else may hold
    leads to as well.
    """
    prover = Prover(world, catalogue_steps())
    for rule in rules:
        with suppress(PatternTooComplexError):
            if told := prover.confirmed(rule):
                yield _refuted(prover, rule, told)


def _refuted(prover: Prover, rule: Rule, told: Told) -> Refuted:
    return Refuted(rule, told.path, told.reached, remedy(prover, rule, told.path))


def _prove(prover: Prover, rule: Rule, digest: str, version: str) -> Result:
    try:
        how, broken = prover.breach(rule)
        if broken is not None:
            return _broken(prover, rule, broken)
    except PatternTooComplexError as error:
        return Undecided(rule, (str(error),))
    missing = (f"`{one.arn}`: {one.what}" for one in prover.world.missing)
    lacks = (*missing, *unread(prover.world)) or prover.newer(rule, how)
    if lacks:
        return Undecided(rule, lacks)
    facts = compact(prover.closure(rule.from_, how).facts)
    return Proof(rule, Certificate(rule, facts, digest, version))


def _broken(prover: Prover, rule: Rule, broken: Fact) -> Refuted | Undecided:
    """Return the path that breaks the rule or, if it takes what is doubtful, what that is."""
    told = prover.confirmed(rule)
    if told is not None:
        return _refuted(prover, rule, told)
    path = _path(prover, prover.found(rule, How.PERHAPS), broken)
    doubts = dict.fromkeys(str(reason) for hop in path for reason in hop.doubts)
    doubts.update((said, None) for hop in path if hop.step == STORED for said in hop.context)
    return Undecided(rule, tuple(doubts) or (f"how `{broken.of}` is reached",), path)


def _path(prover: Prover, closure: Closure, fact: Fact) -> tuple[Hop, ...]:
    return Paths(Evidence(prover.world), prover.steps, closure.facts).to(fact)


def starting(world: World, starts: Iterable[Start]) -> Iterator[Unit]:
    """Yield the principals that patterns name: those there are, and those yet to be made."""
    for text in (str(one) for one in starts if not isinstance(one, WebIdentity)):
        matched: Name = named(text)
        for principal in (*world.users.values(), *world.roles.values()):
            if principal.arn == matched or (
                isinstance(matched, Language) and principal.arn in matched
            ):
                yield Unit.of(principal)
        if text not in world.users and text not in world.roles:
            yield from _to_be_made(world, text)


def rooted(world: World, starts: Iterable[Start]) -> Iterator[str]:
    """Yield the accounts that their root users start in: each administers its own."""
    for text in (str(one) for one in starts if not isinstance(one, WebIdentity)):
        *_, account, resource = text.split(":", 5)
        if resource == "root":
            yield from (known for known in world.accounts if known in Language.glob(account))


def _to_be_made(world: World, pattern: str) -> Iterator[Unit]:
    """Yield the principals that may yet be made under a pattern, account by account."""
    *head, account, resource = pattern.split(":", 5)
    accounts = Language.glob(account)
    for known in world.accounts:
        if known in accounts:
            yield Unit.matching(":".join((*head, known, resource)))


def breaking(facts: Iterable[Fact], rule: Rule, world: World) -> Iterator[Fact]:
    """Yield the facts that somebody is controlled whom the rule says is never reached.

    INVARIANT: of a principal that there is, a fact says so by its ARN: under a pattern are those
    yet to be made, and nobody is made under the name of one who stays.
    """
    spared = [of_pieces(pieces(str(pattern))) for pattern in rule.apart_from]
    targets: dict[str, list[Name]] = {}
    for pattern in rule.never_reach:
        account = account_of(str(pattern))
        targets.setdefault("" if {"*", "?"} & set(account) else account, []).append(
            named(str(pattern))
        )
    anywhere = targets.pop("", [])
    for fact in facts:
        if fact.gain is not Gain.CONTROL:
            continue
        here = targets.get(account_of(fact.of), ())
        if (here or anywhere) and fact.of.split(":", 3)[2] in ("iam", "sts"):
            name = named(fact.of)
            never = (
                one
                for one in (*here, *anywhere)
                if isinstance(name, str)
                or fact.of.endswith(":*")
                or not (isinstance(one, str) and world.stays(one))
            )
            if any(_meet(name, target) for target in never) and not any(
                covers(one, name) for one in spared
            ):
                yield fact


def _meet(one: Name, two: Name) -> bool:
    if isinstance(two, str):
        return one == two if isinstance(one, str) else two in one
    return meets(two, one)


__all__ = ["Answer", "Proof", "Proofs", "Refuted", "Result", "Rule", "Undecided", "prove"]
