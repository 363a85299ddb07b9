"""An organisation small enough to be deployed again for each test."""

from collections.abc import Callable

import pytest

from local.home import LocalHome
from tests.engine import Project
from tests.small import shrunk


@pytest.fixture
def small(fresh_cloud: LocalHome, project_in: Callable[[LocalHome], Project]) -> Project:
    """A project with the small organisation, and accounts that are empty."""
    return shrunk(project_in(fresh_cloud))


@pytest.fixture
def small_state(small: Project) -> Project:
    """The small organisation with its state account deployed."""
    small.up("state").checked()
    return small
