"""Runs one measurement as a process of its own, on one core, for so many seconds of it at most."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 8
"""How many times as long as its cap a program may take on a busy machine."""


@dataclass(frozen=True, slots=True)
class Run:
    """A process that ended by itself, or was cut.

    Attributes:
        told: the JSON of its last line; None if it was cut before it said anything.
        cpu_seconds: the processor's time of the whole process, its start included.
    """

    told: dict[str, Any] | None
    cpu_seconds: float


def run(command: Sequence[str | Path], cap: float) -> Run:
    """Run a program that ends with one line of JSON; stop it after `cap` seconds of a core.

    Raises:
        SystemExit: the program failed.
    """
    before = _children()
    with subprocess.Popen(
        list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        if sys.platform == "linux":
            os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
            # Others on the machine do not shorten what a program gets.
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (ceil(cap), ceil(cap) + 1))
            patience = cap * PATIENCE
        else:
            patience = cap
        try:
            out, errors = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
    used = _children() - before
    cut = process.returncode in {-signal.SIGXCPU, -signal.SIGKILL}
    if process.returncode != 0 and not cut:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{out}{errors}")
    last = out.rstrip().rpartition("\n")[2]
    return Run(json.loads(last) if last else None, used)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
