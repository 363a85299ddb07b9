"""Whatever fails, and wherever: no dead key is given out, none lost, and the next run heals it."""

import logging
import traceback
from collections.abc import Iterable, Iterator
from random import Random
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.errors import CredentialsError
from tests.credentials import mutants
from tests.credentials.explore import (
    EARLY,
    ENSURE,
    HISTORIES,
    LEAKED,
    REMOVE,
    Sequence,
    every,
    undisturbed,
)
from tests.credentials.fakes import Iam, SecretsManager, Sts
from tests.credentials.mutants import Mutant
from tests.credentials.plays import index_of, play
from tests.credentials.worlds import (
    HASTY,
    WEEKLY,
    Action,
    BrokenInvariantError,
    Fault,
    Schedule,
    World,
)

SHARE = 500
"""Of the sequences with one fault, beside those of a first `ensure`; all are in the soak."""

HISTORY = st.lists(st.sampled_from(Action), max_size=4).flatmap(
    lambda first: st.sampled_from([ENSURE, EARLY, LEAKED, REMOVE]).map(lambda last: (*first, last))
)
SEQUENCES = st.builds(
    Sequence,
    history=HISTORY,
    schedule=st.dictionaries(st.integers(0, 130), st.sampled_from(Fault), max_size=3),
    one_machine=st.booleans(),
    policy=st.sampled_from([WEEKLY, HASTY]),
)


@pytest.mark.parametrize("fault", Fault)
def test_one_fault_at_any_call_of_a_first_run_breaks_nothing(fault: Fault) -> None:
    for at in range(len(undisturbed((ENSURE,)).aws.calls)):
        Sequence((ENSURE,), {at: fault}).play()


def test_one_fault_at_any_call_of_a_whole_life_breaks_nothing() -> None:
    sequences = [sequence for history in HISTORIES for sequence in every(history, 1)]
    for sequence in Random(5).sample(sequences, SHARE):  # noqa: S311 - the same each time
        sequence.play()


@settings(max_examples=400, deadline=None)
@given(sequence=SEQUENCES)
def test_up_to_three_faults_in_any_order_break_nothing(sequence: Sequence) -> None:
    assert not list(leaks(sequence.play()))


def leaks(world: World) -> Iterator[str]:
    """Where a secret can be seen although it should be nowhere but in the store's key versions."""
    secrets = [key.secret for key in world.aws.minted]
    for held in world.aws.secrets.values():
        for version, value in held.values.items():
            if not version.startswith("key-") and any(s in version + value for s in secrets):
                yield f"version {version}"
    for error in world.errors:
        if isinstance(error, CredentialsError):
            yield from (f"{error!r}: {seen}" for seen in shown(error) if seen in secrets)


def shown(error: BaseException) -> Iterator[str]:
    """Every text in an error, its causes, and the variables of all their frames."""
    pending: list[BaseException | None] = [error]
    while pending:
        at = pending.pop()
        if at is None:
            continue
        pending += [at.__cause__, at.__context__]
        yield from map(str, at.args)
        for frame, _ in traceback.walk_tb(at.__traceback__):
            for value in frame.f_locals.values():
                if not isinstance(value, World | Iam | SecretsManager | Sts):
                    yield from texts(value)


def texts(value: object) -> Iterator[str]:
    """The text itself, and those in dictionaries and sequences."""
    if isinstance(value, dict):
        value = list(cast("dict[object, object]", value).values())
    if isinstance(value, list | tuple | set | frozenset):
        for inner in cast("Iterable[object]", value):
            yield from texts(inner)
    else:
        yield str(value)


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.FAILED, Fault.LOST, Fault.STORE_DOWN])
def test_no_error_shows_a_secret_even_with_its_frames(fault: Fault) -> None:
    failed = 0
    for at in range(index_of("UpdateSecretVersionStage") + 1):
        world = World({at: fault})
        world.attempt(ENSURE)
        failed += len(world.errors)
        assert not list(leaks(world))
    assert failed


def test_the_search_for_leaks_finds_one_that_is_planted() -> None:
    world = World()
    world.act(ENSURE)
    secret = world.aws.minted[0].secret

    def fail(value: str) -> None:
        raise CredentialsError("found", f"do something about {len(value)}")

    for plant in (lambda: fail(secret), lambda: fail({"deep": [secret]})):  # type: ignore[arg-type] # any value
        try:
            plant()
        except CredentialsError as error:
            world.errors = [error]
        assert list(leaks(world))


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        play((ENSURE, REMOVE), {index_of("CreateAccessKey"): Fault.LOST})
    assert not caplog.records


KILLERS: dict[Mutant, tuple[tuple[Action, ...], Schedule]] = {
    mutants.no_settling: ((ENSURE,), {index_of("CreateAccessKey"): Fault.CRASH_AFTER}),
    mutants.no_fence: ((ENSURE,), {index_of("UpdateSecretVersionStage"): Fault.RIVAL_REMOVES}),
    mutants.blind_promotion: (
        (ENSURE,),
        {index_of("UpdateSecretVersionStage"): Fault.RIVAL_REMOVES},
    ),
    mutants.no_verification: ((ENSURE,), {0: Fault.SLOW}),
    mutants.stored_as_current: ((ENSURE,), {0: Fault.SLOW}),
    mutants.deletion_before_store: ((ENSURE, REMOVE), {}),
    mutants.deletion_before_unlabelling: (
        (ENSURE, REMOVE),
        {
            index_of("GetCallerIdentity"): Fault.CRASH_BEFORE,
            index_of("GetCallerIdentity") + 9: Fault.RIVAL_ENSURES,
        },
    ),
    mutants.doubt_taken_for_refusal: (
        (ENSURE,),
        {
            index_of("PutSecretValue", 2): Fault.LOST,
            index_of("PutSecretValue", 2) + 1: Fault.RIVAL_ENSURES,
        },
    ),
    mutants.no_patience_with_lists: (
        (ENSURE,),
        {0: Fault.HIDDEN, index_of("CreateAccessKey"): Fault.CRASH_AFTER},
    ),
    mutants.no_empty_marker: ((ENSURE,), {}),
}
"""What each broken variant does not survive."""


@pytest.mark.parametrize("mutant", KILLERS, ids=lambda mutant: mutant.__name__)
def test_a_core_without_one_of_its_safeguards_is_caught(mutant: Mutant) -> None:
    history, schedule = KILLERS[mutant]
    play(history, schedule)
    with mutant(), pytest.raises((BrokenInvariantError, CredentialsError, AssertionError)):
        play(history, schedule)
