"""Preview and up of each stack, against a bare program with as many plain resources.

Both run in turn, in one run, with the same engine, host and AWS stand-in, on the local cloud. The
last line is one JSON document.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from cli.local import start_for
from cli.progress import TerminalProgress
from iam_profiles.load import load
from iam_profiles.model import Organization
from local.cloud import stop
from local.env import environment
from local.home import LocalHome

ROOT = Path(__file__).resolve().parent.parent
TURNS = 3
PREVIEWS = 3
"""In each turn; medians are taken over all turns."""
PLAIN = '''"""As many plain resources as the stack has, and nothing else."""
import json
import pulumi
import pulumi_aws as aws

config = pulumi.Config("plain")
provider = aws.Provider("aws", region="eu-west-1", profile=config.require("profile"))
deny = {"Action": "sts:AssumeRole", "Effect": "Deny", "Principal": {"AWS": "*"}}
trust = json.dumps({"Statement": [deny], "Version": "2012-10-17"})
for index in range(config.require_int("count")):
    aws.iam.Role(
        f"role-{index}",
        name=f"Plain{index}",
        assume_role_policy=trust,
        opts=pulumi.ResourceOptions(provider=provider),
    )
'''


class Engine:
    """Runs `pulumi` in one project folder and times it."""

    def __init__(self, project: Path, variables: Mapping[str, str]) -> None:
        self.project = project
        self.variables = {**os.environ, **variables}

    def __call__(self, *arguments: str) -> float:
        """Run one command; return its wall time in seconds."""
        began = time.monotonic()
        self.said(*arguments)
        return time.monotonic() - began

    def said(self, *arguments: str) -> str:
        """Run one command; return what it printed."""
        done = subprocess.run(
            ["pulumi", "--non-interactive", "--color", "never", *arguments],
            check=False,
            cwd=self.project,
            env=self.variables,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            sys.exit(f"pulumi {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def resources_of(engine: Engine, stack: str) -> int:
    """How many resources the deployed stack has, the stack itself and providers left out."""
    resources = json.loads(engine.said("stack", "export", "--stack", stack))["deployment"][
        "resources"
    ]
    return sum(
        1
        for resource in resources
        if resource["custom"] and not resource["type"].startswith("pulumi:")
    )


def plain_project(folder: Path) -> Path:
    """Write the bare program."""
    folder.mkdir()
    (folder / "__main__.py").write_text(PLAIN, "utf-8")
    runtime = f"runtime: {{name: python, options: {{virtualenv: {ROOT / '.venv'}}}}}"
    (folder / "Pulumi.yaml").write_text(f"name: plain\n{runtime}\n", "utf-8")
    return folder


Times = dict[str, dict[str, list[float]]]
"""`{stack: {"up": [seconds, …], "plain_up": …, "preview": …, "plain_preview": …}}`."""


def one_turn(scratch: Path, organization: Organization, times: Times) -> None:
    """Deploy every stack and its plain twin onto empty accounts, then preview them in turn."""
    home = LocalHome(scratch / "local")
    with TerminalProgress() as progress:
        start_for(organization, home, progress)
    try:
        ours = Engine(our_project(scratch / "ours"), environment(home))
        plain = Engine(plain_project(scratch / "plain"), environment(home))
        for stack, taken in times.items():
            ours("stack", "init", stack)
            taken["up"].append(ours("up", "--yes", "--skip-preview", "--stack", stack))
            plain("stack", "init", stack)
            plain("config", "set", "plain:count", str(resources_of(ours, stack)))
            plain("config", "set", "plain:profile", f"iam-profiles-{stack}")
            taken["plain_up"].append(plain("up", "--yes", "--skip-preview", "--stack", stack))
            for _ in range(PREVIEWS):
                taken["preview"].append(ours("preview", "--stack", stack))
                taken["plain_preview"].append(plain("preview", "--stack", stack))
    finally:
        stop(home)


def our_project(folder: Path) -> Path:
    """Copy the program and its profiles, so that the checkout stays as it is."""
    ignored = shutil.ignore_patterns(".git", ".venv", ".*cache", "tests", "rendered")
    shutil.copytree(ROOT, folder, ignore=ignored)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def main() -> None:
    """Measure every stack of the example, each turn on a new cloud; print the JSON last."""
    organization = load(ROOT / "profiles").organization
    kinds = ("preview", "plain_preview", "up", "plain_up")
    times: Times = {account.name: {kind: [] for kind in kinds} for account in organization.accounts}
    for turn in range(1, TURNS + 1):
        print(f"turn {turn} of {TURNS}", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            one_turn(Path(scratch), organization, times)
    figures = {
        stack: {f"{kind}_s": round(statistics.median(taken[kind]), 3) for kind in kinds}
        for stack, taken in times.items()
    }
    for stack, medians in figures.items():
        print(stack, medians)
    print(json.dumps({"stacks": figures, **ratios(figures)}))


def ratios(figures: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Ours over plain, all stacks together."""
    return {
        f"{name}_ratio": round(
            sum(stack[f"{name}_s"] for stack in figures.values())
            / sum(stack[f"plain_{name}_s"] for stack in figures.values()),
            3,
        )
        for name in ("preview", "up")
    }


if __name__ == "__main__":
    main()
