"""Each one-line change that opens a path is refuted, and each that opens none is still proved."""

import pytest

from access.catalogue import steps
from access.checker import check
from access.prove import Proof, Refuted, prove
from tests.access.example_world import RULE, world
from tests.access.mutants import HARMLESS, OPENING


def test_there_are_enough_mutants_of_both_sorts() -> None:
    assert len(OPENING) >= 60
    assert len(HARMLESS) >= 30


@pytest.mark.parametrize("mutant", OPENING)
def test_a_change_that_opens_a_path_is_refuted(mutant: str) -> None:
    changed = OPENING[mutant](world())
    (result,) = prove(changed, [RULE]).results
    assert isinstance(result, Refuted), result
    assert all(hop.allowed_by or not hop.requests for hop in result.path)
    assert not any(hop.doubts for hop in result.path)


@pytest.mark.parametrize("mutant", HARMLESS)
def test_a_change_that_opens_none_is_still_proved(mutant: str) -> None:
    changed = HARMLESS[mutant](world())
    (result,) = prove(changed, [RULE]).results
    assert isinstance(result, Proof), [str(hop) for hop in result.path]
    assert check(changed, result.certificate, steps()) == ()
