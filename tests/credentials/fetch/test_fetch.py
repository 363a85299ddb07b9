"""Sessions at run time, from the deployed organisation's own store, by the command itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli import exits
from tests.engine import REPOSITORY, Project

pytestmark = pytest.mark.engine

DIRECTORY = REPOSITORY / "rendered" / "directory.json"
READER = ("--directory", str(DIRECTORY), "--store-profile", "iam-profiles-state")
VPC = ("--identity", "nonprod", "--account", "sandbox", "--role", "PlatformVPCRole")


def run(project: Project, *arguments: str, **extra: str) -> "subprocess.CompletedProcess[str]":
    command = Path(sys.executable).with_name("iam-profiles")
    return subprocess.run(
        [command, *arguments],
        env={**project.environment, **extra},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def who(project: Project, **variables: str) -> str:
    """The ARN that a session's variables act as."""
    script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**project.environment, **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_get_prints_a_session_as_credential_process_expects_it(deployed: Project) -> None:
    done = run(deployed, "credentials", "get", *VPC, *READER, IAM_PROFILES_RUN="run-7")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer.keys() == {
        "Version",
        "AccessKeyId",
        "SecretAccessKey",
        "SessionToken",
        "Expiration",
    }
    assert answer["Version"] == 1
    session = {
        "AWS_ACCESS_KEY_ID": answer["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": answer["SecretAccessKey"],
        "AWS_SESSION_TOKEN": answer["SessionToken"],
    }
    role = "arn:aws:sts::222222222222:assumed-role/PlatformVPCRole/run-7"
    assert who(deployed, **session) == role


def test_exec_gives_a_command_the_session_and_takes_its_exit_status(deployed: Project) -> None:
    script = (
        "import boto3, os, sys; print(boto3.client('sts').get_caller_identity()['Arn']);"
        "print(os.environ.get('AWS_PROFILE')); sys.exit(7)"
    )
    done = run(
        deployed,
        *("exec", *VPC, *READER, "--", sys.executable, "-c", script),
        IAM_PROFILES_RUN="run-8",
        AWS_PROFILE="iam-profiles-state",
    )
    assert done.returncode == 7, done.stderr
    arn, profile = done.stdout.split()
    assert arn == "arn:aws:sts::222222222222:assumed-role/PlatformVPCRole/run-8"
    assert profile == "None"


def test_an_sdk_gets_its_session_through_the_generated_configuration(
    deployed: Project, tmp_path: Path
) -> None:
    written = run(deployed, "credentials", "config", "--identity", "payments-nonprod", *READER)
    assert written.returncode == 0, written.stderr
    assert "SecretAccessKey" not in written.stdout
    theirs = Path(deployed.environment["AWS_CONFIG_FILE"]).read_text("utf-8")
    config = tmp_path / "config"
    config.write_text(theirs + written.stdout, "utf-8")
    arn = who(
        deployed,
        AWS_CONFIG_FILE=str(config),
        AWS_PROFILE="nonprod-PaymentsDeployRole",
        IAM_PROFILES_RUN="run-9",
    )
    assert arn == "arn:aws:sts::333333333333:assumed-role/PaymentsDeployRole/run-9"


def test_a_store_that_is_read_by_the_very_profile_that_asks_is_refused_not_endless(
    deployed: Project, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    command = Path(sys.executable).with_name("iam-profiles")
    config.write_text(
        f"[profile circle]\ncredential_process = {command} credentials get {' '.join(VPC)}\n",
        "utf-8",
    )
    done = run(
        deployed,
        *("credentials", "get", *VPC, "--directory", str(DIRECTORY)),
        AWS_CONFIG_FILE=str(config),
        AWS_PROFILE="circle",
    )
    assert done.returncode == exits.UNAVAILABLE
    assert "from this very command; name the profile" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (
            ("--identity", "nonprod", "--account", "prod", "--role", "PlatformVPCRole"),
            exits.INVALID,
            "`nonprod` is not granted `PlatformVPCRole` in `prod`",
        ),
        ((*VPC, "--seconds", "10"), exits.USAGE, "--seconds"),
        ((*VPC, "--seconds", "43200"), exits.USAGE, "lasts 7200 seconds at most"),
        (
            (*VPC, "--store-profile", "nobody"),
            exits.UNAVAILABLE,
            "name an AWS profile",
        ),
        ((*VPC, "--directory", "/nonexistent"), exits.INVALID, "name a copy of"),
    ],
)
def test_what_cannot_be_given_is_refused_with_what_to_do(
    deployed: Project, arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = run(deployed, "credentials", "get", *READER, *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_does_not_exist_is_refused_by_name(deployed: Project) -> None:
    done = run(deployed, "exec", *VPC, *READER, "--", "no-such-command")
    assert done.returncode == exits.UNAVAILABLE
    assert "`no-such-command` cannot be started" in done.stderr


def test_the_store_is_read_without_what_is_slow_to_import() -> None:
    script = (
        "import sys, cli.credentials, credentials.fetch.session, credentials.fetch.clients;"
        "print(*{'boto3', 'pydantic', 'pulumi', 'yaml'}.intersection(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""
