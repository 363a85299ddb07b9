"""Who is controlled in the end is who the evaluator lets in; it refuses no step of a path."""

import pytest

from tests.differential.closures import compare, refused
from tests.differential.oracle import Oracle

pytestmark = pytest.mark.xdist_group("differential")

WORLDS = 150


def test_the_closure_is_what_the_evaluator_lets_in(oracle: Oracle) -> None:
    found = [compare(oracle, str(number)) for number in range(WORLDS)]
    assert [number for number, one in enumerate(found) if not one.sound] == []
    assert sum(len(one.theirs) > 1 for one in found) > WORLDS / 5
    assert sum(not one.agreed for one in found) < WORLDS / 50


def test_each_step_of_the_paths_of_generated_worlds_is_confirmed(oracle: Oracle) -> None:
    found = [refused(oracle, str(number)) for number in range(WORLDS)]
    assert [(number, one) for number, (_, one) in enumerate(found) if one] == []
    assert sum(bool(taken) for taken, _ in found) > WORLDS / 10
