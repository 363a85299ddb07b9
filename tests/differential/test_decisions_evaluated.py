"""On generated worlds the evaluator decides as the engine does, or a category says why not."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.differential.categories import CATEGORIES, explained
from tests.differential.compare import Asked, smallest
from tests.differential.faults import FAULTS, SEEN_IN
from tests.differential.oracle import Oracle
from tests.differential.question import UNDECIDED, Question, ours

pytestmark = pytest.mark.xdist_group("differential")

KNOWN: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "known.yaml").read_text())


def test_the_evaluator_agrees_on_generated_worlds(asked: tuple[Asked, ...], oracle: Oracle) -> None:
    open_ = [one for one in asked if not one.agreed and not one.excused]
    shown = [(one.world, one.ours, one.theirs, smallest(oracle, one).json()) for one in open_[:3]]
    assert shown == [], f"{len(open_)} questions of {len(asked)}"


def test_the_worlds_are_allowed_and_denied_often_enough_to_tell(asked: tuple[Asked, ...]) -> None:
    answers = Counter(one.theirs for one in asked if one.agreed)
    assert min(answers.values()) > len(asked) / 10, answers


def test_little_is_excused_or_left_open(asked: tuple[Asked, ...]) -> None:
    excused = sum(bool(one.excused) for one in asked)
    undecided = sum(one.ours == UNDECIDED for one in asked)
    assert excused < len(asked) / 20
    assert undecided < len(asked) / 100


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: f"{case['category']}, {case['theirs']}")
def test_a_known_difference_is_that_and_no_other(case: dict[str, Any], oracle: Oracle) -> None:
    question = Question(**case["question"])
    assert (ours(question), oracle.theirs(question)) == (case["ours"], case["theirs"])
    assert explained(question, oracle.theirs) == (case["category"],)


def test_every_category_has_a_case_and_a_page() -> None:
    assert {case["category"] for case in KNOWN} == {one.name for one in CATEGORIES}
    assert all(one.source.startswith("https://docs.aws.amazon.com/") for one in CATEGORIES)


def test_there_are_enough_faults() -> None:
    assert len(FAULTS) >= 12


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_engine_is_seen(
    fault: str, asked: tuple[Asked, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    FAULTS[fault](monkeypatch)
    near = next((at for at, one in enumerate(asked) if one.world == SEEN_IN.get(fault)), 0)
    assert _differs((*asked[near:], *asked[:near]), ours) is not None


def _differs(asked: tuple[Asked, ...], answer: Callable[[Question], str]) -> Asked | None:
    """Return the first question, of those that nothing excuses, that is answered differently."""
    plain = (one for one in asked if one.agreed and one.ours != UNDECIDED)
    return next((one for one in plain if answer(one.question) not in (UNDECIDED, one.theirs)), None)
