"""A minted key is in the store and nowhere else: state, logs, traces, arguments, files, outputs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from local.home import LocalHome
from tests.end_to_end.inventory import stored_secrets
from tests.end_to_end.leaks import Evidence, Watch
from tests.engine import Project

pytestmark = pytest.mark.engine

CANARY = "CanaryCanary/Canary+CanaryCanaryCanaryCa"
"""Forty characters, as a secret access key has."""

VERBOSE = ("-v=9", "--logtostderr", "--logflow")


@pytest.fixture
def watched(
    fresh_cloud: LocalHome, project_in: Callable[[LocalHome], Project], tmp_path: Path
) -> Project:
    """A project whose temporary files, gRPC trace and logs go to folders that are searched."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "trace").mkdir()
    project = project_in(fresh_cloud)
    environment = {
        **project.environment,
        "TMPDIR": str(tmp_path / "tmp"),
        "PULUMI_DEBUG_GRPC": str(tmp_path / "trace" / "grpc.json"),
    }
    return replace(project, environment=environment)


def deploy_and_gather(project: Project, tmp_path: Path) -> tuple[Evidence, set[str]]:
    """Deploy `state` as loudly as the engine can, and keep everything that could be seen."""
    evidence = Evidence()
    plan = str(tmp_path / "trace" / "plan.json")
    with Watch(evidence, tmp_path / "tmp") as watch:
        previewed = project.preview("state", "--save-plan", plan, *VERBOSE).checked()
        evidence.add("the preview's output", previewed.output)
        evidence.add("the preview's events", repr(previewed.events))
        updated = project.up("state", *VERBOSE).checked()
        evidence.add("the update's output", updated.output)
        evidence.add("the update's events", repr(updated.events))
    for words in (
        ("stack", "export", "--show-secrets"),
        ("stack", "output", "--json", "--show-secrets"),
        ("stack", "history", "--show-secrets", "--full-dates"),
    ):
        done = project.pulumi(*words, "--stack", "state").checked()
        evidence.add(f"pulumi {' '.join(words)}", done.output)
    for folder in (tmp_path / "trace", tmp_path / "tmp", project.folder, project.home.root):
        evidence.add_files(folder)
    return evidence, watch.processes


def test_a_minted_key_is_found_nowhere_but_in_the_store(watched: Project, tmp_path: Path) -> None:
    evidence, processes = deploy_and_gather(watched, tmp_path)
    secrets = stored_secrets(watched.home)
    assert len(set(secrets)) == 4
    assert {"pulumi"} < processes, "no process was looked at"
    assert len(evidence.seen[str(tmp_path / "trace" / "grpc.json")]) > 10_000
    assert evidence.places_of(secrets) == []


PLANT_IN_OUTPUT = f'\nimport pulumi\npulumi.export("planted", pulumi.Output.secret("{CANARY}"))\n'
PLANT_IN_FILE = f'\nimport tempfile\nopen(tempfile.mkstemp()[0], "w").write("{CANARY}")\n'
PLANT_IN_CHILD = (
    "\nimport subprocess\n"
    f'subprocess.run(["sleep", "0.3"], env={{"PLANTED": "{CANARY}"}})\n'
    f'subprocess.run(["sh", "-c", "sleep 0.3; exit 0", "{CANARY}"])\n'
)
PLANT_IN_LOG = f'\nimport pulumi\npulumi.log.debug("{CANARY}")\n'


@pytest.mark.parametrize(
    ("planted", "places"),
    [
        (PLANT_IN_OUTPUT, ["pulumi stack export", "pulumi stack output", "grpc.json"]),
        (PLANT_IN_FILE, ["tmp/tmp"]),
        (PLANT_IN_CHILD, ["arguments of sh", "environment of sleep"]),
        (PLANT_IN_LOG, ["the update's output", "the preview's events"]),
    ],
    ids=["output", "file", "child", "log"],
)
def test_the_search_finds_a_key_that_is_planted(
    watched: Project, tmp_path: Path, planted: str, places: list[str]
) -> None:
    program = watched.folder / "__main__.py"
    program.write_text('"""A program that leaks."""\n' + planted, "utf-8")
    evidence, _ = deploy_and_gather(watched, tmp_path)
    found = evidence.places_of([CANARY])
    for place in places:
        assert any(place in where for where in found), (place, found)
