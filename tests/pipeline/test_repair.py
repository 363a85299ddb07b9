"""A stack that a killed engine left behind is freed; one in use is not touched."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from local.home import LocalHome
from pipeline.command import EngineCommand
from pipeline.deliver import deliver
from pipeline.errors import StackBusyError, StackUnreadableError
from pipeline.job import Outcome, StackJob
from pipeline.repair import Repaired, repair
from tests.end_to_end.inventory import assert_converged
from tests.engine import Project

pytestmark = pytest.mark.engine

DEAD = 2**22 - 1
"""A process id that is beyond what Linux gives out by default."""


def job(project: Project, stack: str) -> StackJob:
    return StackJob(stack=stack, project=project.folder, environment=project.environment)


def lock(project: Project, stack: str, pid: int, host: str) -> Path:
    path = (
        project.backend
        / ".pulumi"
        / "locks"
        / "organization"
        / "iam-profiles"
        / stack
        / "some.json"
    )
    path.parent.mkdir(parents=True)
    content = {"pid": pid, "username": "ana", "hostname": host, "timestamp": "2026-01-01T00:00:00Z"}
    path.write_text(json.dumps(content), "utf-8")
    return path


def command(project: Project) -> EngineCommand:
    return EngineCommand(project.home.root)


def test_the_lock_of_a_dead_process_is_freed(project: Project) -> None:
    path = lock(project, "prod", DEAD, socket.gethostname())
    said = repair(job(project, "prod"), command(project))
    assert said == (Repaired("prod", f"freed the lock of process {DEAD}, which is dead"),)
    assert not path.exists()


def test_a_pid_that_belongs_to_another_program_by_now_is_no_owner(project: Project) -> None:
    path = lock(project, "prod", os.getpid(), socket.gethostname())
    repair(job(project, "prod"), command(project))
    assert not path.exists()


def test_the_lock_of_a_living_engine_is_kept(project: Project) -> None:
    fake = project.folder / "pulumi"
    fake.symlink_to(sys.executable)
    engine = psutil.Popen([str(fake), "-c", "import time; time.sleep(30)"])
    path = lock(project, "prod", engine.pid, socket.gethostname())
    try:
        with pytest.raises(StackBusyError, match=f"process {engine.pid} of ana; wait for it"):
            repair(job(project, "prod"), command(project))
        assert path.exists()
    finally:
        engine.kill()
        engine.wait(10)


def test_a_lock_of_another_machine_is_kept(project: Project) -> None:
    path = lock(project, "prod", DEAD, "elsewhere")
    with pytest.raises(StackBusyError, match="on `elsewhere`; make sure there"):
        repair(job(project, "prod"), command(project))
    assert path.exists()


def test_a_lock_that_cannot_be_read_blocks(project: Project) -> None:
    path = lock(project, "prod", DEAD, socket.gethostname())
    path.write_text("{", "utf-8")
    with pytest.raises(StackUnreadableError, match=r"`some\.json` cannot be read"):
        repair(job(project, "prod"), command(project))


def ensure(project: Project) -> Outcome:
    return deliver(
        job(project, "state"),
        command(project),
        on_phase=lambda *_: None,
        on_repair=lambda _: None,
    )


@pytest.mark.parametrize("recorded", [5, 60, 100, 125])
def test_a_stack_whose_engine_was_killed_converges(
    fresh_cloud: LocalHome, project_in: Callable[[LocalHome], Project], recorded: int
) -> None:
    project = project_in(fresh_cloud)
    project.pulumi("stack", "init", "state").checked()
    kill_when(project, recorded)
    outcome = ensure(project)
    assert outcome.ok, outcome
    assert_converged(fresh_cloud, {"state": project.export("state")})
    assert not ensure(project).changed


def kill_when(project: Project, recorded: int) -> None:
    """Update `state`, and kill the engine and its plugins once so many resources are recorded."""
    engine = psutil.Popen(
        [project.home.bin / "pulumi", "up", "--yes", "--skip-preview", "--stack", "state"],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    checkpoint = project.backend / ".pulumi" / "stacks" / "iam-profiles" / "state.json"
    while engine.poll() is None:
        if checkpoint.read_text("utf-8").count('"urn":"') >= recorded:
            break
        time.sleep(0.005)
    assert engine.poll() is None, "the update ended before it could be killed"
    for process in (engine, *engine.children(recursive=True)):
        process.kill()
    engine.wait(10)
