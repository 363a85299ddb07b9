"""A backend that is a folder: where the engine keeps its checkpoints and locks there."""

import gzip
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from pipeline.job import StackJob

_URL = "PULUMI_BACKEND_URL"


@dataclass(frozen=True)
class Folder:
    """The engine's folder of one project."""

    root: Path
    project: str

    def checkpoint(self, stack: str) -> bytes | None:
        """Return the stack's checkpoint as it is there now; nothing if there is no such stack."""
        place = self.root / "stacks" / self.project
        found = [
            one for one in (place / f"{stack}.json", place / f"{stack}.json.gz") if one.exists()
        ]
        if not found:
            return None
        newest = max(found, key=lambda one: one.stat().st_mtime_ns)
        raw = newest.read_bytes()
        return gzip.decompress(raw) if newest.suffix == ".gz" else raw

    def locks(self, stack: str) -> tuple[Path, ...]:
        """Return the stack's lock files, sorted."""
        place = self.root / "locks" / "organization" / self.project / stack
        return tuple(sorted(place.glob("*.json")))

    @cached_property
    def turnstile(self) -> Path:
        """The file that whoever applies a bundle holds a lock on."""
        return self.root / f"iam-profiles-{self.project}.lock"


def folder_of(job: StackJob) -> Folder | None:
    """Return the folder of the job's backend, if its backend is one."""
    environment = {**os.environ, **job.environment}
    settings: dict[str, Any] = yaml.safe_load((job.project / "Pulumi.yaml").read_text("utf-8"))
    stated: dict[str, str] = settings.get("backend") or {}
    declared = stated.get("url", "")
    url = urlsplit(environment.get(_URL) or declared)
    if url.scheme != "file":
        return None
    root = job.project / Path(unquote(url.netloc + url.path)).expanduser()
    return Folder(root / ".pulumi", str(settings["name"]))
