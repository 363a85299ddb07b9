"""A rotation that leaves out one of its rules is caught by a sequence that it does not survive."""

import pytest

from credentials.errors import CredentialsError
from tests.credentials import mutants_of_rotation as mutants
from tests.credentials.explore import DELETE, EARLY, ENSURE, HOUR, LEAKED, WEEK, Sequence
from tests.credentials.mutants import Mutant
from tests.credentials.plays import index_of
from tests.credentials.worlds import BrokenInvariantError, Fault

A_LIFE = Sequence((ENSURE, WEEK, ENSURE, HOUR, ENSURE, HOUR, ENSURE), {})
SECOND_TRIAL = index_of("GetCallerIdentity", 1, (ENSURE, EARLY))
SECOND_KEY = index_of("CreateAccessKey", 1, (ENSURE, HOUR, EARLY))
UNGRANTED = Sequence((ENSURE, HOUR, EARLY), {SECOND_KEY: Fault.UNGRANTED})

KILLERS: dict[Mutant, Sequence] = {
    mutants.grace_ignored: A_LIFE,
    mutants.deleted_before_deactivated: A_LIFE,
    mutants.old_key_first: A_LIFE,
    mutants.third_key: A_LIFE,
    mutants.never_finished: A_LIFE,
    mutants.promoted_before_verified: UNGRANTED,
    mutants.refusal_taken_for_equality: UNGRANTED,
    mutants.grace_from_minting: Sequence(
        (ENSURE, EARLY, HOUR, ENSURE, ENSURE), {SECOND_TRIAL: Fault.CRASH_BEFORE}
    ),
    mutants.unrecorded_predecessor: Sequence(
        (ENSURE, ENSURE, EARLY, DELETE, ENSURE), {56: Fault.LOST, 74: Fault.LOST}, one_machine=False
    ),
    mutants.leak_forgotten: Sequence((ENSURE, LEAKED, ENSURE), {SECOND_TRIAL: Fault.CRASH_BEFORE}),
    mutants.leak_with_grace: Sequence((ENSURE, LEAKED), {}),
}


@pytest.mark.parametrize("mutant", KILLERS, ids=lambda mutant: mutant.__name__)
def test_a_rotation_without_one_of_its_rules_is_caught(mutant: Mutant) -> None:
    KILLERS[mutant].play()
    with mutant(), pytest.raises((BrokenInvariantError, CredentialsError)):
        KILLERS[mutant].play()


def test_a_successor_asked_for_while_a_rival_rotates_ends_the_cool_down_and_not_the_grace() -> None:
    history = (ENSURE, WEEK, EARLY, HOUR, ENSURE)
    world = Sequence(history, {24: Fault.RIVAL_ENSURES, 79: Fault.UNGRANTED}).play()
    assert world.errors == []


def test_one_refusal_of_the_current_key_does_not_make_a_successor_that_may_do_less() -> None:
    history = (HOUR, LEAKED, WEEK, LEAKED)
    world = Sequence(history, {0: Fault.UNGRANTED, 43: Fault.REFUSED}, one_machine=False).play()
    assert world.errors == []
