"""What was previewed is applied, exactly that, or nothing: with the real engine."""

import contextlib
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.home import LocalHome
from tests.cli.pipelines import Site, ended, site_of
from tests.engine import Project, copy_project

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def previewed(cloud: LocalHome, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A project of which two stacks have been previewed, and none is deployed."""
    root = tmp_path_factory.mktemp("site")
    site = site_of(copy_project(root / "project", cloud, root / "backend"))
    site.preview("sandbox", "nonprod").checked()
    return site


@pytest.fixture
def site(fresh_cloud: LocalHome, project_in: Callable[[LocalHome], Project]) -> Site:
    """A project of its own, with a cloud to deploy to."""
    return site_of(project_in(fresh_cloud))


@pytest.fixture
def bundle(previewed: Site, tmp_path: Path) -> Path:
    """A copy of the bundle, to be altered."""
    return Path(shutil.copytree(previewed.bundle, tmp_path / "bundle"))


def test_what_was_previewed_is_applied_and_then_nothing_is_left(site: Site) -> None:
    site.preview("sandbox").checked()
    applied = site.up().checked()
    assert "1 stack as planned" in applied.stdout
    again = site.run("preview", "--stack", "sandbox", "--format", "json").checked()
    report = json.loads(again.stdout)
    assert (report["verdict"], report["changes"], report["access"]) == ("proved", False, [])
    assert [stack["skipped"] for stack in report["stacks"]] == [False]
    skipped = json.loads(
        site.run("preview", "--stack", "sandbox", "--format", "json").checked().stdout
    )
    assert [stack["skipped"] for stack in skipped["stacks"]] == [True]
    nowhere = site.run("preview", "--stack", "sandbox", "--executor", "dask://127.0.0.1")
    assert "give `dask://HOST:PORT`" in nowhere.checked(64).stderr
    assert "nothing is left to be done" in site.up().checked().stdout


def test_without_a_terminal_and_without_yes_nothing_is_applied(previewed: Site) -> None:
    said = previewed.run("up", str(previewed.bundle)).checked(64)
    assert "give --yes" in said.stderr


@pytest.mark.parametrize("file", ["plans/nonprod.json", "planned/sandbox.json", "report.md"])
def test_a_bundle_altered_by_one_byte_is_refused(previewed: Site, bundle: Path, file: str) -> None:
    raw = bytearray((bundle / file).read_bytes())
    raw[len(raw) // 2] ^= 1
    (bundle / file).write_bytes(raw)
    said = previewed.up(bundle).checked(1)
    assert f"altered since the preview: `{file}`" in said.stderr


def test_a_file_that_was_added_to_a_bundle_is_named(previewed: Site, bundle: Path) -> None:
    (bundle / "plans" / "prod.json").write_text("{}", "utf-8")
    assert "`plans/prod.json`" in previewed.up(bundle).checked(1).stderr


def test_another_bundle_than_the_approved_one_is_refused(previewed: Site, bundle: Path) -> None:
    said = previewed.up(bundle, "--digest", f"sha256:{'0' * 64}").checked(1)
    assert "apply the bundle that was approved" in said.stderr


@pytest.fixture
def moved(previewed: Site) -> Iterator[Site]:
    """The program and the model changed after the preview, then set back."""
    files = [previewed.folder / name for name in ("__main__.py", "profiles/teams/payments.yaml")]
    before = [file.read_bytes() for file in files]
    for file in files:
        file.write_bytes(file.read_bytes() + b"\n# changed\n")
    yield previewed
    for file, content in zip(files, before, strict=True):
        file.write_bytes(content)


def test_all_that_moved_since_the_preview_is_named_at_once(moved: Site, bundle: Path) -> None:
    state = moved.checkpoint("prod")
    state.write_text(json.dumps(DEPLOYED), "utf-8")
    try:
        said = moved.up(bundle).checked(1)
    finally:
        state.unlink()
    listed = "`__main__.py`, `profiles/teams/payments.yaml`, `the state of stack prod`"
    assert f"since the preview changed {listed}" in said.stderr


DEPLOYED = {
    "version": 3,
    "checkpoint": {
        "stack": "organization/iam-profiles/prod",
        "latest": {"resources": [{"urn": "urn:pulumi:prod::iam-profiles::a:b:C::d"}]},
    },
}
"""What somebody else would have written in between."""


def test_a_program_that_opens_a_path_is_refused_and_its_bundle_never_applied(
    previewed: Site, tmp_path: Path
) -> None:
    file = previewed.folder / "components" / "role_set.py"
    before = file.read_text("utf-8")
    previewed.edit("components/role_set.py", "assume_role_policy=trust,", TRUSTS_ALL)
    try:
        said = previewed.preview("prod", bundle=tmp_path / "refused").checked(1)
        refused = previewed.up(tmp_path / "refused").checked(1)
    finally:
        file.write_text(before, "utf-8")
    report = json.loads((tmp_path / "refused" / "report.json").read_text("utf-8"))
    assert report["verdict"] == "refused"
    assert {"prod_isolation"} <= {one["rule"] for one in report["findings"]}
    assert "nothing of it can be applied" in said.stdout
    assert "its preview was `refused`" in refused.stderr
    assert not previewed.locks("prod")


TRUSTS_ALL = (
    "assume_role_policy="
    """'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","""
    """"Principal":{"AWS":"arn:aws:iam::111111111111:root"}}]}',"""
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
def test_an_interrupted_update_leaves_nothing_behind_and_a_rerun_goes_on(
    site: Site, number: signal.Signals
) -> None:
    site.preview("state").checked()
    process = site.start("up", str(site.bundle), "--yes")
    until(lambda: site.recorded("state") > 20)
    if number is signal.SIGINT:  # as a terminal's Ctrl-C: to each process of the group
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    said = ended(process).checked(130)
    assert "each stack finishes what is under way" in said.stderr
    assert (site.locks("state"), site.pending("state")) == ([], [])
    assert 20 <= site.recorded("state") < 138
    assert "1 stack as planned" in site.up().checked().stdout


def test_after_a_kill_the_next_run_names_the_command_that_repairs_it(site: Site) -> None:
    site.preview("state").checked()
    process = site.start("up", str(site.bundle), "--yes")
    until(lambda: site.recorded("state") > 20)
    kill(process.pid)
    ended(process)
    said = site.up().checked(69)
    assert "an earlier run was killed: it is locked by process" in said.stderr
    assert "run `iam-profiles repair --stack state`, then this again" in said.stderr
    repaired = site.run("repair", "--stack", "state").checked()
    assert "which is dead" in repaired.stdout
    assert (site.locks("state"), site.pending("state")) == ([], [])
    assert "1 stack as planned" in site.up().checked().stdout


def test_a_worker_that_is_killed_loses_no_stack_and_takes_no_other_along(site: Site) -> None:
    site.preview("sandbox", "nonprod").checked()
    process = site.start("up", str(site.bundle), "--yes", "--workers", "2")
    until(lambda: 5 < site.recorded("sandbox") < 30)
    worker_of(process.pid, "sandbox").kill()
    said = ended(process).checked()
    assert "2 stacks as planned" in said.stdout
    assert said.stderr.count("its worker was lost, and it was carried out once more") == 1
    for stack in ("sandbox", "nonprod"):
        assert (site.locks(stack), site.pending(stack)) == ([], [])
    again = site.run("preview", "--stack", "sandbox", "--format", "json").checked()
    assert json.loads(again.stdout)["changes"] is False


def test_of_two_runs_at_once_one_is_refused(site: Site) -> None:
    site.preview("sandbox").checked()
    first = site.start("up", str(site.bundle), "--yes")
    until((site.bundle / "journal.jsonl").exists)
    said = site.up().checked(69)
    assert "applies a bundle to these stacks" in said.stderr
    ended(first).checked()


def until(come: Callable[[], bool]) -> None:
    """Wait until something has come, at most two minutes."""
    end = time.monotonic() + 120
    while not come():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def worker_of(pid: int, stack: str) -> psutil.Process:
    """The worker, somewhere below this process, whose engine updates the stack."""
    for one in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if one.name() == "pulumi" and {"up", stack} <= set(one.cmdline()):
                parent = one.parent()
                assert parent is not None
                return parent
    raise AssertionError(f"nobody updates {stack}")


def kill(pid: int) -> None:
    """Kill a run with its workers, engines and plugins, all at once."""
    process = psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        one.kill()
