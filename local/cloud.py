"""The local cloud's one background process: start, stop, ask after and empty it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.cache import locked
from local.errors import CloudError, CloudNotRunningError
from local.evaluator_install import install_evaluator
from local.home import LocalHome
from local.progress import Progress, Silent

_START_SECONDS = 60
_STOP_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running local cloud."""

    instance: str
    """Names this run: all that it holds is gone with the process."""
    pid: int
    born: float
    """When the process began, in seconds since the epoch: tells it from a later one of that pid."""
    port: int
    since: str
    region: str
    accounts: dict[str, str]
    """{account name: account id}"""
    enforced: bool
    """Whether AssumeRole is decided by the policies; if not, its answers prove nothing."""

    @property
    def endpoint(self) -> str:
        """Where every AWS service of every account listens; loopback only."""
        return f"http://127.0.0.1:{self.port}"


def start(home: LocalHome, accounts: Mapping[str, str], region: str, progress: Progress) -> Cloud:
    """Return the running cloud with these accounts, {name: id}, starting it where it is not.

    A new one begins with empty accounts, so state that speaks of older ones is moved away.

    Raises:
        CloudError: it runs with other accounts, or did not start.
    """
    evaluator = install_evaluator(progress)
    with locked(home.lock, progress):
        running = status(home)
        if running is None:
            return _launch(home, accounts, region, evaluator.command if evaluator else (), progress)
    if running.accounts != dict(accounts) or running.region != region:
        raise CloudError(
            f"the local cloud of `{home.root}` runs with other accounts or another region "
            f"({_listed(running.accounts)} in {running.region})",
            "empty it with `iam-profiles local reset`",
        )
    return running


def status(home: LocalHome) -> Cloud | None:
    """Return the running cloud of `home`, or None if there is none, whatever `cloud.json` says."""
    try:
        cloud = Cloud(**json.loads(home.cloud_file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return cloud if _process(cloud) else None


def stop(home: LocalHome) -> bool:
    """End the cloud of `home`, and with it its accounts; tell whether there was one."""
    with locked(home.lock, Silent()):
        cloud = status(home)
        process = _process(cloud) if cloud else None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(_STOP_SECONDS)
        for file in (home.cloud_file, home.aws_config, home.aws_credentials):
            file.unlink(missing_ok=True)
    return process is not None


def reset(home: LocalHome, accounts: Mapping[str, str], region: str, progress: Progress) -> Cloud:
    """Empty everything: a new cloud with these accounts, and no stack in the backend."""
    progress.step("emptying the local cloud")
    stop(home)
    shutil.rmtree(home.backend, ignore_errors=True)
    shutil.rmtree(_set_aside(home), ignore_errors=True)
    return start(home, accounts, region, progress)


def running(home: LocalHome) -> Cloud:
    """Return the running cloud of `home`.

    Raises:
        CloudNotRunningError: there is none.
    """
    cloud = status(home)
    if cloud is None:
        raise CloudNotRunningError(home.root)
    return cloud


def _process(cloud: Cloud) -> psutil.Process | None:
    """Return the cloud's process if it is alive and really the one that wrote the file."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(cloud.pid)
        if abs(process.create_time() - cloud.born) < 1 and process.status() != "zombie":
            return process
    return None


def _launch(
    home: LocalHome,
    accounts: Mapping[str, str],
    region: str,
    evaluator: tuple[str, ...],
    progress: Progress,
) -> Cloud:
    progress.step("starting the local cloud")
    home.cloud_file.unlink(missing_ok=True)
    home.cloud_log.parent.mkdir(parents=True, exist_ok=True)
    home.root.chmod(0o700)
    wanted = {
        "home": str(home.root),
        "accounts": dict(accounts),
        "region": region,
        "port": _last_port(home),
        "evaluator": evaluator,
    }
    with home.cloud_log.open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", "local.cloud_server", json.dumps(wanted)],
            cwd=home.root,
            stdin=subprocess.PIPE,  # its end tells the cloud that whoever started it is gone
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        return _await(home, child)
    finally:
        if child.stdin is not None:
            child.stdin.close()


def _await(home: LocalHome, child: subprocess.Popen[bytes]) -> Cloud:
    """Return the cloud that `child` becomes."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        cloud = status(home)
        if cloud is not None and cloud.pid == child.pid:
            child.returncode = 0  # it is not ours to wait for any more
            _begin_backend(home, cloud.instance)
            home.port_file.write_text(str(cloud.port), encoding="utf-8")
            return cloud
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    raise CloudError(
        f"the local cloud did not start: {_last_line(home.cloud_log)}",
        f"read `{home.cloud_log}`, and run `iam-profiles local install` again",
    )


def _begin_backend(home: LocalHome, instance: str) -> None:
    """Move state of an earlier instance away: the resources that it speaks of are gone."""
    if home.backend_instance.exists() or (home.backend / ".pulumi").exists():
        aside = _set_aside(home)
        shutil.rmtree(aside, ignore_errors=True)
        home.backend.rename(aside)
    home.backend.mkdir(parents=True, exist_ok=True)
    home.backend_instance.write_text(instance, encoding="utf-8")


def _set_aside(home: LocalHome) -> Path:
    return home.backend.with_name("backend-of-an-earlier-cloud")


def _last_port(home: LocalHome) -> int:
    """Return the port of the cloud before this one, so that open shells find it again; else 0."""
    try:
        return int(home.port_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def _listed(accounts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {of}" for name, of in sorted(accounts.items()))
