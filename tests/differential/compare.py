"""Both asked the same: how often they agree, and each question on which they do not."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from local.evaluator import NoVerdictError
from tests.differential.categories import explained
from tests.differential.generate import questions
from tests.differential.oracle import Oracle
from tests.differential.question import UNDECIDED, Question, Result, ours
from tests.differential.shrink import shrink

BATCH = 2000
"""Questions put at once: the evaluator answers them while the engine decides."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with both answers; `excused` names the categories that tell the difference."""

    world: int
    question: Question
    ours: Result
    theirs: Result
    excused: tuple[str, ...] = ()

    @property
    def agreed(self) -> bool:
        """Whether the two say the same; what the engine leaves open is nothing said."""
        return self.ours in (UNDECIDED, self.theirs)


@dataclass(slots=True)
class Tally:
    """What came of the questions so far."""

    worlds: int = 0
    requests: int = 0
    undecided: int = 0
    answers: Counter[Result] = field(default_factory=Counter[Result])
    known: Counter[str] = field(default_factory=Counter[str])
    excused: int = 0
    open: list[Asked] = field(default_factory=list[Asked])

    def count(self, found: Iterable[Asked]) -> Iterator[Asked]:
        """Pass on what was asked, counted."""
        for one in found:
            self.requests += 1
            self.undecided += one.ours == UNDECIDED
            self.answers[one.theirs] += 1
            self.known.update(one.excused)
            self.excused += bool(one.excused)
            if not one.agreed and not one.excused:
                self.open.append(one)
            yield one


def ask(oracle: Oracle, seed: int, worlds: Iterable[int]) -> Iterator[Asked]:
    """Yield each request of these worlds with both answers.

    Raises:
        NoVerdictError: the evaluator does not take a question.
    """
    every = ((number, question) for number in worlds for question in questions(seed, number))
    while batch := list(islice(every, BATCH)):
        answers = oracle.put(question for _, question in batch)
        mine = [ours(question) for _, question in batch]
        for (number, question), our, their in zip(batch, mine, answers.read(), strict=True):
            if isinstance(their, NoVerdictError):
                raise NoVerdictError(f"world {number}: {their}")
            excused = () if our in (UNDECIDED, their) else explained(question, oracle.theirs)
            yield Asked(number, question, our, their, excused)


def smallest(oracle: Oracle, asked: Asked) -> Question:
    """Return a smallest question on which the two differ in the same way, told alike."""

    def still(question: Question) -> bool:
        try:
            if ours(question) != asked.ours or oracle.theirs(question) != asked.theirs:
                return False
            return explained(question, oracle.theirs) == asked.excused
        except (NoVerdictError, ValueError):
            return False

    return shrink(asked.question, still)
