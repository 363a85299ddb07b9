"""`iam-profiles credentials get` beside `aws sts assume-role`, on the same local cloud.

Ours reads the store and assumes the role; the AWS CLI is given the key in its environment, and
makes the one call. Both are started as a pipeline starts them, in turn. The last line is one JSON
document.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3

from benchmarks.deploy import Engine, our_project
from benchmarks.locked import interpreter
from cli.local import start_for
from cli.progress import TerminalProgress
from iam_profiles.load import load
from local.cloud import running, stop
from local.env import child_environment, environment
from local.home import LocalHome

ROOT = Path(__file__).resolve().parent.parent
LOCK = Path(__file__).resolve().with_name("awscli.lock")
TURNS = 25
IDENTITY, ACCOUNT, ROLE = "payments-nonprod", "sandbox", "PaymentsDeployRole"


def ours() -> list[str]:
    """Our command."""
    directory = str(ROOT / "rendered" / "directory.json")
    asked = ["--identity", IDENTITY, "--account", ACCOUNT, "--role", ROLE]
    program = str(Path(sys.executable).with_name("iam-profiles"))
    where = ["--directory", directory, "--store-profile", "iam-profiles-state"]
    return [program, "credentials", "get", *asked, *where]


def theirs(python: Path, role: str) -> list[str]:
    """The AWS CLI's command."""
    call = ["sts", "assume-role", "--role-arn", role, "--role-session-name", "bench"]
    return [str(python), "-m", "awscli", *call, "--output", "json"]


def stored_key(home: LocalHome) -> dict[str, str]:
    """The key that the AWS CLI is given, as environment variables."""
    cloud = running(home)
    secrets: Any = boto3.Session(profile_name="iam-profiles-state").client(
        "secretsmanager", region_name=cloud.region, endpoint_url=cloud.endpoint
    )
    name = f"iam-profiles/nonprod/{IDENTITY}"
    stored = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    return {
        "AWS_ACCESS_KEY_ID": stored["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": stored["secret_access_key"],
        "AWS_REGION": cloud.region,
    }


def seconds(command: Sequence[str], variables: Mapping[str, str], holds: str) -> float:
    """Run a command that prints a session; return its wall time in seconds."""
    began = time.monotonic()
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    taken = time.monotonic() - began
    if done.returncode != 0 or holds not in done.stdout:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return taken


def measure(home: LocalHome, python: Path, scratch: Path) -> tuple[list[float], list[float]]:
    """Deploy what is needed, then run both commands in turn."""
    engine = Engine(our_project(scratch / "project"), environment(home))
    for stack in ("state", ACCOUNT):
        print(f"deploying {stack}", flush=True)
        engine("stack", "init", stack)
        engine("up", "--yes", "--skip-preview", "--stack", stack)
    os.environ.update(environment(home))
    plain = child_environment(home)
    account = running(home).accounts[ACCOUNT]
    get = ours()
    assume = theirs(python, f"arn:aws:iam::{account}:role/PlatformRoles/{ROLE}")
    with_key = {**plain, **stored_key(home)}
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(TURNS + 1):
        first = seconds(get, plain, "SessionToken")
        second = seconds(assume, with_key, "SessionToken")
        if turn:  # the first of each reads from the disk
            taken[0].append(first)
            taken[1].append(second)
    return taken


def main() -> None:
    """Measure, and print the medians."""
    organization = load(ROOT / "profiles").organization
    version = LOCK.with_suffix(".in").read_text("utf-8").strip().partition("==")[2]
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        home = LocalHome(scratch / "local")
        with TerminalProgress() as progress:
            python = interpreter("awscli", version, LOCK, progress)
            start_for(organization, home, progress)
        try:
            get, assume = measure(home, python, scratch)
        finally:
            stop(home)
    medians = statistics.median(get), statistics.median(assume)
    print(f"{TURNS} runs each, in turn; awscli {version}; the spread is from 10 % to 90 %")
    for name, taken in (("get", get), ("aws sts assume-role", assume)):
        deciles = statistics.quantiles(taken, n=10)
        print(
            f"{name:<20} {statistics.median(taken):.3f} s  ({deciles[0]:.3f} … {deciles[-1]:.3f})"
        )
    figures = {
        "get_s": round(medians[0], 3),
        "aws_cli_assume_role_s": round(medians[1], 3),
        "ratio": round(medians[0] / medians[1], 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
