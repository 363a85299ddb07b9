"""The plugin as a process: how it is installed, starts and ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from local.aws.install import write_plugin

_SECONDS = 20


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return write_plugin(tmp_path / "a home with blanks", Path(sys.executable))


@pytest.fixture
def process(script: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The plugin, started as the engine starts it, in a folder with a `local` of its own."""
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    with subprocess.Popen(
        [script, "127.0.0.1:1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        yield started
        started.kill()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def test_the_executable_is_where_the_engine_looks(script: Path) -> None:
    assert script.parts[-3:] == ("plugins", "resource-aws-v7.51.1", "pulumi-resource-aws")
    assert os.access(script, os.X_OK)
    assert [path.name for path in script.parent.iterdir()] == ["pulumi-resource-aws"]


def test_it_prints_its_port_and_answers_there(process: subprocess.Popen[str]) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{_port(process)}") as channel:
        info = ResourceProviderStub(channel).GetPluginInfo(Empty(), timeout=_SECONDS)
    assert info.version == "7.51.1"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly_when_interrupted(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    _port(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=_SECONDS)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_ends_when_the_engine_is_gone(script: Path) -> None:
    """An engine that is killed cannot tell its plugins."""
    engine = (
        "import os, subprocess, sys; "
        "p = subprocess.Popen([sys.argv[1]], stdout=subprocess.PIPE); p.stdout.readline(); "
        "print(p.pid, flush=True); os._exit(1)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", engine, script],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    plugin, deadline = int(ran.stdout), time.monotonic() + _SECONDS
    while _alive(plugin):
        assert time.monotonic() < deadline, "the plugin outlives its engine"
        time.sleep(0.1)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][:3]
    except OSError:
        return True
