"""The command line: what it prints, what it refuses, and its exit statuses."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli import exits
from cli.main import run
from tests.engine import REPOSITORY

GRANT = "  - {service_user: payments-nonprod, role: PaymentsDeployRole, on: [sandbox, nonprod]}"


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    return shutil.copytree(REPOSITORY / "profiles", tmp_path / "profiles")


def edit(profiles: Path, file: str, old: str, new: str) -> None:
    path = profiles / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_check_says_what_a_valid_model_has(
    profiles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "--profiles", str(profiles)]) == exits.DONE
    assert capsys.readouterr().out.startswith("profiles/ is valid: 4 accounts, 7 roles")


def test_check_reports_every_problem_at_once_with_file_line_field_and_remedy(
    profiles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(profiles, "teams/payments.yaml", GRANT, GRANT.replace("[sandbox, nonprod]", "[prod]"))
    edit(profiles, "organization.yaml", 'id: "222222222222"', "id: 222222222222")
    assert run(["check", "--profiles", str(profiles)]) == exits.INVALID
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert "organization.yaml:" in said[0]
    assert "teams/payments.yaml:" in said[1]
    assert "never_reaches" in said[1] or "never reach" in said[1]
    assert said[2] == "2 problems in profiles/"


def test_check_gives_the_problems_as_json(
    profiles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(profiles, "teams/payments.yaml", GRANT, GRANT.replace("[sandbox, nonprod]", "[prod]"))
    assert run(["check", "--profiles", str(profiles), "--format", "json"]) == exits.INVALID
    answer = json.loads(capsys.readouterr().out)
    assert answer["valid"] is False
    assert set(answer["problems"][0]) == {"file", "line", "field", "found", "remedy"}


def test_matrix_as_json_lists_what_is_granted(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["matrix", "--format", "json"]) == exits.DONE
    answer = json.loads(capsys.readouterr().out)
    [user] = [row for row in answer["identities"] if row["name"] == "payments-nonprod"]
    assert set(user["roles"]["PaymentsDeployRole"]) == {"sandbox", "nonprod"}


def test_matrix_as_text_marks_the_day_on_which_a_grant_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["matrix"]) == exits.DONE
    assert "¹ until 2027-12-31" in capsys.readouterr().out


def test_render_shows_every_role_s_trust(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["render", "prod"]) == exits.DONE
    assert "role arn:aws:iam::444444444444:role/PlatformRoles/AuditRole: trust" in (
        capsys.readouterr().out
    )


def test_render_as_json_has_documents_as_objects(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["render", "state", "--format", "json"]) == exits.DONE
    answer = json.loads(capsys.readouterr().out)
    assert answer["roles"][0]["trust"]["Version"] == "2012-10-17"


def test_an_account_that_is_not_there_is_refused_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["render", "staging"]) == exits.INVALID
    assert "use one of `nonprod`, `prod`, `sandbox`, `state`" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["chek"], ["render"], ["check", "--format", "xml"]])
def test_wrong_usage_has_a_status_of_its_own(words: list[str]) -> None:
    assert run(words) == exits.USAGE


@pytest.mark.parametrize("words", [["check"], ["matrix"], ["render", "prod"]])
def test_the_command_itself_never_shows_a_traceback_for_bad_input(
    tmp_path: Path, words: list[str]
) -> None:
    command = Path(sys.executable).parent / "iam-profiles"
    done = subprocess.run(
        [command, *words, "--profiles", tmp_path / "nowhere"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exits.INVALID
    assert "Traceback" not in done.stderr
    assert "nowhere" in done.stderr


def test_status_says_that_no_local_cloud_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IAM_PROFILES_LOCAL", str(tmp_path / "local"))
    assert run(["local", "status", "--format", "json"]) == exits.NO
    assert json.loads(capsys.readouterr().out) == {"running": False}


def test_env_without_a_cloud_names_the_command_that_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IAM_PROFILES_LOCAL", str(tmp_path / "local"))
    assert run(["local", "env"]) == exits.UNAVAILABLE
    assert "iam-profiles local start" in capsys.readouterr().err


def test_a_full_disk_is_said_with_what_to_do_about_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/somewhere/file")

    monkeypatch.setattr("cli.matrix.load", full)
    assert run(["matrix"]) == exits.CANNOT_WRITE
    said = capsys.readouterr().err
    assert said.strip() == (
        "iam-profiles: no space left on device for `/somewhere/file`; "
        "free some disk space there and run this again"
    )
