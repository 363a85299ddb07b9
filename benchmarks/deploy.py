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

from cli.progress import TerminalProgress
from iam_profiles.load import load
from local.cloud import start, stop
from local.env import environment
from local.home import LocalHome
from local.install import install

ROOT = Path(__file__).resolve().parent.parent
PREVIEWS = 5
UPS = 3
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
        return time.monotonic() - began


def resources_of(engine: Engine, stack: str) -> int:
    """How many resources the deployed stack has, the stack itself and providers left out."""
    done = subprocess.run(
        ["pulumi", "stack", "export", "--stack", stack],
        check=True,
        cwd=engine.project,
        env=engine.variables,
        capture_output=True,
        text=True,
    )
    resources = json.loads(done.stdout)["deployment"]["resources"]
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


def measure(stack: str, ours: Engine, plain: Engine) -> dict[str, float]:
    """Time the stack and its plain twin, in turn; medians in seconds."""
    times: dict[str, list[float]] = {
        name: [] for name in ("preview", "plain_preview", "up", "plain_up")
    }
    ours("stack", "select", stack)
    for turn in range(UPS):
        if turn:
            ours("state", "unprotect", "--all", "--yes", "--stack", stack)
            ours("destroy", "--yes", "--skip-preview", "--stack", stack)
            plain("destroy", "--yes", "--skip-preview", "--stack", stack)
        times["up"].append(ours("up", "--yes", "--skip-preview", "--stack", stack))
        if not turn:
            plain("stack", "init", stack)
            plain("config", "set", "plain:count", str(resources_of(ours, stack)))
            plain("config", "set", "plain:profile", f"iam-profiles-{stack}")
        times["plain_up"].append(plain("up", "--yes", "--skip-preview", "--stack", stack))
    for _ in range(PREVIEWS):
        times["preview"].append(ours("preview", "--stack", stack))
        times["plain_preview"].append(plain("preview", "--stack", stack))
    return {f"{name}_s": round(statistics.median(values), 3) for name, values in times.items()}


def main() -> None:
    """Measure all four stacks on a cloud of their own; print a line each, then the JSON."""
    organization = load(ROOT / "profiles").organization
    accounts: dict[str, str] = {account.name: account.id for account in organization.accounts}
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        home = LocalHome(Path(scratch) / "local")
        with TerminalProgress() as progress:
            install(home, progress)
            start(home, accounts, organization.region, progress)
        try:
            project = Path(scratch) / "ours"
            shutil.copytree(
                ROOT, project, ignore=shutil.ignore_patterns(".git", ".venv", ".*cache")
            )
            (project / ".venv").symlink_to(ROOT / ".venv")
            ours = Engine(project, environment(home))
            plain = Engine(plain_project(Path(scratch) / "plain"), environment(home))
            for stack in accounts:
                ours("stack", "init", stack)
                figures[stack] = measure(stack, ours, plain)
                print(stack, figures[stack], flush=True)
        finally:
            stop(home)
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
