"""`make soak-credentials` leaves no worker behind, however it ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import psutil
import pytest

from tests.engine import REPOSITORY

PROCESSES = 2


@contextmanager
def soaking(sequences: int) -> Generator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, REPOSITORY / "tools" / "soak_credentials.py"],
        env={**os.environ, "SEQUENCES": str(sequences), "PROCESSES": str(PROCESSES), "SEED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_it_ends_with_one_line_of_figures() -> None:
    with soaking(600) as process:
        said, why = process.communicate(timeout=120)
    assert process.returncode == 0, why
    figures = json.loads(said)
    assert (figures["sequences"], figures["violations"]) == (600, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_it(number: signal.Signals) -> None:
    with soaking(1_000_000) as process:
        assert process.stderr
        assert "seed 1" in process.stderr.readline()
        parent = psutil.Process(process.pid)
        while len(workers := parent.children(recursive=True)) < PROCESSES:
            assert process.poll() is None
        process.send_signal(number)
        process.wait(120)
        _, alive = psutil.wait_procs(workers, 10)
        for left in alive:
            left.kill()
        assert alive == []
        expected = -number if number is signal.SIGKILL else 130
        assert process.returncode == expected
