"""Everything that a preview depends on, as digests: what moved since can be named, all at once."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from pipeline.backend import address_of
from pipeline.command import EngineCommand
from pipeline.job import StackJob

_NOT_SOURCES: Final = frozenset({"tests", "benchmarks", "tools", "docs", "rendered", "schema"})
_NOT_FILES: Final = (".swp", "~")
_IMPORTED: Final = (".py", ".pyc", ".so")
"""INVARIANT: what lies beside the program is imported before any package of the same name."""
_FILES: Final = ("Pulumi.yaml", "pyproject.toml")
_LOCKS: Final = ("requirements/runtime.lock",)
_PACKAGES: Final = ("pulumi", "pulumi-aws", "pulumi-policy", "pydantic", "boto3")


def inputs_of(job: StackJob, engine: str) -> dict[str, str]:
    """Return `{what: its digest or version}` of what every stack of the job's project depends on.

    Files are named as from the project's folder; a stack's own configuration is among them.
    """
    found = {name: _file(job.project / name) for name in _names(job.project)}
    found["the engine"] = engine
    for package in _PACKAGES:
        found[f"the package {package}"] = _version(package)
    found["the backend"] = hashlib.sha256(address_of(job).encode()).hexdigest()
    return found


def engine_version(command: EngineCommand) -> str:
    """Return the engine's version."""
    return str(command.version)


def one_digest(parts: Mapping[str, str]) -> str:
    """Return what tells these from any others."""
    lines = (f"{name}\0{parts[name]}\n" for name in sorted(parts))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def digest_of(*folders: Path) -> str:
    """Return what tells the sources in these folders, names and bytes, from any others."""
    names = ((folder, name) for folder in folders for name in _within(folder, folder.name))
    return one_digest({name: _file(folder.parent / name) for folder, name in names})


def moved(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is not as it was, sorted."""
    names = sorted({*before, *now})
    return tuple(name for name in names if before.get(name) != now.get(name))


def _names(project: Path) -> Iterator[str]:
    yield from (name for name in (*_FILES, *_LOCKS) if (project / name).is_file())
    yield from sorted(one.name for one in project.glob("Pulumi.*.yaml"))
    yield from sorted(
        one.name for one in project.iterdir() if one.suffix in _IMPORTED and one.is_file()
    )
    for folder in sorted(project.iterdir()):
        if _is_source(folder):
            yield from sorted(_within(folder, folder.name))


def _is_source(folder: Path) -> bool:
    if folder.name in _NOT_SOURCES or folder.name.startswith("."):
        return False
    return folder.name == "profiles" or (folder / "__init__.py").is_file()


def _within(folder: Path, name: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_dir():
                yield from _within(Path(entry.path), f"{name}/{entry.name}")
            elif not entry.name.endswith(_NOT_FILES):
                yield f"{name}/{entry.name}"


def _file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
