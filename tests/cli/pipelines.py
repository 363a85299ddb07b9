"""The commands of the pipeline, run on a copy of the project with sources of its own."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine import REPOSITORY, Project

_SOURCES = ("access", "components", "credentials", "iam_profiles", "policies")
_COMMAND = (sys.executable, "-P", "-c", "import sys; from cli.main import main; main()")
_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Site:
    """A project to deliver."""

    project: Project

    @property
    def folder(self) -> Path:
        return self.project.folder

    @property
    def bundle(self) -> Path:
        return self.folder.parent / "bundle"

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `iam-profiles` here, as a terminal would: in a process group of its own."""
        environment = {
            **self.project.environment,
            "IAM_PROFILES_CACHE": str(self.folder.parent / "cache"),
            "PYTHONPATH": str(REPOSITORY),
        }
        return subprocess.Popen(
            [*_COMMAND, *arguments, "--project", str(self.folder)],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> "Said":
        """Run `iam-profiles` here to its end."""
        return ended(self.start(*arguments))

    def preview(self, *stacks: str, bundle: Path | None = None) -> "Said":
        """Preview these stacks into a bundle."""
        chosen = [part for stack in stacks for part in ("--stack", stack)]
        return self.run("preview", *chosen, "--bundle", str(bundle or self.bundle))

    def up(self, bundle: Path | None = None, *arguments: str) -> "Said":
        """Apply the bundle."""
        return self.run("up", str(bundle or self.bundle), "--yes", *arguments)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the one occurrence of a text in a file."""
        self.project.edit(file, old, new)

    def recorded(self, stack: str) -> int:
        """How many resources the stack's checkpoint has."""
        file = self.checkpoint(stack)
        return file.read_text("utf-8").count('"urn":"') if file.exists() else 0

    def checkpoint(self, stack: str) -> Path:
        return self.project.backend / ".pulumi" / "stacks" / "iam-profiles" / f"{stack}.json"

    def locks(self, stack: str) -> list[Path]:
        place = self.project.backend / ".pulumi" / "locks" / "organization" / "iam-profiles"
        return list((place / stack).glob("*.json"))

    def pending(self, stack: str) -> list[Any]:
        state = json.loads(self.checkpoint(stack).read_text("utf-8"))
        return state["checkpoint"]["latest"].get("pending_operations") or []


@dataclass(frozen=True, slots=True)
class Said:
    """How the command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def all(self) -> str:
        return self.stdout + self.stderr

    def checked(self, code: int = 0) -> "Said":
        """Return itself, or fail with what was printed."""
        assert self.code == code, f"{self.code}: {self.all}"
        return self


def ended(process: "subprocess.Popen[str]") -> Said:
    """Wait for the command's end."""
    with process:
        out, err = process.communicate(timeout=_SECONDS)
    return Said(process.returncode, out, err)


def site_of(project: Project) -> Site:
    """Give the project sources of its own: what the digests are of may be changed."""
    for name in _SOURCES:
        (project.folder / name).unlink()
        shutil.copytree(
            REPOSITORY / name, project.folder / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    return Site(project)
