"""The engine's command: what is said where there is none, and how it is interrupted."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pulumi.automation.errors import CommandError

from pipeline.command import EngineCommand
from pipeline.errors import EngineMissingError
from tests.cli.test_up import until


def test_an_engine_that_is_not_there_is_said_in_one_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(EngineMissingError, match="no `pulumi` on PATH; install it"):
        EngineCommand()


ENGINE = """#!/bin/sh
[ "$1" = version ] && echo v3.250.0 && exit
trap 'echo told' INT
touch begun
for _ in 1 2 3 4 5; do sleep 0.2; done
"""


def test_an_engine_is_interrupted_once_however_often_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It would take a second signal as "stop at once"."""
    program = tmp_path / "pulumi"
    program.write_text(ENGINE, "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    command = EngineCommand()
    with ThreadPoolExecutor(max_workers=1) as engine:
        ran = engine.submit(command.run, ["up"], str(tmp_path), {})
        until((tmp_path / "begun").exists)
        for ask in (command.interrupt, command.interrupt, command._tell):  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- whoever starts an engine may ask as well
            ask()
            time.sleep(0.25)
    assert ran.result().stdout == "told"
    with pytest.raises(CommandError, match="interrupted"):
        command.run(["up"], str(tmp_path), {})
