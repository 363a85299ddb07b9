"""The engine's command: what is said where there is none."""

import pytest

from pipeline.command import EngineCommand
from pipeline.errors import EngineMissingError


def test_an_engine_that_is_not_there_is_said_in_one_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(EngineMissingError, match="no `pulumi` on PATH; install it"):
        EngineCommand()
