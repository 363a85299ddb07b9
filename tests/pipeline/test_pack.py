"""A worker's pack judges a stack by itself, and nobody can have the pack by hand do only that."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import pack
from pipeline.command import EngineCommand
from pipeline.job import Outcome, StackJob
from pipeline.operate import open_stack, preview
from pipeline.pack import served
from policies.deployed import HANDED_OVER
from policies.gate import LAWS, Gate
from tests.cli.pipelines import site_of
from tests.engine import REPOSITORY, Project
from tests.policies.checkpoints import exported
from tests.policies.test_deployed_engine import deploy, leaking
from tests.policies.test_engine import PREVIEWED, case_of, previewed, told
from tests.policies.test_gate import stack
from tests.policies.test_gate import told as judged
from tests.policies.worlds import World

SHIM = REPOSITORY / "pipeline" / "shim"


def by_worker(project: Project, account: str) -> Outcome:
    """Preview with the pack that this process serves."""
    job = StackJob(account, project.folder, project.environment, project.folder / "policies")
    with served(job) as given:
        assert given.policy_pack != job.policy_pack
        command = EngineCommand(project.home.bin.parent)
        return preview(given, open_stack(given, command))


@pytest.mark.engine
@pytest.mark.parametrize("account", ["state", "prod"])
def test_a_worker_s_pack_refuses_what_the_pack_by_hand_does_but_for_the_proof(
    project: Project, account: str
) -> None:
    world = World(account)
    for law, title in PREVIEWED["violating", account].items():
        case_of(law, "violating", title).change(world)
    ran = previewed(project, world)
    outcome = by_worker(project, account)
    assert not outcome.ok
    for law in LAWS:
        hand = {(urn, message.strip()) for urn, message in told(ran, law.name)}
        found = {(one.urn, one.message) for one in outcome.violations if one.rule == law.name}
        assert found or law.name not in PREVIEWED["violating", account]
        assert found == hand or (law.name == "prod_isolation" and found < hand)
    assert all(one.mandatory for one in outcome.violations)


SETTINGS = {
    "PATH": f"{SHIM}{os.pathsep}{os.environ['PATH']}",
    "IAM_PROFILES_TOGETHER": "1",
    "IAM_PROFILES_PROVED": "true",
    "PULUMI_POLICY_PACK_CONFIG": '{"all": "disabled"}',
}
"""What somebody might try: nothing of it is a setting."""


@pytest.mark.engine
def test_what_only_the_proof_refuses_is_refused_by_hand_whatever_is_set_and_by_the_pipeline(
    project: Project,
) -> None:
    deploy(project, leaking())
    by_hand = previewed(project, World("prod"))
    assert told(by_hand, "prod_isolation")
    settings = {**SETTINGS, "PATH": f"{SHIM}{os.pathsep}{project.environment['PATH']}"}
    up = ("up", "--yes", "--stack", "prod", "--policy-pack", "policies")
    forced = project.pulumi(*up, events=True, **settings)
    assert forced.code != 0
    assert told(forced, "prod_isolation") == told(by_hand, "prod_isolation")

    site = site_of(project)
    said = site.preview("prod").checked(1)
    assert "refused: isolation_of_all_accounts" in said.stdout
    assert "refused: prod_isolation" not in said.stdout, "each stack is judged by itself"
    assert "its preview was `refused`" in site.up().checked(1).stderr
    assert site.recorded("prod") == 0


class _Noted(Mapping[str, str]):
    """An environment that notes what is asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        self.asked.add("all of it")
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def test_the_pack_by_hand_asks_its_environment_for_nothing_but_the_states(tmp_path: Path) -> None:
    for name in ("state", "sandbox", "nonprod", "prod"):
        (tmp_path / f"{name}.json").write_text(exported(World(name)), "utf-8")
    for values in ({HANDED_OVER: str(tmp_path)}, {"PULUMI_BACKEND_URL": f"file://{tmp_path}"}):
        environment = _Noted({**SETTINGS, **values, "PATH": ""})
        gate = Gate(REPOSITORY / "profiles", environment=environment)
        gate.begin()
        assert judged(gate, "prod_isolation", stack("prod"))
        allowed = {HANDED_OVER, "PULUMI_BACKEND_URL", "PATH", "all of it"}
        assert environment.asked <= allowed
    reading = re.compile(r"environ|getenv")
    files = sorted((REPOSITORY / "policies").glob("*.py"))
    readers = [file.name for file in files if reading.search(file.read_text("utf-8"))]
    assert readers == ["__main__.py", "deployed.py", "gate.py"]


def project_of(folder: Path) -> StackJob:
    """A project whose laws are those that are loaded here."""
    for name in ("access", "iam_profiles", "policies"):
        (folder / name).symlink_to(REPOSITORY / name)
    return StackJob("prod", folder, {}, folder / "policies")


def test_a_project_with_laws_of_its_own_keeps_its_own_pack(tmp_path: Path) -> None:
    job = project_of(tmp_path)
    with served(job) as given:
        assert given.policy_pack != job.policy_pack
    (tmp_path / "policies").unlink()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "gate.py").write_text("LAWS = ()\n", "utf-8")
    with served(job) as given:
        assert given is job


def test_laws_that_were_changed_since_they_were_loaded_are_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack, "_LOADED", "of yesterday")
    job = project_of(tmp_path)
    with served(job) as given:
        assert given is job


def test_where_the_engine_takes_nothing_from_path_the_project_keeps_its_own_pack(
    tmp_path: Path,
) -> None:
    job = replace(project_of(tmp_path), environment={"PULUMI_IGNORE_AMBIENT_PLUGINS": "true"})
    with served(job) as given:
        assert given is job


def test_what_the_engine_starts_tells_the_port_and_ends_with_the_worker_s_pack(
    tmp_path: Path,
) -> None:
    with served(project_of(tmp_path)) as given:
        assert given.policy_pack is not None
        settings = (given.policy_pack / "PulumiPolicy.yaml").read_text("utf-8")
        [port] = re.findall(r"port: '(\d+)'", settings)
        [script] = SHIM.iterdir()
        command = [script, "127.0.0.1:1", ".", f"-port={port}"]
        started = subprocess.Popen(
            command,
            cwd=given.policy_pack,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert started.stdout is not None
        assert started.stdout.readline() == f"{port}\n"
        assert started.poll() is None
    started.communicate(timeout=10)
    assert started.returncode != 0
