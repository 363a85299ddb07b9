"""Processes of this machine: one that is lost is lost alone, and none begins once it is to stop."""

import os
import signal
import time
from concurrent.futures import BrokenExecutor, CancelledError

import pytest

from pipeline.executors.processes import Processes


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def late(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_a_worker_that_is_killed_takes_no_other_along_and_its_place_is_taken() -> None:
    with Processes(2, lambda _: None) as processes:
        other, lost = processes.submit(late, 0.5), processes.submit(die)
        with pytest.raises(BrokenExecutor):
            lost.result(30)
        next_one = processes.submit(late, 0.0)
        assert {other.result(30), next_one.result(30)}.isdisjoint({os.getpid()})


def test_a_worker_is_used_again() -> None:
    with Processes(1, lambda _: None) as processes:
        assert processes.submit(late, 0.0).result(30) == processes.submit(late, 0.0).result(30)


def test_nothing_begins_once_they_are_to_stop() -> None:
    with Processes(1, lambda _: None) as processes:
        processes.stop()
        with pytest.raises(CancelledError):
            processes.submit(late, 0.0).result(30)
