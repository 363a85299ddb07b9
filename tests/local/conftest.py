"""Fixtures of the local cloud's own tests: a small world, and a PATH on which little is."""

import itertools
import os
from pathlib import Path

import pytest

from local.home import LocalHome
from tests.local.world import World

SDK_FOLDER = "sdk/python/cmd"
"""Where the SDK's module keeps its launcher."""

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def world(cloud: LocalHome) -> World:
    """A world in the worker's cloud."""
    return World(cloud)


@pytest.fixture
def name() -> str:
    """A name that nothing else in the worker's cloud has."""
    return f"name-{next(_NUMBERS)}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose `bin` is all of PATH but the shell's own tools, and that holds the cache."""
    (tmp_path / "bin").mkdir()
    (tmp_path / SDK_FOLDER).mkdir(parents=True)
    (tmp_path / SDK_FOLDER / "pulumi-language-python-exec").write_text("# exec", encoding="utf-8")
    shell = tmp_path / "shell"
    shell.mkdir()
    for tool in ("sh", "sleep", "cp", "touch"):
        (shell / tool).symlink_to(f"/bin/{tool}")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{shell}")
    monkeypatch.setenv("IAM_PROFILES_CACHE", str(tmp_path / "cache"))
    return tmp_path
