"""The commands of the generated files, run as a CI system would, with the real engine."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.home import LocalHome
from tests.cli.pipelines import Site, site_of
from tests.engine import REPOSITORY, Project
from tests.pipeline.ci.test_files import DEPLOY, github_of, jobs_of, scripts_of

_ORDER = (
    *("preview-platform-nonprod", "up-platform-nonprod"),
    *("preview-platform-prod", "up-platform-prod"),
)
_SECONDS = 300
_COMMAND = """#!/bin/sh
case "$1" in credentials) ;; *) set -- "$@" --project "{folder}" ;; esac
exec "{python}" -P -c "import sys; from cli.main import main; main()" "$@"
"""


class Runner:
    """A runner of GitHub's, with a checkout of the project."""

    def __init__(self, site: Site, home: Path) -> None:
        self.folder = site.folder
        bin_ = home / "bin"
        bin_.mkdir(parents=True)
        program = bin_ / "iam-profiles"
        program.write_text(_COMMAND.format(folder=site.folder, python=sys.executable), "utf-8")
        program.chmod(0o755)
        self._output = home / "output"
        environment = site.project.environment
        self._environment = {
            **environment,
            "PATH": f"{bin_}:{environment['PATH']}",
            "PYTHONPATH": str(REPOSITORY),
            "IAM_PROFILES_CACHE": str(home / "cache"),
            "GITHUB_OUTPUT": str(self._output),
            "GITHUB_STEP_SUMMARY": str(home / "summary.md"),
        }

    def run(self, script: str) -> tuple[int, str]:
        """Run a step, with the digest that an earlier one gave."""
        given = self._output.read_text("utf-8") if self._output.exists() else ""
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env={**self._environment, "DIGEST": given.strip().rpartition("digest=")[2]},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.mark.engine
def test_the_commands_deploy_all_accounts_find_them_as_deployed_and_rotate(
    fresh_cloud: LocalHome, project_in: Callable[[LocalHome], Project], tmp_path: Path
) -> None:
    runner = Runner(site_of(project_in(fresh_cloud)), tmp_path / "runner")
    jobs = jobs_of(github_of(tmp_path / "files"))

    def steps(job: str) -> list[str]:
        # The checkout is there, and the local cloud's sessions are the engine's own.
        scripts = (one for one in scripts_of(jobs[job]) if "CONFIG" not in one)
        return [one for one in scripts if "tools/bootstrap.py" not in one]

    for name in _ORDER:
        for script in steps(f"{DEPLOY} {name}"):
            code, said = runner.run(script)
            assert code == 0, f"{script}: {said}"
    [drift, *_] = steps(".github/workflows/iam-profiles-drift.yml drift")
    code, said = runner.run(drift.replace("iam-profiles drift", "iam-profiles drift --format json"))
    report, _ = json.JSONDecoder().raw_decode(said, said.index("{\n"))
    assert (code, report["verdict"]) == (0, "proved"), report["findings"]
    assert [(one["ok"], one["resources"]) for one in report["refreshed"]] == [(True, [])] * 4
    [rotate] = steps(".github/workflows/iam-profiles-rotate.yml rotate")
    code, said = runner.run(rotate)
    assert code == 0, said
