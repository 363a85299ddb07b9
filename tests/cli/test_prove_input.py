"""`iam-profiles prove` on bad input: one clear message, a status of its own, never a verdict."""

import json
from pathlib import Path

import pytest

from tests.access.exports import details, role
from tests.cli.worlds import CI, DEPLOY, PROD, QUESTION, STATE, prod, state, told, written
from tests.engine import REPOSITORY


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "the file is empty; export it again"),
        ('{"UserDetailList": [', "the file ends in the middle"),
        ('{"Instances": []}', "give what `aws iam get-account-authorization-details` writes"),
        (json.dumps(details(roles=(role(), role()))), "two roles with the ARN"),
    ],
)
def test_bad_input_ends_in_one_clear_message_and_is_never_a_verdict(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, wanted: str
) -> None:
    (tmp_path / "one.json").write_text(text)
    status, out, err = told(capsys, "prove", "--auth-details", tmp_path, *QUESTION)
    assert (status, out) == (65, "")
    assert wanted in err
    assert err.startswith("iam-profiles: ")
    assert "Traceback" not in err


def test_an_account_given_twice_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = written(tmp_path, a=state(), b=state(), prod=prod())
    status, _, err = told(capsys, "prove", "--auth-details", folder, *QUESTION)
    assert status == 65
    assert f"account `{STATE}` twice" in err


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("none.json", "no such file or directory"), ("empty", "no `*.json` in the folder")],
)
def test_a_path_without_exports_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, wanted: str
) -> None:
    (tmp_path / "empty").mkdir()
    status, _, err = told(capsys, "prove", "--auth-details", tmp_path / name, *QUESTION)
    assert status == 65
    assert wanted in err


def test_a_file_that_is_not_text_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "one.json").write_bytes(b"\x80\xff{}")
    status, _, err = told(capsys, "prove", "--auth-details", tmp_path, *QUESTION)
    assert status == 65
    assert "not text; give the JSON that AWS wrote" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", CI),
        ("--never-reach", DEPLOY),
        ("--deployed", "--auth-details", "x.json", *QUESTION),
        ("--scps", "x.json"),
        ("--to", CI),
    ],
)
def test_options_that_make_no_question_are_wrong_usage(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    status, _, err = told(capsys, "prove", *arguments)
    assert status == 64
    assert "Error: " in err


def test_exports_without_a_question_are_wrong_usage(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = written(tmp_path, state=state(), prod=prod())
    status, _, err = told(capsys, "prove", "--auth-details", folder)
    assert status == 64
    assert "give --from and --never-reach" in err


@pytest.mark.parametrize(
    ("starts", "target", "wanted"),
    [
        (f"{CI}x", DEPLOY, f"--from `{CI}x` names no principal"),
        (CI, f"arn:aws:iam::{PROD}:role/Dploy", "--never-reach `"),
        (CI, "arn:aws:iam::999999999999:role/*", "add the export of its account"),
    ],
)
def test_a_question_about_nobody_is_refused_since_its_proof_would_be_empty(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, starts: str, target: str, wanted: str
) -> None:
    folder = written(tmp_path, state=state(), prod=prod())
    asked = ("--from", starts, "--never-reach", target)
    status, out, err = told(capsys, "prove", "--auth-details", folder, *asked)
    assert (status, out) == (65, "")
    assert wanted in err


def test_a_pattern_that_is_no_arn_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = written(tmp_path, state=state(), prod=prod())
    asked = ("--from", "ci-nonprod", "--never-reach", DEPLOY)
    status, _, err = told(capsys, "prove", "--auth-details", folder, *asked)
    assert status == 65
    assert "`ci-nonprod` is not an ARN" in err


def test_a_model_that_is_not_valid_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "organization.yaml").write_text("organization: 1\n")
    status, _, err = told(capsys, "prove", "--profiles", tmp_path)
    assert status == 65
    assert "organization.yaml" in err


def test_exports_of_others_than_the_organisations_are_no_proof_of_its_rules(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    exports = written(tmp_path, state=state(), prod=prod())
    given = ("--auth-details", exports, "--profiles", REPOSITORY / "profiles")
    status, out, err = told(capsys, "prove", *given)
    assert (status, out) == (65, "")
    assert "--profiles, whose `arn:aws:iam::111111111111:user/PlatformServiceUsers/non" in err
    assert "names no principal of the input" in err
