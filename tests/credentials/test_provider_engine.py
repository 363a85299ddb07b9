"""The provider under the real engine: what it keeps in state, and what a killed one leaves."""

import contextlib
import json
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from local import cloud
from local.env import child_environment, file_backend
from local.home import LocalHome
from local.install import install
from local.progress import Silent
from tests.credentials.gate import Gate
from tests.engine import ACCOUNTS, REGION, REPOSITORY, Project, client

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("stored-keys")]

STACK = "state"

PROVIDER = str(REPOSITORY / "credentials" / "provider")

PROGRAM = """
import os
import pulumi

outputs = ("accessKeyId", "versionId", "createdAt", "secretArn")
key = pulumi.CustomResource(
    "iamprofiles:index:StoredAccessKey",
    "key",
    {
        "accountId": os.environ.get("TEST_ACCOUNT", "111111111111"),
        "region": "eu-west-1",
        "profile": "iam-profiles-state",
        "userName": os.environ["TEST_USER"],
        "secretName": os.environ["TEST_SECRET"],
        **dict.fromkeys(outputs),
    },
)
"""

PROJECT = {
    "name": "keys",
    "runtime": {"name": "python", "options": {"virtualenv": str(REPOSITORY / ".venv")}},
    "plugins": {"providers": [{"name": "iamprofiles", "path": PROVIDER}]},
}


