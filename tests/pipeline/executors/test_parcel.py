"""What travels to a worker, and what it must have: a worker with anything else refuses."""

import pickle
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from pipeline.executors import parcel as parcels
from pipeline.executors.errors import WorkerRefusedError
from pipeline.executors.parcel import PROJECT, Parcel, pack, states_at, unpack
from pipeline.inputs import inputs_of
from pipeline.job import StackJob
from pipeline.work import Work
from policies.deployed import HANDED_OVER

if TYPE_CHECKING:
    from pipeline.command import EngineCommand

ENGINE = cast("EngineCommand", SimpleNamespace(version="3.250.0"))
CANARY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYCANARYKEY"


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path / 'backend'}")
    monkeypatch.delenv(PROJECT, raising=False)
    return tmp_path / "backend"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    (folder / "profiles").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: iam-profiles\n", "utf-8")
    (folder / "__main__.py").write_text("", "utf-8")
    (folder / "profiles" / "organization.yaml").write_text("accounts: {}\n", "utf-8")
    return folder


def packed(project: Path, **environment: str) -> Parcel:
    job = StackJob("prod", project, environment, policy_pack=project / "policies")
    inputs = inputs_of(job, str(ENGINE.version))
    return pack(Work(job, "up", plan=b"{}"), inputs, "a run")


def opened(parcel: Parcel) -> Work:
    return unpack(parcel, None, "tcp://10.0.0.7:41", ENGINE)


def test_no_credential_of_this_environment_travels_in_a_job(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.setenv(name, CANARY)
    assert CANARY.encode() not in pickle.dumps(packed(project))


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "PULUMI_CONFIG_PASSPHRASE", "PATH"])
def test_a_job_that_would_take_a_variable_along_is_refused(project: Path, name: str) -> None:
    with pytest.raises(WorkerRefusedError, match="do not travel; set them on the workers") as said:
        packed(project, **{name: CANARY})
    assert name in str(said.value)
    assert CANARY not in str(said.value)


def test_a_worker_with_the_same_program_in_another_folder_carries_the_job_out(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Path(shutil.copytree(project, tmp_path / "there"))
    parcel = packed(project)
    shutil.rmtree(project)
    monkeypatch.setenv(PROJECT, str(there))
    work = opened(parcel)
    assert (work.job.project, work.job.policy_pack) == (there, there / "policies")
    assert (work.job.stack, work.plan, work.job.environment) == ("prod", b"{}", {})


def test_a_worker_without_the_program_says_where_it_looked(project: Path) -> None:
    parcel = packed(project)
    shutil.rmtree(project)
    with pytest.raises(
        WorkerRefusedError, match=r"has no program at .* check it out there, or say"
    ):
        opened(parcel)


def test_a_worker_with_another_program_names_all_that_differs(project: Path) -> None:
    parcel = packed(project)
    (project / "__main__.py").write_text("raise SystemExit\n", "utf-8")
    (project / "profiles" / "organization.yaml").unlink()
    listed = "`__main__.py`, `profiles/organization.yaml`"
    with pytest.raises(WorkerRefusedError, match=f"`tcp://10.0.0.7:41` has other {listed}; bring"):
        opened(parcel)


def test_a_worker_with_another_engine_or_backend_names_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel = packed(project)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://elsewhere")
    other = cast("EngineCommand", SimpleNamespace(version="3.251.0"))
    with pytest.raises(WorkerRefusedError, match="has other `the backend`, `the engine`"):
        unpack(parcel, None, "tcp://10.0.0.7:41", other)


def test_a_worker_that_loaded_other_code_than_it_has_on_disk_refuses(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel = packed(project)
    monkeypatch.setattr(parcels, "LOADED", "yesterday's")
    with pytest.raises(WorkerRefusedError, match=r"runs other code of `pipeline`; .* restart it"):
        opened(parcel)


def test_a_folder_of_states_that_the_worker_does_not_share_is_noticed(project: Path) -> None:
    parcel = packed(project)
    elsewhere = replace(parcel, work=replace(parcel.work, state="the digest of a deployed state"))
    with pytest.raises(WorkerRefusedError, match=r"sees another state .*; share that folder"):
        opened(elsewhere)


def test_the_states_for_the_policy_pack_go_as_data_and_are_the_owners_alone(
    project: Path, tmp_path: Path
) -> None:
    (tmp_path / "states").mkdir()
    (tmp_path / "states" / "prod.json").write_text('{"version":3}', "utf-8")
    states = states_at(tmp_path / "states")
    folders = {
        unpack(packed(project), states, "a worker", ENGINE).job.environment[HANDED_OVER]
        for _ in range(2)
    }
    [folder] = map(Path, folders)
    [file] = folder.iterdir()
    assert (file.name, file.read_text("utf-8")) == ("prod.json", '{"version":3}')
    assert file.stat().st_mode & 0o077 == folder.stat().st_mode & 0o077 == 0
