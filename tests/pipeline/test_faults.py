"""What is stale, forged, tampered with or under another key is refused, and the reason is told."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from local.home import LocalHome
from pipeline.bundle import Contents, PlannedStack, plan_file, planned_file, write_bundle
from pipeline.checkpoints import NEVER
from pipeline.errors import BundleRefusedError
from pipeline.fleet import Fleet
from pipeline.job import StackJob
from pipeline.up_all import prepare
from pipeline.work import MOVED, Work, Worker, carry_out
from tests.cli.pipelines import Site, site_of
from tests.engine import ACCOUNTS, REPOSITORY, copy_project
from tests.pipeline.test_together import NONPROD_ROOT
from tests.policies.checkpoints import exported
from tests.policies.test_rollout import trusting
from tests.policies.worlds import World, profiles

if TYPE_CHECKING:
    from pipeline.command import EngineCommand


def test_a_bundle_that_only_says_that_it_is_proved_is_refused_by_the_proof(tmp_path: Path) -> None:
    """Whoever can write a bundle can write its verdict, its rules and all its digests."""
    worlds = {**{name: World(name) for name in ACCOUNTS}, "prod": trusting("prod", NONPROD_ROOT)}
    planned = {planned_file(name): exported(one).encode() for name, one in worlds.items()}
    contents = Contents(
        verdict="proved",
        inputs={"__main__.py": "as it is"},
        stacks=[PlannedStack(name=name, changes=True) for name in ACCOUNTS],
        states=dict.fromkeys(ACCOUNTS, NEVER),
        order=[list(ACCOUNTS)],
        rules=["nonprod never reaches prod"],
        files=planned,
    )
    write_bundle(tmp_path / "bundle", contents)
    (tmp_path / "backend").mkdir()
    there = {"PULUMI_BACKEND_URL": f"file://{tmp_path / 'backend'}"}
    jobs = {name: StackJob(name, REPOSITORY, there) for name in ACCOUNTS}
    no_engine = cast("EngineCommand", None)
    fleet = Fleet(REPOSITORY, profiles(), jobs, dict(contents.inputs), no_engine)
    with pytest.raises(BundleRefusedError, match=r"it is not proved from here on: .* can reach"):
        prepare(tmp_path / "bundle", fleet)


@pytest.fixture(scope="module")
def site(cloud: LocalHome, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A project of which one stack has been previewed, and none is deployed."""
    root = tmp_path_factory.mktemp("site")
    site = site_of(copy_project(root / "project", cloud, root / "backend"))
    site.preview("sandbox").checked()
    return site


@pytest.mark.engine
def test_a_truncated_state_is_refused_with_what_restores_it(site: Site) -> None:
    state = site.checkpoint("prod")
    state.write_text('{"version": 3, "checkpoint"', "utf-8")
    try:
        for said in (site.run("preview"), site.up()):
            assert "stack `prod`: its state cannot be read" in said.checked(69).stderr
            assert "restore it with `pulumi stack import`" in said.stderr
    finally:
        state.unlink()


@pytest.mark.engine
def test_a_stack_whose_key_is_another_one_is_not_previewed(site: Site) -> None:
    other = {**site.project.environment, "PULUMI_CONFIG_PASSPHRASE": "another"}
    stranger = Site(replace(site.project, environment=other))
    said = stranger.run("preview", "--stack", "sandbox").checked(69)
    assert "incorrect passphrase" in said.all


@pytest.mark.engine
def test_a_state_that_is_written_while_the_bundle_waits_for_its_turn_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(site.project.home.bin))
    job = StackJob("sandbox", site.folder, site.project.environment)
    work = Work(job, "up", plan=b"{}", state="of somebody else", known=True)
    outcome = carry_out(work, Worker())
    assert (outcome.ok, outcome.errors) == (False, (MOVED,))


@pytest.mark.engine
def test_a_plan_that_was_altered_under_a_new_seal_is_refused_by_the_engine(site: Site) -> None:
    """The program says what is made, the plan what may be: neither alone is enough."""
    file = site.bundle / plan_file("sandbox")
    plan: dict[str, Any] = json.loads(file.read_text("utf-8"))
    [urn] = [urn for urn in plan["resourcePlans"] if urn.endswith("role:Role::AuditRole")]
    del plan["resourcePlans"][urn]
    file.write_text(json.dumps(plan), "utf-8")
    manifest = site.bundle / "manifest.json"
    sealed = json.loads(manifest.read_text("utf-8"))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    sealed["files"][plan_file("sandbox")] = digest
    manifest.write_text(json.dumps(sealed), "utf-8")
    said = site.up().checked(1)
    assert "not allowed by the plan: no steps were expected for this resource" in said.all
    assert urn not in site.checkpoint("sandbox").read_text("utf-8")
