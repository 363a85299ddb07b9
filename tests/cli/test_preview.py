"""`iam-profiles preview` writes what it found in every form, and says when it cannot know."""

import json
from pathlib import Path

import pytest

from cli.main import run
from local.home import LocalHome
from tests.cli.pipelines import Site, site_of
from tests.engine import copy_project

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def site(cloud: LocalHome, tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("site")
    return site_of(copy_project(root / "project", cloud, root / "backend"))


def test_every_report_is_written_and_says_the_same(site: Site, tmp_path: Path) -> None:
    files = {name: tmp_path / "reports" / name for name in ("markdown", "junit", "sarif")}
    asked = [part for name, file in files.items() for part in (f"--{name}", str(file))]
    said = site.run("preview", "--stack", "sandbox", "--format", "json", *asked).checked()
    report = json.loads(said.stdout)
    assert report["verdict"] == "proved"
    assert report["order"] == [["sandbox"]]
    [stack] = report["stacks"]
    assert (stack["name"], stack["changes"], stack["state"]) == (
        "sandbox",
        {"create": 36},
        "never deployed",
    )
    assert files["markdown"].read_text("utf-8").startswith("### ✅ iam-profiles: changes")
    assert 'testsuite name="sandbox"' in files["junit"].read_text("utf-8")
    assert json.loads(files["sarif"].read_text("utf-8"))["runs"][0]["results"] == []
    assert "sandbox  previewed (36 create)" in said.stderr


def test_a_program_that_fails_is_neither_proved_nor_refused(site: Site, tmp_path: Path) -> None:
    file = site.folder / "__main__.py"
    before = file.read_text("utf-8")
    file.write_text("raise RuntimeError('out of order')\n", "utf-8")
    try:
        said = site.preview("sandbox", bundle=tmp_path / "bundle").checked(69)
        refused = site.up(tmp_path / "bundle").checked(1)
    finally:
        file.write_text(before, "utf-8")
    assert "failed: not every stack could be previewed" in said.stdout
    assert "out of order" in said.all
    assert "its preview was `failed`" in refused.stderr


def test_a_stack_that_nobody_has_is_named_with_those_that_there_are(site: Site) -> None:
    said = site.run("preview", "--stack", "qa").checked(64)
    assert "stack `qa`: no account is called so; name one of `state`, " in said.stderr


def test_a_bundle_never_takes_the_place_of_something_else(site: Site, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    said = site.preview("sandbox", bundle=tmp_path).checked(69)
    assert "choose another place" in said.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("option", ["--bundle", "--markdown"])
def test_a_place_that_can_never_be_written_is_refused_before_any_work(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str
) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    assert run(["preview", option, str(tmp_path / "notes.txt" / "out")]) == 64
    assert "is no folder; choose another place" in capsys.readouterr().err


def test_operations_that_an_engine_left_unfinished_are_named_with_what_repairs_them(
    site: Site,
) -> None:
    role = {"urn": "urn:pulumi:prod::iam-profiles::aws:iam/role:Role::AuditRole"}
    latest = {"resources": [], "pending_operations": [{"resource": role, "type": "creating"}]}
    state = site.checkpoint("prod")
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}), "utf-8")
    try:
        said = site.run("preview", "--stack", "prod").checked(69)
    finally:
        state.unlink()
    assert "1 operation was never finished: `AuditRole`" in said.stderr
    assert "run `iam-profiles repair --stack prod`, then this again" in said.stderr
