"""`who-can`, `can` and `explain`: single questions about models and exports."""

import json
from pathlib import Path

import pytest

from tests.cli.worlds import CI, DEPLOY, KEEPER, MACHINE, POLICY, prod, state, told, written

IN_PROD = "arn:aws:iam::444444444444:role/PlatformRoles/PaymentsDeployRole"
USERS = "arn:aws:iam::111111111111:user/PlatformServiceUsers"


@pytest.fixture
def exports(tmp_path: Path) -> tuple[str, Path]:
    return "--auth-details", written(tmp_path, state=state(), prod=prod())


def test_who_can_assume_a_role_of_the_model_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = told(capsys, "who-can", "sts:AssumeRole", IN_PROD)
    assert status == 0
    assert f"allowed  {USERS}/prod/payments-prod" in out
    assert "nonprod" not in out


def test_who_can_tells_programs(
    capsys: pytest.CaptureFixture[str], exports: tuple[str, Path]
) -> None:
    asked = ("who-can", "iam:CreateAccessKey", MACHINE, *exports, "--format", "json")
    status, out, _ = told(capsys, *asked)
    (found,) = json.loads(out)["principals"]
    assert (status, found["principal"], found["verdict"]) == (0, KEEPER, "allowed")
    assert found["because"][0]["policy"] == f"policy `{POLICY}`"


def test_nobody_is_said_to_be_nobody(
    capsys: pytest.CaptureFixture[str], exports: tuple[str, Path]
) -> None:
    status, out, _ = told(capsys, "who-can", "ec2:RunInstances", "*", *exports)
    assert (status, out) == (1, "nobody is allowed ec2:RunInstances on *\n")


def test_can_answers_by_its_exit_status(
    capsys: pytest.CaptureFixture[str], exports: tuple[str, Path]
) -> None:
    assert told(capsys, "can", MACHINE, "sts:AssumeRole", DEPLOY, *exports)[0] == 0
    status, out, _ = told(capsys, "can", CI, "sts:AssumeRole", DEPLOY, *exports)
    assert status == 1
    assert out.startswith(f"denied  {CI}\n")


def test_what_cannot_be_decided_on_has_a_status_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = written(tmp_path, state={**state(), "Policies": []}, prod=prod())
    asked = ("can", KEEPER, "iam:CreateAccessKey", MACHINE, "--auth-details", folder)
    status, out, _ = told(capsys, *asked, "--format", "json")
    assert (status, json.loads(out)["verdict"]) == (2, "undecided")
    assert told(capsys, "who-can", *asked[2:])[0] == 2


def test_explain_goes_through_it_statement_by_statement(capsys: pytest.CaptureFixture[str]) -> None:
    machine = f"{USERS}/nonprod/payments-nonprod"
    status, out, _ = told(capsys, "explain", machine, "sts:AssumeRole", IN_PROD)
    assert status == 1
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == f"denied {machine}"
    expected = [
        "the identity-based policies",
        "NeverReach Deny denies",
        "AssumeRoles Allow does not apply: another resource",
        "the permissions boundary",
        "NeverReach Deny denies",
        "the resource-based policy",
        "AllowProd Allow does not apply: its conditions",
        "DenyNonprod Deny denies",
    ]
    rest = iter(lines)
    assert all(line in rest for line in expected)


def test_explain_tells_programs(
    capsys: pytest.CaptureFixture[str], exports: tuple[str, Path]
) -> None:
    asked = ("explain", KEEPER, "iam:CreateAccessKey", MACHINE, *exports, "--format", "json")
    status, out, _ = told(capsys, *asked)
    found = json.loads(out)
    assert (status, found["verdict"]) == (0, "allowed")
    assert [(one["bearing"], one["why"]) for one in found["statements"]] == [("allows", [])]


def test_a_principal_that_is_not_there_is_bad_input(
    capsys: pytest.CaptureFixture[str], exports: tuple[str, Path]
) -> None:
    status, _, err = told(capsys, "can", f"{CI}x", "s3:GetObject", "*", *exports)
    assert status == 65
    assert "is not in the input" in err


def test_a_resource_that_is_no_arn_is_bad_input(
    capsys: pytest.CaptureFixture[str], exports: tuple[str, Path]
) -> None:
    status, _, err = told(capsys, "can", CI, "s3:GetObject", "my bucket", *exports)
    assert status == 65
    assert "`my bucket` is not an ARN" in err