@dataclass
class Site:
    """A project with one stored key, a cloud, and the gate between them."""

    project: Project
    gate: Gate
    iam: Any
    secrets: Any
    user: str
    up: subprocess.Popen[str] | None = None
    known: set[psutil.Process] = field(default_factory=set[psutil.Process])
    """Every process that was seen, so that none is left."""

    @property
    def secret(self) -> str:
        """Where the key is kept."""
        return f"iam-profiles/nonprod/{self.user}"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `pulumi up`, to be disturbed."""
        flags = ("--yes", "--skip-preview", "--stack", STACK, "--non-interactive")
        self.up = subprocess.Popen(
            [self.project.home.bin / "pulumi", "up", *flags, *arguments],
            cwd=self.project.folder,
            env={**self.project.environment, "PULUMI_DEBUG_COMMANDS": "true"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self.up

    def family(self) -> list[psutil.Process]:
        """The running engine and all that it started."""
        assert self.up is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            engine = psutil.Process(self.up.pid)
            family = [engine, *engine.children(recursive=True)]
            self.known.update(family)
            return family
        return []

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to the engine and to all that it started."""
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def end(self) -> None:
        """End what is left of a disturbed run."""
        if self.up is not None and self.up.poll() is None:
            self.family()
        for process in self.known:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self.up is not None and self.up.stdout is not None:
            self.up.wait()
            self.up.stdout.close()

    def recover(self) -> dict[str, Any]:
        """Do as the engine says after a crash; the resource's outputs."""
        self.project.pulumi("cancel", "--yes", "--stack", STACK)
        self.project.up(STACK).checked()
        return self.outputs()

    def outputs(self) -> dict[str, Any]:
        """What the state has of the key."""
        resources = self.project.export(STACK)["deployment"]["resources"]
        found = [r for r in resources if r["type"] == "iamprofiles:index:StoredAccessKey"]
        return found[0]["outputs"] if found else {}

    def stored(self) -> dict[str, Any]:
        """What readers get."""
        answer = self.secrets.get_secret_value(SecretId=self.secret, VersionStage="AWSCURRENT")
        return json.loads(answer["SecretString"])

    def keys(self) -> dict[str, str]:
        """The user's keys and their status."""
        listed = self.iam.list_access_keys(UserName=self.user)["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in listed}

    def check_one_key(self, outputs: dict[str, Any]) -> None:
        """One active key, given out by the store and known to the engine."""
        assert self.keys() == {outputs["accessKeyId"]: "Active"}
        assert self.stored()["access_key_id"] == outputs["accessKeyId"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHome]:
    """A cloud for the tests of this file; each has a user of its own."""
    made = LocalHome(tmp_path_factory.mktemp("cloud"))
    install(made, Silent())
    cloud.start(made, ACCOUNTS, REGION, Silent())
    try:
        yield made
    finally:
        cloud.stop(made)


@pytest.fixture
def site(home: LocalHome, tmp_path: Path) -> Iterator[Site]:
    gate = Gate(cloud.running(home).endpoint)
    user = f"user-{uuid.uuid4().hex[:8]}"
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(json.dumps(PROJECT))
    (folder / "__main__.py").write_text(PROGRAM)
    environment = child_environment(home) | {
        "AWS_ENDPOINT_URL": gate.url,
        "PULUMI_BACKEND_URL": file_backend(tmp_path / "backend"),
        "TEST_USER": user,
        "TEST_SECRET": f"iam-profiles/nonprod/{user}",
        "TMPDIR": str(tmp_path / "tmp"),
    }
    (tmp_path / "backend").mkdir()
    (tmp_path / "tmp").mkdir()
    made = Site(
        Project(folder, home, environment),
        gate,
        client(home, "iam", "state"),
        client(home, "secretsmanager", "state"),
        user,
    )
    made.iam.create_user(UserName=user, Path="/PlatformServiceUsers/nonprod/")
    made.secrets.create_secret(Name=made.secret)
    made.project.pulumi("stack", "init", STACK).checked()
    try:
        yield made
    finally:
        made.end()
        gate.close()


def once(called: str, do: Callable[[], None], containing: bytes = b"") -> Callable[..., None]:
    """A gate's hook that does something at the first such call."""
    done: list[str] = []

    def hook(seen: str, body: bytes) -> None:
        if seen == called and containing in body and not done:
            done.append(seen)
            do()

    return hook


def test_a_key_is_made_once_kept_and_removed_and_its_secret_is_nowhere_else(
    site: Site, tmp_path: Path
) -> None:
    project = site.project
    seen: list[bool] = []

    def look(called: str, body: bytes) -> None:
        if called == "PutSecretValue" and b"secret_access_key" in body:
            secret = json.loads(json.loads(body)["SecretString"])["secret_access_key"]
            for process in site.family():
                with contextlib.suppress(psutil.Error):
                    seen.append(secret not in str((process.cmdline(), process.environ())))

    previewed = project.preview(STACK).checked()
    assert "CreateAccessKey" not in site.gate.calls
    assert "create" in previewed.steps.values()
    site.gate.after = look
    project.environment["PULUMI_DEBUG_GRPC"] = str(tmp_path / "grpc.jsonl")
    log = tmp_path / "up.log"
    engine = site.start("-v=9", "--logtostderr", "--event-log", str(tmp_path / "events.jsonl"))
    log.write_text(engine.communicate()[0])
    assert engine.returncode == 0, log.read_text()[-3000:]
    outputs = site.outputs()
    site.check_one_key(outputs)
    assert set(project.up(STACK).checked().steps.values()) == {"same"}
    state = project.pulumi("stack", "export", "--show-secrets", "--stack", STACK).checked().stdout
    (tmp_path / "state.json").write_text(state)

    secret = site.stored()["secret_access_key"]
    assert seen
    assert all(seen), "the secret was in the arguments or the environment of a process"
    assert not files_with(tmp_path, secret)
    assert not files_with(project.home.pulumi_home, secret)
    # The search does find what is there.
    found = {path.name for path in files_with(tmp_path, outputs["accessKeyId"])}
    assert {"state.json", "grpc.jsonl", "events.jsonl", "up.log"} <= found

    project.destroy(STACK).checked()
    assert site.keys() == {}
    assert site.stored() == {"empty": True}


def files_with(root: Path, text: str) -> list[Path]:
    """The files below a folder that contain a text."""
    return [
        path for path in root.rglob("*") if path.is_file() and text.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize(
    ("called", "containing", "mints"),
    [
        ("CreateAccessKey", b"", 2),
        ("PutSecretValue", b"AWSPENDING", 1),
        ("UpdateSecretVersionStage", b"AWSCURRENT", 1),
    ],
)
def test_killed_with_the_engine_after_a_step_the_next_run_has_one_key(
    site: Site, called: str, containing: bytes, mints: int
) -> None:
    site.gate.after = once(called, lambda: site.signal_all(signal.SIGKILL), containing)
    engine = site.start()
    engine.communicate()
    assert engine.returncode == -signal.SIGKILL
    site.check_one_key(site.recover())
    assert site.gate.calls.count("CreateAccessKey") == mints


def test_a_provider_whose_engine_was_killed_finishes_and_ends_and_its_key_is_adopted(
    site: Site,
) -> None:
    providers: list[psutil.Process] = []

    def kill_engine() -> None:
        engine, *others = site.family()
        providers.extend(p for p in others if PROVIDER in p.cmdline())
        engine.kill()

    site.gate.after = once("CreateAccessKey", kill_engine)
    site.start().wait()
    assert len(providers) == 1
    _, alive = psutil.wait_procs(providers, 20)
    assert not alive, "the provider outlived its engine"
    minted = site.keys()
    assert site.stored()["access_key_id"] in minted
    site.check_one_key(site.recover())
    assert site.gate.calls.count("CreateAccessKey") == 1


def test_an_interrupt_of_the_whole_group_while_a_key_is_made_loses_nothing(site: Site) -> None:
    def interrupt() -> None:
        site.signal_all(signal.SIGINT)
        time.sleep(0.5)

    site.gate.after = once("CreateAccessKey", interrupt)
    engine = site.start()
    engine.communicate(timeout=60)
    site.project.up(STACK).checked()
    site.check_one_key(site.outputs())
    assert site.gate.calls.count("CreateAccessKey") == 1


def test_a_refused_look_at_a_refresh_is_an_error_and_the_key_stays_in_the_state(
    site: Site,
) -> None:
    site.project.up(STACK).checked()
    kept = site.outputs()
    denied = b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
    site.gate.before = lambda called, _: (403, denied) if called == "ListAccessKeys" else None
    refreshed = site.project.pulumi("refresh", "--yes", "--skip-preview", "--stack", STACK)
    assert refreshed.code != 0
    assert "ListAccessKeys failed with `AccessDenied`" in refreshed.output
    assert site.outputs() == kept


def test_another_accounts_credentials_are_refused_before_anything_is_written(site: Site) -> None:
    refused = site.project.up(STACK, TEST_ACCOUNT="222222222222")
    assert refused.code != 0
    assert "are of account `111111111111`, not of `222222222222`" in refused.output
    assert "Traceback" not in refused.output
    assert set(site.gate.calls) == {"GetCallerIdentity"}


def test_another_secret_replaces_the_key_and_empties_the_old_one(site: Site) -> None:
    site.project.up(STACK).checked()
    old = site.outputs()
    moved = f"iam-profiles/prod/{site.user}"
    site.secrets.create_secret(Name=moved)
    site.project.up(STACK, TEST_SECRET=moved).checked()
    assert site.stored() == {"empty": True}
    assert list(site.keys()) == [site.outputs()["accessKeyId"]] != [old["accessKeyId"]]
