"""The same operations on a Dask cluster: with real workers, which are killed and interrupted."""

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.home import LocalHome
from tests.cli.clusters import cluster
from tests.cli.pipelines import Site, ended, site_of
from tests.cli.test_up import until, worker_of
from tests.engine import ACCOUNTS, Project
from tests.pipeline.ci.project import OWNER
from tests.small import shrunk

pytestmark = pytest.mark.engine

STACKS = tuple(ACCOUNTS)


@pytest.fixture
def site(fresh_cloud: LocalHome, project_in: Callable[[LocalHome], Project]) -> Site:
    """A project of its own, with a cloud to deploy to."""
    return site_of(project_in(fresh_cloud))


def untimed(bundle: Path) -> dict[str, Any]:
    """All that a bundle says, but how long it took and what the engine salts."""
    report = json.loads((bundle / "report.json").read_text("utf-8"))
    del report["seconds"]
    for stack in report["stacks"]:
        del stack["seconds"]
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    planned = {one.name: one.read_text("utf-8") for one in (bundle / "planned").iterdir()}
    plans = sorted(one.name for one in (bundle / "plans").iterdir())
    kept = {name: manifest[name] for name in manifest if name != "files"}
    return {"report": report, "manifest": kept, "planned": planned, "plans": plans}


def left_nothing_behind(site: Site) -> bool:
    return all(
        not site.locks(stack) and not (site.recorded(stack) and site.pending(stack))
        for stack in STACKS
    )


def test_a_cluster_previews_as_processes_do_and_a_worker_that_is_killed_loses_no_stack(
    site: Site, tmp_path: Path
) -> None:
    site.run("preview", "--no-skip", "--bundle", str(tmp_path / "here")).checked()
    with cluster(tmp_path, site.project.environment) as dask:
        there = ("--bundle", str(site.bundle), "--executor", dask.where)
        previewed = site.run("preview", "--no-skip", *there).checked()
        assert untimed(site.bundle) == untimed(tmp_path / "here")
        process = site.start("up", str(site.bundle), "--yes", "--executor", dask.where)
        until(lambda: site.recorded("state") > 20)
        worker_of(dask.pid, "state").kill()
        said = ended(process).checked()
        asked = ("drift", "--format", "json", "--ignore", OWNER, "--executor", dask.where)
        drifted = site.run(*asked).checked()
    report = json.loads(drifted.stdout)
    assert report["verdict"] == "proved"
    assert [(one["ok"], one["resources"]) for one in report["refreshed"]] == [(True, [])] * 4
    assert f"{len(STACKS)} stacks as planned" in said.stdout
    assert "its worker was lost, and it was carried out once more" in said.stderr
    assert "distributed" not in previewed.stderr + said.stderr  # nothing but ours is said
    assert left_nothing_behind(site)


def test_an_interrupt_reaches_a_clusters_engine_once_and_what_has_not_begun_never_does(
    site: Site, tmp_path: Path
) -> None:
    shrunk(site.project)
    site.preview().checked()
    with cluster(tmp_path, site.project.environment, workers=1) as dask:
        asked = ("up", str(site.bundle), "--yes", "--executor", dask.where, "--workers", "4")
        process = site.start(*asked)
        until(lambda: any(site.recorded(stack) > 2 for stack in STACKS))
        engines = [one for one in descendants(dask.pid) if "up" in one]
        os.killpg(process.pid, signal.SIGINT)  # as a terminal's Ctrl-C
        said = ended(process).checked(130)
        begun = [stack for stack in STACKS if site.recorded(stack)]
        assert (len(engines), len(begun)) == (1, 1)
        assert "each stack finishes what is under way" in said.stderr
        assert "distributed" not in said.stderr
        assert left_nothing_behind(site)
        assert f"{len(STACKS)} stacks as planned" in site.run(*asked).checked().stdout
    assert left_nothing_behind(site)


def descendants(pid: int) -> list[list[str]]:
    """The command lines of the engines below a process."""
    found: list[list[str]] = []
    for one in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            if one.name() == "pulumi":
                found.append(one.cmdline())
    return found
