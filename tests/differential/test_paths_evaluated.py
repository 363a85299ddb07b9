"""The evaluator allows every request of every refuting path, and none without its reasons."""

from collections.abc import Sequence

import pytest

from access.catalogue import steps
from access.catalogue.step import Step
from access.rule import Rule
from access.world import World
from local.evaluator import NoVerdictError
from tests.access.example_world import RULE, world
from tests.access.mutants import OPENING
from tests.access.small_world import STATE, N, R
from tests.access.steps_world import HELPERS, case
from tests.access.test_catalogue_steps import OPENING as OPENING_STEPS
from tests.access.test_delegation import HOLES
from tests.access.test_reach_lineage import RULE as LINEAGE
from tests.access.test_reach_lineage import lineage
from tests.differential.oracle import Oracle
from tests.differential.question import Question, ours
from tests.differential.walk import Taken, walk

pytestmark = pytest.mark.xdist_group("differential")

# What the evaluator does not take: an action that AWS has retired, and a path above parameters.
NOT_TAKEN = {"codestar-create-project-from-template", "ssm-get-parameters-by-path"}


def confirm(oracle: Oracle, one: World, rule: Rule, catalogue: Sequence[Step]) -> int:
    """Confirm every request of the path that breaks a rule; return how many there were."""
    taken = list(walk(one, rule, catalogue))
    for request in taken:
        allowed = _allowed(oracle, request)
        assert allowed is not None, f"{request.put}: {request.hop}"
        without = request.without(allowed)
        assert oracle.theirs(without) != "Allowed", f"{request.put}: {request.hop}"
    return len(taken)


def _allowed(oracle: Oracle, taken: Taken) -> Question | None:
    """Return the request, in full, as both allow it."""
    for question in taken.questions():
        if ours(question) == "Allowed" and oracle.theirs(question) == "Allowed":
            return question
    return None


def test_the_path_of_the_lineage_is_confirmed(oracle: Oracle) -> None:
    assert confirm(oracle, lineage(STATE, "333333333333"), LINEAGE, steps()) >= 3


@pytest.mark.parametrize("mutant", OPENING)
def test_the_path_that_a_mutant_opens_is_confirmed(mutant: str, oracle: Oracle) -> None:
    assert confirm(oracle, OPENING[mutant](world()), RULE, steps()) >= 2


@pytest.mark.parametrize("hole", HOLES)
def test_the_path_through_a_hole_in_a_delegation_is_confirmed(hole: str, oracle: Oracle) -> None:
    assert confirm(oracle, HOLES[hole](), Rule.of((N,), (R,)), steps()) >= 1


@pytest.mark.parametrize("step", OPENING_STEPS, ids=lambda step: step.id)
def test_the_path_by_a_step_is_confirmed(step: Step, oracle: Oracle) -> None:
    one = case(step)
    catalogue = (*(helper for helper in HELPERS if helper != step), step)
    if step.id in NOT_TAKEN:
        with pytest.raises(NoVerdictError):
            confirm(oracle, one.world, one.rule, catalogue)
    else:
        assert confirm(oracle, one.world, one.rule, catalogue) >= 1
