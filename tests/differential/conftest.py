"""Fixtures: the evaluator, and generated worlds of a fixed seed with both answers."""

from collections.abc import Iterator

import pytest

from tests.differential.compare import Asked, ask
from tests.differential.oracle import Oracle, start

SEED = 4
WORLDS = 2000


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    found = start()
    if found is None:
        pytest.skip("node is not on PATH, and the evaluator runs on it")
    with found:
        yield found


@pytest.fixture(scope="session")
def asked(oracle: Oracle) -> tuple[Asked, ...]:
    """Every request of the worlds, with the answers of both (8 s)."""
    return tuple(ask(oracle, SEED, range(WORLDS)))
