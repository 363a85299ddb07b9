"""What the engine says with much unknown holds for each request that what is known leaves open."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

import pytest

from access.context import Absent, Context, Exactly, Value
from access.keys import describe
from access.verdict import Allowed, Denied, Verdict
from tests.differential.categories import explained
from tests.differential.concrete import Concrete
from tests.differential.generate import questions
from tests.differential.oracle import Oracle
from tests.differential.question import Question, asked_of, ours, policies, verdict
from tests.differential.vocabulary import KEYS

pytestmark = pytest.mark.xdist_group("differential")

SEED = 5
WORLDS = 400
COMPLETIONS = 5
WITNESSES = 60
ALWAYS = frozenset(key for key in KEYS if describe(key).always_present)


@dataclass(frozen=True, slots=True)
class Partial:
    """A question of which some condition keys are known, and requests that it may then be."""

    question: Question
    context: Context
    completions: tuple[Question, ...]
    verdict: Verdict


@pytest.fixture(scope="module")
def partials() -> tuple[Partial, ...]:
    """Each request of the worlds with about half of its context, and what the engine says."""
    return tuple(_partials())


def _partials() -> Iterator[Partial]:
    for number in range(WORLDS):
        random = Random(f"partial:{number}")  # noqa: S311 - nothing secret
        for question in questions(SEED, number):
            known = {key for key in KEYS if random.random() < 0.5}
            values: dict[str, Value] = {}
            for key in known:
                value = question.context.get(key)
                texts = (value,) if isinstance(value, str) else tuple(value or ())
                values[key] = Absent() if value is None else Exactly(texts)
            others = [completed(question, known, random) for _ in range(COMPLETIONS)]
            context = Context(values)
            yield Partial(question, context, tuple(others), verdict(question, context))


def completed(question: Question, known: set[str], random: Random) -> Question:
    """Return a request with the same values of what is known, and any of the rest."""
    context = {key: value for key, value in question.context.items() if key in known}
    for key, (_, several, _, values) in KEYS.items():
        there = key in ALWAYS or random.random() < 0.5
        if values and key not in known and there:
            chosen = random.choice(values)
            context[key] = [chosen] if several else chosen
    return replace(question, context=context)


def test_what_is_denied_of_a_partial_context_is_denied_of_each_completion(
    partials: tuple[Partial, ...], oracle: Oracle
) -> None:
    denied = [one for one in partials if isinstance(one.verdict, Denied)]
    every = [question for one in denied for question in one.completions]
    for question, theirs in zip(every, oracle.put(every).read(), strict=True):
        if theirs == "Allowed":  # only where the evaluator differs on the whole request as well
            assert ours(question) != "Allowed", question.json()
            assert explained(question, oracle.theirs), question.json()
    assert len(denied) > WORLDS


def test_what_is_allowed_of_a_partial_context_is_allowed_of_a_completion(
    partials: tuple[Partial, ...], oracle: Oracle
) -> None:
    allowed = [one for one in partials if isinstance(one.verdict, Allowed)]
    without: list[Question] = []
    for one in allowed:
        request = asked_of(one.question, one.context)
        by = one.question.role or one.question.caller
        several = Concrete(request, policies(one.question), by).questions(WITNESSES)
        mine = next((question for question in several if ours(question) == "Allowed"), None)
        if mine is None:
            without.append(one.question)
        elif oracle.theirs(mine) != "Allowed":
            assert explained(mine, oracle.theirs), mine.json()
    # Two statements may need two values of one key: each alone may hold, and not both.
    assert len(without) < len(allowed) / 20
    assert len(allowed) > WORLDS / 2
