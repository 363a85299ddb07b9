"""Runs the demo as a newcomer does, in a local cloud of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from local import cloud as local_cloud
from local.env import child_environment
from local.home import LocalHome
from tests.engine import ACCOUNTS, REPOSITORY

COMMAND = Path(sys.executable).parent / "iam-profiles"
SECONDS = 300


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo in a home of its own."""

    home: LocalHome
    extra: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "IAM_PROFILES_LOCAL": str(self.home.root), **self.extra}

    def run(self) -> "subprocess.CompletedProcess[str]":
        """Run it to its end."""
        return subprocess.run(
            [COMMAND, "demo"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    def run_and_kill(self, after_seconds: float) -> None:
        """Run it, and that long after it began to deploy kill it and all that it started."""
        process = self._deploying()
        time.sleep(after_seconds)
        kill_tree(process.pid, self.home)
        process.communicate(timeout=SECONDS)

    def run_and_interrupt(self, after_seconds: float) -> tuple[int, str]:
        """Run it, press Ctrl-C that long after it began to deploy; return status and output."""
        process = self._deploying()
        time.sleep(after_seconds)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=SECONDS)
        return process.returncode, said

    def _deploying(self) -> "subprocess.Popen[str]":
        """Start it as the leader of a process group; return when it begins to deploy."""
        process = subprocess.Popen(
            [COMMAND, "demo"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert process.stdout
        for line in process.stdout:
            if "Deploying" in line:
                break
        return process

    def states(self) -> dict[str, dict[str, Any]]:
        """The state of every stack."""
        return {stack: self._export(stack) for stack in ACCOUNTS}

    def _export(self, stack: str) -> dict[str, Any]:
        done = subprocess.run(
            [self.home.bin / "pulumi", "stack", "export", "--stack", stack],
            cwd=REPOSITORY,
            env=child_environment(self.home),
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)


def kill_tree(pid: int, home: LocalHome) -> None:
    """Kill a process and its descendants at once; the cloud, which is to outlive it, stays."""
    cloud = local_cloud.status(home)
    spared = {cloud.pid, *(p.pid for p in psutil.Process(cloud.pid).children())} if cloud else set()
    top = psutil.Process(pid)
    for process in (*top.children(recursive=True), top):
        if process.pid not in spared:
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
