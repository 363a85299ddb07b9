"""A project with one stored key under the real engine, a local cloud, and a gate between them."""

import contextlib
import json
import signal
import subprocess
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from credentials.aws import Aws
from credentials.ports import Ports
from iam_profiles.names import AccountId, UserName
from local.cloud import running
from local.env import child_environment, file_backend
from local.home import LocalHome
from tests.credentials.gate import Gate
from tests.engine import REPOSITORY, Project, client

STACK = "state"

PROVIDER = str(REPOSITORY / "credentials" / "provider")

PROGRAM = """
import os
import pulumi
from pulumi.runtime.rpc import UNKNOWN

outputs = ("accessKeyId", "versionId", "createdAt", "storeArn", "nextDue")
key = pulumi.CustomResource(
    "iamprofiles:index:StoredAccessKey",
    "key",
    {
        "accountId": os.environ.get("TEST_ACCOUNT", "111111111111"),
        "region": "eu-west-1",
        "profile": "iam-profiles-state",
        "userName": os.environ["TEST_USER"],
        "store": {"kind": "aws-secrets-manager", "name": os.environ["TEST_SECRET"]},
        "rotateAfterSeconds": int(os.environ.get("TEST_ROTATE", "0")) or None,
        "graceSeconds": int(os.environ.get("TEST_GRACE", "0")) or None,
        "probeRoleArn": os.environ.get("TEST_PROBE"),
        "applying": UNKNOWN if pulumi.runtime.is_dry_run() else True,
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

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        """Start `pulumi up`, to be disturbed."""
        flags = ("--yes", "--skip-preview", "--stack", STACK, "--non-interactive")
        self.up = subprocess.Popen(
            [self.project.home.bin / "pulumi", "up", *flags, *arguments],
            cwd=self.project.folder,
            env={**self.project.environment, "PULUMI_DEBUG_COMMANDS": "true", **settings},
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

    def recover(self, *arguments: str, **settings: str) -> dict[str, Any]:
        """Do as the engine says after a crash; the resource's outputs."""
        self.project.pulumi("cancel", "--yes", "--stack", STACK)
        self.project.up(STACK, *arguments, **settings).checked()
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

    def ports(self, monkeypatch: pytest.MonkeyPatch, *, gated: bool = False) -> Ports:
        """What `credentials rotate` would have for this user, through the gate or past it."""
        for name, value in child_environment(self.project.home).items():
            if name.startswith("AWS_"):
                monkeypatch.setenv(name, value)
        if gated:
            monkeypatch.setenv("AWS_ENDPOINT_URL", self.gate.url)
        aws = Aws(AccountId("111111111111"), "eu-west-1", "iam-profiles-state")
        store = aws.store({"kind": "aws-secrets-manager", "name": self.secret})
        return aws.ports(UserName(self.user), store)

    def check_one_key(self, outputs: dict[str, Any]) -> None:
        """One active key, given out by the store and known to the engine."""
        assert self.keys() == {outputs["accessKeyId"]: "Active"}
        assert self.stored()["access_key_id"] == outputs["accessKeyId"]


@contextlib.contextmanager
def placed(home: LocalHome, root: Path) -> Generator[Site]:
    """Make a site with a user, a secret and a stack of its own."""
    gate = Gate(running(home).endpoint)
    user = f"user-{uuid.uuid4().hex[:8]}"
    for folder in ("keys", "backend", "tmp"):
        (root / folder).mkdir()
    (root / "keys" / "Pulumi.yaml").write_text(json.dumps(PROJECT))
    (root / "keys" / "__main__.py").write_text(PROGRAM)
    environment = child_environment(home) | {
        "AWS_ENDPOINT_URL": gate.url,
        "PULUMI_BACKEND_URL": file_backend(root / "backend"),
        "TEST_USER": user,
        "TEST_SECRET": f"iam-profiles/nonprod/{user}",
        "TMPDIR": str(root / "tmp"),
    }
    made = Site(
        Project(root / "keys", home, environment),
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
