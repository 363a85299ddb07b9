"""A key that the pipeline mints is in no bundle, plan, report, trace or answer of its commands."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from local.home import LocalHome
from tests.cli.pipelines import Site, site_of
from tests.end_to_end.leaks import Evidence, Watch
from tests.engine import Project, client
from tests.small import shrunk

pytestmark = pytest.mark.engine

CANARY = "CanaryCanaryCanaryCanaryCanaryCanaryCana"
"""Forty characters, as a secret access key has, that may be a role's name as well."""

PLANTED = f"""
owner: build
purpose: {CANARY}
session: 1h
permissions:
  - {{sid: Read, actions: [s3:GetObject], resources: ["arn:{{partition}}:s3:::artifacts/*"]}}
"""
GRANTED = f"  - {{group: builders, role: {CANARY}, on: [state], mfa: true}}\n"

PLACES = (
    *("bundle/plans/state.json", "bundle/planned/state.json", "bundle/report.md"),
    *("reports/report.md", "output of preview", "output of up", "trace/grpc.json"),
)
"""Where a role's name or purpose stands once it is delivered, and a key's secret never."""


@pytest.fixture
def site(
    fresh_cloud: LocalHome, project_in: Callable[[LocalHome], Project], tmp_path: Path
) -> Site:
    """A small organisation to deliver; what is left behind goes to folders that are searched."""
    site = site_of(shrunk(project_in(fresh_cloud)))
    for folder in ("tmp", "trace", "reports"):
        (tmp_path / folder).mkdir()
    site.project.environment["TMPDIR"] = str(tmp_path / "tmp")
    site.project.environment["PULUMI_DEBUG_GRPC"] = str(tmp_path / "trace" / "grpc.json")
    return site


def deliver(site: Site, tmp_path: Path) -> Evidence:
    """Preview `state` with every report, and apply it; keep all that there is to be seen."""
    evidence, reports = Evidence(), tmp_path / "reports"
    files = {"--markdown": "report.md", "--junit": "report.xml", "--sarif": "report.sarif"}
    asked = [part for form, file in files.items() for part in (form, str(reports / file))]
    with Watch(evidence, tmp_path / "tmp") as watch:
        for command in (
            ("preview", "--stack", "state", "--bundle", str(site.bundle), *asked),
            ("up", str(site.bundle), "--yes"),
        ):
            said = site.run(*command).checked()
            evidence.add(f"output of {command[0]}", said.all)
    assert {"pulumi"} < watch.processes, "no process was looked at"
    for folder in (tmp_path, site.folder.parent, site.project.home.root):
        evidence.add_files(folder)
    assert all(evidence.seen[str(reports / file)] for file in files.values())
    return evidence


def test_a_key_that_the_pipeline_mints_is_in_nothing_that_it_leaves_or_says(
    site: Site, tmp_path: Path
) -> None:
    (site.folder / "profiles" / "roles" / f"{CANARY}.yaml").write_text(PLANTED.lstrip(), "utf-8")
    site.edit("profiles/teams/build.yaml", "grants:\n", f"grants:\n{GRANTED}")
    evidence = deliver(site, tmp_path)
    secrets = client(site.project.home, "secretsmanager", "state")
    stored = secrets.get_secret_value(SecretId="iam-profiles/nonprod/build-machine")
    key = json.loads(stored["SecretString"])
    assert len(key["secret_access_key"]) == len(CANARY)
    assert evidence.places_of([key["secret_access_key"]]) == []
    # The same search, in the same run, finds what was planted in every such place.
    found = evidence.places_of([CANARY])
    for place in PLACES:
        assert any(where.endswith(place) for where in found), (place, found)
