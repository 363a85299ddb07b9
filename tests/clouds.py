"""A local cloud of its own for the tests of one file."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from local import cloud
from local.home import LocalHome
from local.install import install
from local.progress import Silent
from tests.engine import ACCOUNTS, REGION


@contextmanager
def started(root: Path) -> Generator[LocalHome]:
    """Start a cloud with the example's accounts, and stop it at the end."""
    home = LocalHome(root)
    install(home, Silent())
    cloud.start(home, ACCOUNTS, REGION, Silent())
    try:
        yield home
    finally:
        cloud.stop(home)
