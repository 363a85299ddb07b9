"""An executor that is not there is told in one sentence, with what to do."""

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.executors.choose import open_workers
from pipeline.executors.errors import ExecutorError
from tests.cli.clusters import cluster


def refused(where: str) -> str:
    with pytest.raises(ExecutorError) as said:
        open_workers(where, lambda _: None, inputs={}, stacks=4)
    return str(said.value)


@pytest.mark.parametrize("where", ["dask://", "dask://127.0.0.1", "dask://127.0.0.1:port"])
def test_an_address_that_is_none_is_refused_with_its_form(where: str) -> None:
    assert refused(where) == f"executor `{where}`: it is no address; give `dask://HOST:PORT`"


def test_an_executor_of_another_kind_is_refused() -> None:
    assert "give `dask://HOST:PORT`" in refused("ray://127.0.0.1:1")


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.executors.dask._ANSWERS_SECONDS", 0.5)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        said = refused(f"dask://127.0.0.1:{port}")
    assert "no scheduler answers" in said
    assert "start it with `dask scheduler`, or mend the address" in said


def test_a_scheduler_without_workers_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.executors.dask._ANSWERS_SECONDS", 3)
    with cluster(tmp_path, os.environ, workers=0) as dask:
        assert "has no workers; start some with `dask worker`" in refused(dask.where)


def test_a_scheduler_elsewhere_is_not_reached_in_the_clear() -> None:
    said = refused("dask://scheduler.example:8786")
    assert "set `distributed.comm.tls` in Dask's configuration, here and there" in said


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pipeline.executors.dask", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = refused("dask://127.0.0.1:8786")
    assert "Dask is not installed; install it: `pip install 'iam-profiles[dask]'`" in said


def test_dask_is_loaded_by_nobody_who_does_not_ask_for_it() -> None:
    asked = "import sys, cli.up, cli.preview; print(*{'dask', 'distributed'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
