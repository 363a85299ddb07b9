"""The cloud and the project of the tests that run the provider under the real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.home import LocalHome
from tests.clouds import started
from tests.credentials.site import Site, placed


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHome]:
    """A cloud for the tests of this file; each has a user of its own."""
    with started(tmp_path_factory.mktemp("cloud")) as made:
        yield made


@pytest.fixture
def site(home: LocalHome, tmp_path: Path) -> Iterator[Site]:
    with placed(home, tmp_path) as made:
        yield made
