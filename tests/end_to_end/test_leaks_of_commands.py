"""What the commands and a rotation leave and show: neither a stored key nor a session is in it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from iam_profiles.render_directory import directory
from tests.clouds import started
from tests.credentials.site import STACK, placed
from tests.end_to_end.inventory import PROFILES, SERVICE_USERS, stored_secrets
from tests.end_to_end.leaks import Evidence, Watch
from tests.engine import Project, copy_project

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("leaks-of-commands")]

ASKED = ("--identity", "nonprod", "--account", "sandbox", "--role", "PaymentsDeployRole")
VERBOSE = ("-v=9", "--logtostderr", "--logflow")


@dataclass
class Bench:
    """A deployed organisation, and folders for all that its commands could leave behind."""

    project: Project
    root: Path
    evidence: Evidence = field(default_factory=Evidence)

    def run(self, *arguments: str, shows: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run a command; what it prints is evidence, unless a secret is what it is to print."""
        done = subprocess.run(
            [Path(sys.executable).with_name("iam-profiles"), *arguments],
            env=self.environment,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        where = f"iam-profiles {' '.join(arguments[:2])}"
        self.evidence.add(f"errors of {where}", done.stderr)
        if shows:
            self.evidence.add(f"output of {where}", done.stdout)
        return done

    @property
    def environment(self) -> dict[str, str]:
        """That of a pipeline: the store is read, and the directory found, by the environment."""
        return {
            **self.project.environment,
            "TMPDIR": str(self.root / "tmp"),
            "HOME": str(self.root / "home"),
            "IAM_PROFILES_DIRECTORY": str(self.root / "directory.json"),
            "IAM_PROFILES_STORE_PROFILE": "iam-profiles-state",
        }

    def gather(self) -> None:
        """Keep every file that there is now."""
        for folder in (self.root, self.project.folder, self.project.home.root):
            self.evidence.add_files(folder)


@pytest.fixture(scope="module")
def deployed_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The state account and one that it grants roles in: keys are rotated here."""
    root = tmp_path_factory.mktemp("leaks")
    with started(root / "cloud") as home:
        project = copy_project(root / "project", home)
        for stack in ("state", "sandbox"):
            project.up(stack).checked()
        yield project


@pytest.fixture
def bench(deployed_apart: Project, tmp_path: Path) -> Bench:
    for folder in ("tmp", "home"):
        (tmp_path / folder).mkdir()
    (tmp_path / "directory.json").write_text(directory(PROFILES).to_json(), "utf-8")
    return Bench(deployed_apart, tmp_path)


def use(bench: Bench) -> str:
    """Run a command with a session; the session's secret, which the command printed."""
    script = 'printf %s "$AWS_SECRET_ACCESS_KEY"; sleep 0.4; exit 0'
    done = bench.run("exec", *ASKED, "--", "sh", "-c", script, shows=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 20
    return done.stdout


def test_the_commands_show_and_leave_no_stored_key_and_a_session_to_its_command_alone(
    bench: Bench,
) -> None:
    secrets = set(stored_secrets(bench.project.home))
    with Watch(bench.evidence, bench.root / "tmp", bench.root / "home") as watch:
        for arguments in (
            ("credentials", "status"),
            ("credentials", "rotate", "--all", "--early"),
            ("credentials", "status", "--format", "json"),
            ("credentials", "config", "--identity", "payments-nonprod"),
            ("credentials", "rotate", "payments-prod", "--now"),
        ):
            done = bench.run(*arguments)
            assert done.returncode == 0, done.stderr
            secrets |= set(stored_secrets(bench.project.home))
        got = bench.run("credentials", "get", *ASKED, shows=False)
        session = use(bench)
        refused = bench.run("exec", *ASKED, "--", "no-such-command")
        denied = bench.run("credentials", "get", *ASKED, "--seconds", "43200")
    assert (refused.returncode, denied.returncode) == (69, 64)
    assert {"iam-profiles", "sh", "sleep"} <= watch.processes
    bench.gather()
    assert len(secrets) == 2 * len(SERVICE_USERS) + 1
    assert bench.evidence.places_of(secrets) == []
    assert not any(secret in got.stdout for secret in secrets)
    theirs = {"environment of sh", "environment of sleep"}
    assert set(bench.evidence.places_of([session])) <= theirs
    assert "environment of sh" in bench.evidence.places_of([session])


def test_a_rotation_by_an_update_plan_shows_no_key(deployed_apart: Project, tmp_path: Path) -> None:
    """The engine as loud as it can be, with a key that it mints while the plan is applied."""
    evidence, trace, plan = Evidence(), tmp_path / "grpc.json", tmp_path / "plan.json"
    due = {"TEST_ROTATE": "1", "TEST_GRACE": "3600"}
    with placed(deployed_apart.home, tmp_path) as site, Watch(evidence, tmp_path) as watch:
        site.project.up(STACK, **due).checked()
        secrets = {site.stored()["secret_access_key"]}
        site.project.environment["PULUMI_DEBUG_GRPC"] = str(trace)
        time.sleep(1)
        arguments = ("--save-plan", str(plan), *VERBOSE)
        ran = {
            "preview": site.project.preview(STACK, *arguments, **due).checked(),
            "update": site.project.up(STACK, "--plan", str(plan), *VERBOSE, **due).checked(),
            "state": site.project.pulumi("stack", "export", "--show-secrets", "--stack", STACK),
        }
        secrets.add(site.stored()["secret_access_key"])
        assert site.gate.calls.count("CreateAccessKey") == len(secrets) == 2
        keys = site.keys()
    for name, one in ran.items():
        evidence.add(f"output of the {name}", one.output)
        evidence.add(f"events of the {name}", repr(one.events))
    evidence.add_files(tmp_path)
    evidence.add_files(deployed_apart.home.pulumi_home)
    assert "pulumi" in watch.processes
    assert evidence.places_of(secrets) == []
    # The same search finds the keys' ids, which are no secrets, where they are to be.
    found = evidence.places_of(keys)
    for where in (str(trace), "output of the update", "output of the state"):
        assert where in found


@pytest.mark.parametrize(
    ("script", "place"),
    [
        ('echo "$AWS_SECRET_ACCESS_KEY" > "$TMPDIR/left"', "tmp/left"),
        ('sh -c "sleep 0.3; exit 0" "$AWS_SECRET_ACCESS_KEY"', "arguments of sh"),
        ('echo "$AWS_SECRET_ACCESS_KEY" | base64 >&2', "errors of iam-profiles exec"),
    ],
    ids=["file", "arguments", "encoded output"],
)
def test_the_search_finds_a_session_that_a_command_spills(
    bench: Bench, script: str, place: str
) -> None:
    script = f'printf %s "$AWS_SECRET_ACCESS_KEY"; {script}'
    with Watch(bench.evidence, bench.root / "tmp"):
        done = bench.run("exec", *ASKED, "--", "sh", "-c", script, shows=False)
    assert done.stdout, done.stderr
    bench.gather()
    found = bench.evidence.places_of([done.stdout])
    assert any(place in where for where in found), found
