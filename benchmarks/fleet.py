"""Preview and up of 4, 20, 100 accounts, beside a plain `pulumi` loop and the engine's own floor.

All on the local cloud, in one run. The floor is what the engine takes for a bare program with as
many plain resources as our stacks have, and no policy pack: stacks over workers. The last line is
one JSON document, of the largest organisation.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.deploy import Engine, plain_project, resources_of
from benchmarks.organization import ROOT, write_organization
from cli.progress import TerminalProgress
from local.cloud import start, stop
from local.env import environment
from local.home import LocalHome
from local.install import install

REGION = "eu-west-1"
_SOURCES = ("access", "components", "credentials", "iam_profiles", "policies")
_FLOORS = 3
"""How often the floor of one stack is measured."""


@dataclass
class Command:
    """Runs `iam-profiles` on a project; measures wall time and memory."""

    project: Path
    variables: dict[str, str]

    def __call__(self, *arguments: str) -> tuple[float, float]:
        """Run one command; return its seconds, and the most memory beside the AWS plugins, MiB."""
        began = time.monotonic()
        script = "import sys; from cli.main import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", script, *arguments, "--project", str(self.project)],
            env={**os.environ, **self.variables, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        peak = Peak(process.pid)
        said, _ = process.communicate()
        took = time.monotonic() - began
        if process.returncode != 0:
            sys.exit(f"iam-profiles {' '.join(arguments)} failed:\n{said[-3000:]}")
        return took, peak.stop()

    def unchanged(self) -> float:
        """Preview when nothing has moved; return the seconds without the command's own start."""
        script = "import sys; from cli.main import main; main()"
        command = (sys.executable, "-P", "-c", script, "preview", "--format", "json")
        done = subprocess.run(
            [*command, "--project", str(self.project)],
            env={**os.environ, **self.variables, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
            text=True,
        )
        return json.loads(done.stdout)["seconds"]["all"]


class Peak:
    """Watches the memory of all that a process started."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._mib = 0.0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Return the most that was seen at once."""
        self._ended.set()
        self._thread.join()
        return self._mib

    def _watch(self) -> None:
        while not self._ended.wait(0.25):
            try:
                children = self._process.children(recursive=True)
            except psutil.NoSuchProcess:
                return
            self._mib = max(self._mib, sum(map(_mib, children)))


def _mib(process: psutil.Process) -> float:
    """What one process has for itself; nothing for the AWS plugin."""
    try:
        if "resource-aws" in " ".join(process.cmdline()):
            return 0.0
        return process.memory_full_info().pss / 2**20
    except psutil.Error:
        return 0.0


def our_project(folder: Path) -> Path:
    """Write the project without its accounts."""
    folder.mkdir()
    for name in ("__main__.py", "Pulumi.yaml"):
        shutil.copyfile(ROOT / name, folder / name)
    for name in _SOURCES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def measure(scratch: Path, count: int, workers: int, *, loop: bool) -> dict[str, float]:
    """Deliver so many accounts; return what it took."""
    project = our_project(scratch / "project")
    accounts = write_organization(project, count)
    home = LocalHome(scratch / "local")
    with TerminalProgress() as progress:
        install(home, progress)
        start(home, accounts, REGION, progress)
    try:
        variables = {**environment(home), "IAM_PROFILES_CACHE": str(scratch / "cache")}
        ours = Command(project, variables)
        at_once, bundle = ("--workers", str(workers)), str(scratch / "bundle")
        first, _ = ours("preview", "--bundle", bundle, *at_once)
        up, up_mib = ours("up", bundle, "--yes", *at_once)
        again, mib = ours("preview", "--no-skip", *at_once)
        ours("preview", *at_once)
        unchanged = ours.unchanged()
        plain = Engine(project, variables)
        looped = sum(_previewed(plain, name) for name in accounts) if loop else 0.0
        floor = _floor(Engine(plain_project(scratch / "plain"), variables), plain) * count / workers
    finally:
        stop(home)
    return {
        "accounts": count,
        "workers": workers,
        "wall_s": round(again, 2),
        "floor_s": round(floor, 2),
        "ratio": round(again / floor, 3),
        "mib_per_worker": round(max(mib, up_mib) / workers),
        "unchanged_ms": round(unchanged / count * 1000, 1),
        "first_preview_s": round(first, 2),
        "up_s": round(up, 2),
        "loop_s": round(looped, 2),
    }


def _previewed(plain: Engine, stack: str) -> float:
    return plain("preview", "--stack", stack, "--policy-pack", "policies")


def _floor(bare: Engine, ours: Engine) -> float:
    """Return the seconds of a bare preview with as many resources as one of our stacks has."""
    bare("stack", "init", "bare")
    bare("config", "set", "plain:count", str(resources_of(ours, "prod")), "--stack", "bare")
    bare("config", "set", "plain:profile", "iam-profiles-prod", "--stack", "bare")
    bare("up", "--yes", "--skip-preview", "--stack", "bare")
    return statistics.median(bare("preview", "--stack", "bare") for _ in range(_FLOORS))


def main() -> None:
    """Measure organisations of these sizes; print the JSON of the last one last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="+", default=[4, 20, 100])
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--no-loop", action="store_true", help="leave the plain loop out")
    given = parser.parse_args()
    found: dict[str, float] = {}
    for count in given.accounts:
        with tempfile.TemporaryDirectory() as scratch:
            found = measure(Path(scratch), count, given.workers, loop=not given.no_loop)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
