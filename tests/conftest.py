"""Fixtures for tests with the real engine and the local cloud; each worker has its own cloud."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.home import LocalHome
from local.install import Toolchain, install
from local.progress import Silent
from tests.clouds import started
from tests.engine import ACCOUNTS, Project, copy_project


def pytest_configure() -> None:
    """Let what tests start be interrupted: in a shell's background all would ignore Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of one deployment on one worker, so that it is deployed once."""
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            if "deployed" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group("deployed"))


@pytest.fixture(scope="session")
def toolchain(tmp_path_factory: pytest.TempPathFactory) -> Toolchain:
    """The engine and the evaluator, built or installed once per machine."""
    return install(LocalHome(tmp_path_factory.mktemp("toolchain")), Silent())


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHome]:
    """A running cloud with the example's accounts, shared by the tests of a worker."""
    with started(tmp_path_factory.mktemp("cloud")) as home:
        yield home


@pytest.fixture
def fresh_cloud(tmp_path: Path) -> Iterator[LocalHome]:
    """A running cloud whose accounts are empty, for one test (half a second)."""
    with started(tmp_path / "cloud") as home:
        yield home


@pytest.fixture
def project(cloud: LocalHome, tmp_path: Path) -> Project:
    """A copy of the project to edit and preview, with stacks of its own."""
    return copy_project(tmp_path / "project", cloud, tmp_path / "backend")


@pytest.fixture
def project_in(tmp_path: Path) -> Callable[[LocalHome], Project]:
    """Makes a copy of the project for the cloud of another home, with the state kept there."""
    return lambda home: copy_project(tmp_path / "project", home)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The example organisation, its four stacks deployed: once per worker, not to be changed."""
    root = tmp_path_factory.mktemp("deployed")
    with started(root / "cloud") as home:
        copy = copy_project(root / "project", home)
        for stack in ACCOUNTS:
            copy.up(stack).checked()
        yield copy
