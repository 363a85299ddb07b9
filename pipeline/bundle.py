"""The bundle: what was previewed, and the digest of all that it depends on, in one folder."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import (
    BundleAlteredError,
    BundleRefusedError,
    BundleUnreadableError,
    BundleUnwritableError,
)

Verdict = Literal["proved", "refused", "undecided", "failed"]

MANIFEST: Final = "manifest.json"
JOURNAL: Final = "journal.jsonl"
"""Written by `up`: not a part of what was previewed."""
LOCK: Final = "journal.lock"
"""Held by `up` where the backend has no place for it."""
_OURS: Final = frozenset({MANIFEST, JOURNAL, LOCK})


class PlannedStack(BaseModel):
    """One stack as previewed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    changes: bool
    """Whether anything would be done."""


class Manifest(BaseModel):
    """What a bundle says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["iam-profiles bundle 1"] = "iam-profiles bundle 1"
    verdict: Verdict
    inputs: Mapping[str, str]
    """`{file or tool: its digest or version}`."""
    stacks: tuple[PlannedStack, ...]
    states: Mapping[str, str]
    """`{stack: the digest of its state}` of all stacks: the proof is about all."""
    marks: Mapping[str, str] = {}
    """`{stack: what tells that state's version without reading it}`, where the backend says so."""
    order: tuple[tuple[str, ...], ...]
    """Stages: the stacks of one may be applied side by side."""
    rules: tuple[str, ...] | None
    """What the proof of all stacks together was about; nothing if it did not run."""
    files: Mapping[str, str]
    """`{file of the bundle: its SHA-256}`."""


class Bundle:
    """A bundle that was read, and whose files are as its manifest says."""

    def __init__(self, folder: Path) -> None:
        """Read and check it.

        Raises:
            BundleUnreadableError: there is no bundle there, or none of ours.
            BundleAlteredError: a file is not as it was written.
            BundleRefusedError: it says that it is proved, and by what proof it does not say.
        """
        self.folder = folder
        try:
            raw = (folder / MANIFEST).read_bytes()
            self.manifest = Manifest.model_validate_json(raw)
        except (OSError, ValidationError) as error:
            why = str(error.strerror) if isinstance(error, OSError) else "its manifest is not one"
            if isinstance(error, FileNotFoundError) and folder.is_dir():
                why = f"there is no `{MANIFEST}` in it"
            raise BundleUnreadableError(folder, why) from error
        self.digest = hashlib.sha256(raw).hexdigest()
        found = _digests(folder)
        names = sorted({*found, *self.manifest.files})
        altered = [name for name in names if found.get(name) != self.manifest.files.get(name)]
        if altered:
            raise BundleAlteredError(folder, altered)
        # INVARIANT: each preview judges its own stack; that all together are safe, one proof says.
        if self.manifest.verdict == "proved" and self.manifest.rules is None:
            why = "the proof of all stacks together did not run"
            raise BundleRefusedError(folder, why, "preview again")

    def plan(self, stack: str) -> bytes:
        """Return a stack's update plan."""
        return (self.folder / plan_file(stack)).read_bytes()

    def planned(self, stack: str) -> str:
        """Return what a stack would have registered, in the form of an export."""
        return (self.folder / planned_file(stack)).read_text("utf-8")


def plan_file(stack: str) -> str:
    """Return where a stack's plan is in a bundle."""
    return f"plans/{stack}.json"


def planned_file(stack: str) -> str:
    """Return where it is what a stack would have registered."""
    return f"planned/{stack}.json"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle is written from; the fields are the manifest's."""

    verdict: Verdict
    inputs: Mapping[str, str]
    stacks: Sequence[PlannedStack]
    states: Mapping[str, str]
    order: Sequence[Sequence[str]]
    rules: Sequence[str] | None
    files: Mapping[str, bytes]
    marks: Mapping[str, str] = field(default_factory=dict[str, str])


def write_bundle(folder: Path, contents: Contents) -> str:
    """Write a bundle, all of it or nothing; return its manifest's digest.

    An older bundle of the same name is replaced; any other folder is left alone.

    Raises:
        BundleUnwritableError: something that is no bundle is there.
    """
    check_writable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, content in contents.files.items():
            _write(unfinished / name, content)
        manifest = Manifest(
            verdict=contents.verdict,
            inputs=dict(contents.inputs),
            stacks=tuple(contents.stacks),
            states=dict(contents.states),
            marks=dict(contents.marks),
            order=tuple(map(tuple, contents.order)),
            rules=None if contents.rules is None else tuple(contents.rules),
            files=_digests(unfinished),
        )
        text = json.dumps(manifest.model_dump(), indent=2, sort_keys=True) + "\n"
        _write(unfinished / MANIFEST, text.encode())
        aside = unfinished.with_name(f"{unfinished.name}.before")
        if folder.exists():
            folder.rename(aside)
        unfinished.rename(folder)
        shutil.rmtree(aside, ignore_errors=True)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return hashlib.sha256(text.encode()).hexdigest()


def check_writable(folder: Path) -> None:
    """Refuse a place that holds something else.

    Raises:
        BundleUnwritableError: it does.
    """
    if not folder.exists() or (folder / MANIFEST).is_file():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise BundleUnwritableError(folder)


def _digests(folder: Path) -> dict[str, str]:
    """`{file: its SHA-256}` of everything in a bundle but the manifest and the journal."""
    found: dict[str, str] = {}
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_symlink():
            found[name] = "a link, to what may change"
        elif file.is_file() and name not in _OURS:
            found[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
