"""The real engine for tests: a copy of the project to edit, and `pulumi` run on it."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config

from local.cloud import running
from local.env import child_environment, file_backend
from local.home import LocalHome

REPOSITORY = Path(__file__).resolve().parent.parent

ACCOUNTS = {
    "state": "111111111111",
    "sandbox": "222222222222",
    "nonprod": "333333333333",
    "prod": "444444444444",
}
"""The accounts of the example organisation."""

REGION = "eu-west-1"

_COPIED = ("__main__.py", "Pulumi.yaml", "profiles")
_LINKED = (".venv", "access", "components", "credentials", "iam_profiles", "policies")
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Ran:
    """How a `pulumi` command ended."""

    code: int
    stdout: str
    stderr: str
    events: tuple[dict[str, Any], ...] = ()
    """What the engine said, in its own terms; empty where it was not asked."""

    @property
    def output(self) -> str:
        """Everything that it printed."""
        return self.stdout + self.stderr

    @property
    def steps(self) -> dict[str, str]:
        """{URN: operation} of what was planned or done."""
        planned = (event.get("resourcePreEvent", {}).get("metadata") for event in self.events)
        return {step["urn"]: step["op"] for step in planned if step}

    @property
    def violations(self) -> list[dict[str, Any]]:
        """What the policy packs found."""
        return [event["policyEvent"] for event in self.events if "policyEvent" in event]

    @property
    def diagnostics(self) -> list[str]:
        """The errors and warnings, without colour."""
        return [
            event["diagnosticEvent"]["message"]
            for event in self.events
            if event.get("diagnosticEvent", {}).get("severity") in {"error", "warning"}
        ]

    def checked(self) -> "Ran":
        """Return itself, or fail with what was printed."""
        assert self.code == 0, self.output
        return self


@dataclass(frozen=True, slots=True)
class Project:
    """A copy of the project in a folder of its own, and the cloud that it is deployed to."""

    folder: Path
    home: LocalHome
    environment: dict[str, str] = field(repr=False)

    @property
    def backend(self) -> Path:
        """The folder in which the engine keeps the state of the stacks."""
        return Path(unquote(urlsplit(self.environment["PULUMI_BACKEND_URL"]).path))

    def pulumi(self, *arguments: str, events: bool = False, **extra: str) -> Ran:
        """Run `pulumi` here; `events` also reads the engine's events, `extra` sets variables."""
        log = self.folder / "events.jsonl"
        log.unlink(missing_ok=True)
        flags = ("--non-interactive", "--color", "never")
        asked = ("--event-log", str(log)) if events else ()
        done = subprocess.run(
            [self.home.bin / "pulumi", *arguments, *flags, *asked],
            cwd=self.folder,
            env={**self.environment, "PULUMI_DEBUG_COMMANDS": "true", **extra},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        return Ran(done.returncode, done.stdout, done.stderr, tuple(_read(log)))

    def preview(self, stack: str, *arguments: str, **extra: str) -> Ran:
        """Preview a stack, which need not exist yet, with the engine's events."""
        self._select(stack)
        return self.pulumi("preview", "--stack", stack, *arguments, events=True, **extra)

    def up(self, stack: str, *arguments: str, **extra: str) -> Ran:
        """Deploy a stack, which need not exist yet, with the engine's events."""
        self._select(stack)
        flags = ("--yes", "--skip-preview", "--stack", stack)
        return self.pulumi("up", *flags, *arguments, events=True, **extra)

    def destroy(self, stack: str, *arguments: str) -> Ran:
        """Destroy a stack's resources, with the engine's events."""
        flags = ("--yes", "--skip-preview", "--stack", stack)
        return self.pulumi("destroy", *flags, *arguments, events=True)

    def export(self, stack: str) -> dict[str, Any]:
        """Return a stack's state."""
        return json.loads(self.pulumi("stack", "export", "--stack", stack).checked().stdout)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the one occurrence of a text in a file."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def _select(self, stack: str) -> None:
        if not list(self.backend.glob(f".pulumi/stacks/*/{stack}.json")):
            self.pulumi("stack", "init", "--no-select", stack).checked()


def copy_project(folder: Path, home: LocalHome, backend: Path | None = None) -> Project:
    """Return a copy of the project with the state of its stacks in `backend`, or in the home's."""
    environment = child_environment(home)
    if backend is not None:
        backend.mkdir(parents=True, exist_ok=True)
        environment["PULUMI_BACKEND_URL"] = file_backend(backend)
    return copy_project_with(folder, home, environment)


def copy_project_with(folder: Path, home: LocalHome, environment: dict[str, str]) -> Project:
    """Return a copy of the project whose commands run in `environment`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*_COPIED, *(path.name for path in REPOSITORY.glob("Pulumi.*.yaml"))):
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, folder / name)
    for name in _LINKED:
        (folder / name).symlink_to(REPOSITORY / name)
    return Project(folder, home, environment)


def client(
    home: LocalHome,
    service: str,
    account: str | None = None,
    key: Mapping[str, str] | None = None,
) -> Any:
    """Return a boto3 client of the running cloud: an account's admin, or who has `key`.

    `key` is what CreateAccessKey or AssumeRole answers with.
    """
    cloud = running(home)
    if account is not None:
        key = _admin(home, account)
    assert key is not None
    any_service: Any = boto3.client
    return any_service(
        service,
        region_name=cloud.region,
        endpoint_url=cloud.endpoint,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key.get("SessionToken"),
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def _admin(home: LocalHome, account: str) -> dict[str, str]:
    profile = f"[iam-profiles-{account}]"
    lines = home.aws_credentials.read_text(encoding="utf-8").split(profile)[1].splitlines()[1:4]
    values = [line.split(" = ", 1)[1] for line in lines]
    return dict(zip(("AccessKeyId", "SecretAccessKey", "SessionToken"), values, strict=True))


def _read(log: Path) -> Iterator[dict[str, Any]]:
    if log.exists():
        for line in log.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)
