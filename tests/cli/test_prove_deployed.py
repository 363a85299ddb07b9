"""`iam-profiles prove --deployed`: what is in the accounts now, read by each stack's profile."""

import json
from pathlib import Path

import boto3
import pytest

from local.env import CLEARED, environment
from local.home import LocalHome
from tests.access.exports import allow, trust
from tests.cli.worlds import told
from tests.engine import REPOSITORY, Project

MACHINE = "ci-nonprod"
PATH = "/PlatformServiceUsers/nonprod/"


def seen_by(patch: pytest.MonkeyPatch, home: LocalHome) -> None:
    """Let boto3 see the local cloud of `home` and nothing else."""
    for name in CLEARED:
        patch.delenv(name, raising=False)
    for name, value in environment(home).items():
        patch.setenv(name, value)


def let_in(state: boto3.Session, prod: boto3.Session) -> None:
    """Make a machine of nonprod, and a role of prod that trusts all of state."""
    iam = state.client("iam")
    iam.create_user(UserName=MACHINE, Path=PATH)
    document = json.dumps(allow("sts:AssumeRole"))
    iam.put_user_policy(UserName=MACHINE, PolicyName="assume", PolicyDocument=document)
    prod.client("iam").create_role(RoleName="Deploy", AssumeRolePolicyDocument=json.dumps(trust()))


def test_what_is_in_the_accounts_is_proved_about_whatever_the_model_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, fresh_cloud: LocalHome
) -> None:
    seen_by(monkeypatch, fresh_cloud)
    assert told(capsys, "prove", "--deployed")[0] == 0
    let_in(*(boto3.Session(profile_name=f"iam-profiles-{name}") for name in ("state", "prod")))
    status, out, _ = told(capsys, "prove", "--deployed")
    assert status == 1
    assert f"1. arn:aws:iam::111111111111:user{PATH}{MACHINE}" in out
    assert "sts:AssumeRole on arn:aws:iam::444444444444:role/Deploy" in out


def test_an_account_that_cannot_be_read_is_no_verdict(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fresh_cloud: LocalHome,
    tmp_path: Path,
) -> None:
    seen_by(monkeypatch, fresh_cloud)
    (tmp_path / "profiles").symlink_to(REPOSITORY / "profiles")
    for name in ("state", "sandbox", "nonprod", "prod"):
        profile = "iam-profiles-state" if name == "prod" else f"iam-profiles-{name}"
        (tmp_path / f"Pulumi.{name}.yaml").write_text(f"config: {{'aws:profile': {profile}}}\n")
    status, out, err = told(capsys, "prove", "--deployed", "--profiles", tmp_path / "profiles")
    assert (status, out) == (69, "")
    assert "account `prod` cannot be read" in err
    assert "of account `111111111111`, not of `444444444444`" in err


def test_a_profile_that_is_not_configured_is_no_verdict(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fresh_cloud: LocalHome,
    tmp_path: Path,
) -> None:
    seen_by(monkeypatch, fresh_cloud)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    status, _, err = told(capsys, "prove", "--deployed")
    assert status == 69
    assert "mend the profile in `Pulumi.state.yaml`" in err


@pytest.mark.engine
def test_the_example_is_proved_as_it_is_deployed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, deployed: Project
) -> None:
    seen_by(monkeypatch, deployed.home)
    status, out, _ = told(capsys, "prove", "--deployed", "--format", "json")
    assert (status, json.loads(out)["verdict"]) == (0, "proved")
