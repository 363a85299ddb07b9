"""Preview and up of 4, 20, 100 accounts, beside a plain `pulumi` loop and the engine's own floor.

All on the local cloud, in one run. The floor is an empty program for each stack; scaled by
resources it is a plain program for each, which registers what the stack has (`benchmarks.twin`).
Neither has a policy pack, and both go side by side as our stacks do. The last line is one JSON
document, of the largest organisation.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import psutil

from benchmarks.deploy import Engine
from benchmarks.organization import FIRST, ROOT, accounts_of, write_organization
from benchmarks.twin import make_twin, twin_project
from cli.progress import TerminalProgress
from local.cloud import start, stop
from local.env import environment
from local.home import LocalHome
from local.install import install

REGION: Final = "eu-west-1"
_SOURCES: Final = ("access", "components", "credentials", "iam_profiles", "policies")
_LOOKS_EVERY_SECONDS: Final = 0.25


class Took(NamedTuple):
    """What something took: on the wall, and of the processors, all processes together."""

    wall: float
    cpu: float

    def over(self, other: "Took") -> tuple[float, float]:
        """Return the ratios to another one."""
        return round(self.wall / other.wall, 3), round(self.cpu / other.cpu, 3)


def timed(work: Callable[[], object]) -> Took:
    """Do it; return what it took, the processes that it started included."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.monotonic() - began, cpu)


@dataclass
class Command:
    """Runs `iam-profiles` on a project; watches its memory."""

    project: Path
    variables: dict[str, str]
    mib: float = 0.0
    """The most memory that a run had beside the AWS plugins."""

    def __call__(self, *arguments: str) -> str:
        """Run one command; return what it printed."""
        script = "import sys; from cli.main import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", script, *arguments, "--project", str(self.project)],
            env={**os.environ, **self.variables, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        peak = Peak(process.pid)
        said, told = process.communicate()
        if process.returncode != 0:
            sys.exit(f"iam-profiles {' '.join(arguments)} failed:\n{said[-2000:]}{told[-2000:]}")
        self.mib = max(self.mib, peak.stop())
        return said


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
        while not self._ended.wait(_LOOKS_EVERY_SECONDS):
            try:
                children = self._process.children(recursive=True)
            except psutil.NoSuchProcess:
                return
            self._mib = max(self._mib, sum(map(_mib, children)))


def _mib(process: psutil.Process) -> float:
    """What one process has for itself; nothing for the AWS plugin."""
    try:
        if "local.aws" in process.cmdline() or "resource-aws" in " ".join(process.cmdline()):
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
        ours, bundle = Command(project, variables), str(scratch / "bundle")
        at_once = ("--workers", str(workers))
        _say(f"{count} accounts: the first preview, and its update")
        first = timed(lambda: ours("preview", "--bundle", bundle, *at_once))
        up = timed(lambda: ours("up", bundle, "--yes", *at_once))
        _say("nothing left to change: previewed, then skipped")
        again = timed(lambda: ours("preview", *at_once))
        skipped = json.loads(ours("preview", "--format", "json"))["seconds"]["all"]
        _say("an empty program for each stack, then a plain one")
        engine = Engine(project, variables)
        floor = _floor(scratch, variables, count, workers)
        scaled = _scaled(scratch, engine, count, workers)
        looped = _looped(engine, count) if loop else 0.0
    finally:
        stop(home)
    ratio, cpu_ratio = again.over(floor)
    ratio_scaled, cpu_ratio_scaled = again.over(scaled)
    return {
        "accounts": count,
        "workers": workers,
        "wall_s": round(again.wall, 2),
        "floor_s": round(floor.wall, 2),
        "ratio": ratio,
        "scaled_s": round(scaled.wall, 2),
        "ratio_scaled": ratio_scaled,
        "cpu_s": round(again.cpu, 2),
        "cpu_ratio": cpu_ratio,
        "cpu_ratio_scaled": cpu_ratio_scaled,
        "mib_per_worker": round(ours.mib / workers),
        "unchanged_ms": round(skipped / count * 1000, 1),
        "first_preview_s": round(first.wall, 2),
        "up_s": round(up.wall, 2),
        "loop_s": round(looped, 2),
    }


def _side_by_side(engine: Engine, stacks: Iterable[str], workers: int) -> Took:
    """Return what plain previews of these stacks take, so many at once."""

    def preview(stack: str) -> float:
        return engine("preview", "--stack", stack)

    def all_of_them() -> None:
        with ThreadPoolExecutor(workers) as threads:
            tuple(threads.map(preview, stacks))

    return timed(all_of_them)


def _floor(scratch: Path, variables: dict[str, str], count: int, workers: int) -> Took:
    """Return what an empty program takes for each stack."""
    folder = scratch / "empty"
    folder.mkdir()
    (folder / "__main__.py").write_text('"""Nothing."""\n', "utf-8")
    runtime = f"runtime: {{name: python, options: {{virtualenv: {ROOT / '.venv'}}}}}"
    (folder / "Pulumi.yaml").write_text(f"name: empty\n{runtime}\n", "utf-8")
    empty = Engine(folder, variables)
    empty("stack", "init", "--no-select", "empty")
    return _side_by_side(empty, ["empty"] * count, workers)


def _scaled(scratch: Path, ours: Engine, count: int, workers: int) -> Took:
    """Return what a plain program takes that registers as many resources of the same types.

    Stacks of a tier are alike: each counts as the twin of its tier's first one.
    """
    twins = Engine(twin_project(scratch / "twin", ours.project), ours.variables)
    for name in FIRST:
        make_twin(twins, ours, name)
    return _side_by_side(twins, (tier for _, tier in accounts_of(count).values()), workers)


def _looped(ours: Engine, count: int) -> float:
    """Return the seconds of `pulumi preview --policy-pack`, stack after stack.

    One of each tier is previewed, and counts for all of its tier.
    """
    took = {name: ours("preview", "--stack", name, "--policy-pack", "policies") for name in FIRST}
    return sum(took[tier] for _, tier in accounts_of(count).values())


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    """Measure organisations of these sizes; print the JSON of the last one last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="+", default=[4, 20, 100])
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--no-loop", action="store_true", help="leave the plain loop out")
    given = parser.parse_args()
    for count in given.accounts:
        with tempfile.TemporaryDirectory() as scratch:
            found = measure(Path(scratch), count, given.workers, loop=not given.no_loop)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
