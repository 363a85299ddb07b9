"""The evaluator is installed from its lock file, where node is; what stands in the way is named."""

import json
from pathlib import Path

import pytest

from local.errors import BuildError, NetworkError, ToolMissingError
from local.evaluator_install import install_evaluator
from local.progress import Silent
from tests.engine import REPOSITORY
from tests.local.world import program


def _node(folder: Path, version: str = "v20.1.0") -> None:
    program(folder / "bin" / "node", f"#!/bin/sh\necho {version}\n")


def test_without_node_there_is_none(folder: Path) -> None:
    assert not (folder / "bin" / "node").exists()
    assert install_evaluator(Silent()) is None


def test_with_an_old_node_there_is_none(folder: Path) -> None:
    _node(folder, "v16.20.0")
    assert install_evaluator(Silent()) is None


def test_no_npm_is_named(folder: Path) -> None:
    _node(folder)
    with pytest.raises(ToolMissingError, match="install npm"):
        install_evaluator(Silent())


def test_no_network_is_named(folder: Path) -> None:
    _node(folder)
    program(folder / "bin" / "npm", "#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\nexit 1\n")
    with pytest.raises(NetworkError, match="IAM evaluator"):
        install_evaluator(Silent())


def test_a_package_that_is_not_the_locked_one_is_refused(folder: Path) -> None:
    _node(folder)
    program(folder / "bin" / "npm", "#!/bin/sh\necho 'npm error code EINTEGRITY'\nexit 1\n")
    with pytest.raises(BuildError, match="EINTEGRITY"):
        install_evaluator(Silent())
    assert not list((folder / "cache").glob("evaluator-*"))


def test_it_is_installed_once(folder: Path) -> None:
    _node(folder)
    program(folder / "bin" / "npm", f'#!/bin/sh\necho "$*" >> {folder / "asked"}\n')
    first = install_evaluator(Silent())
    assert first == install_evaluator(Silent())
    assert (folder / "asked").read_text(encoding="utf-8").splitlines() == [
        "ci --ignore-scripts --no-audit --no-fund"
    ]


def test_the_lock_names_no_registry() -> None:
    lock = REPOSITORY / "local" / "evaluator" / "package-lock.json"
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert all("integrity" in package for name, package in packages.items() if name)
