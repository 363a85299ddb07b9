"""The demo, as a newcomer runs it: twice, and after it was killed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import exits
from local import cloud as local_cloud
from local.home import LocalHome
from local.install import Toolchain
from tests.end_to_end.demo import Demo
from tests.end_to_end.inventory import assert_converged, keys
from tests.engine import ACCOUNTS

pytestmark = pytest.mark.engine


@pytest.fixture
def demo(tmp_path: Path, toolchain: Toolchain) -> Iterator[Demo]:
    assert toolchain.evaluator, "Node.js is needed to run the evaluator"
    home = LocalHome(tmp_path / "local")
    try:
        yield Demo(home)
    finally:
        local_cloud.stop(home)


def test_a_second_demo_says_that_nothing_changed(demo: Demo) -> None:
    first = demo.run()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "4 accounts deployed" in first.stdout
    assert "not what the model says" in first.stdout
    assert "! " not in first.stdout.replace("! not what the model says", "")
    before = keys(demo.home)
    second = demo.run()
    assert second.returncode == 0, second.stdout + second.stderr
    assert second.stdout.count("nothing changed") == len(ACCOUNTS) + 1
    assert keys(demo.home) == before
    assert_converged(demo.home, demo.states())


def _path_without(hidden: set[str], folder: Path) -> str:
    """A PATH with everything that there is but these programs."""
    folder.mkdir()
    for entry in os.get_exec_path():
        for program in Path(entry).glob("*"):
            link = folder / program.name
            if program.name not in hidden and not link.exists():
                link.symlink_to(program)
    return str(folder)


@pytest.mark.parametrize("after_seconds", [1.5, 4.0, 7.0])
def test_a_demo_that_was_killed_converges_when_it_is_run_again(
    demo: Demo, after_seconds: float
) -> None:
    demo.run_and_kill(after_seconds)
    again = demo.run()
    assert again.returncode == 0, again.stdout + again.stderr
    assert_converged(demo.home, demo.states())


@pytest.mark.parametrize("after_seconds", [0.5, 5.0])
def test_an_interrupted_demo_ends_in_good_order(demo: Demo, after_seconds: float) -> None:
    status, said = demo.run_and_interrupt(after_seconds)
    assert status == exits.INTERRUPTED, said
    assert "Traceback" not in said
    assert list(demo.home.backend.glob(".pulumi/locks/**/*.json")) == []
    for state in demo.home.backend.glob(".pulumi/stacks/*/*.json"):
        checkpoint = json.loads(state.read_text("utf-8"))["checkpoint"]
        assert not (checkpoint["latest"] or {}).get("pending_operations"), state


def test_without_node_the_demo_says_that_nothing_was_enforced(demo: Demo, tmp_path: Path) -> None:
    path = _path_without({"node", "nodejs", "npm", "npx"}, tmp_path / "bin")
    done = Demo(demo.home, {"PATH": path}).run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOTHING IS ENFORCED" in done.stdout
    assert "What AssumeRole answers" not in done.stdout
