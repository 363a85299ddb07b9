"""The engine: a `pulumi` on PATH that is new enough, else one built from its pinned Go module."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.cache import cache_root, cached
from local.command import run_logged
from local.errors import ToolMissingError
from local.progress import Progress

VERSION = "3.250.0"
"""The engine that is built, and the oldest that is taken from PATH."""

_PINNED = Path(__file__).resolve().parent / "engine"
_MAIN = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_EXEC = "pulumi-language-python-exec"
_PACKAGE = re.compile(r"[\w.~-]+(/[\w.~-]+)*")
_GO = {"GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"}


@dataclass(frozen=True, slots=True)
class Engine:
    """A `pulumi` and how it comes to run Python programs."""

    pulumi: Path
    version: str
    program_exec: Path | None
    """The SDK's launcher of programs, for our language host; None beside an official one."""


def find_or_build(progress: Progress) -> Engine:
    """Return an engine, building it (about four minutes on two cores) where there is none.

    Raises:
        LocalError: Go is missing or too old, there is no network or no room, or it does not build.
    """
    for pulumi in _on_path():
        version = _version(pulumi)
        if _numbers(version) >= _numbers(VERSION):
            official = (pulumi.resolve().parent / "pulumi-language-python").exists()
            return Engine(pulumi, version, None if official else _host_parts(progress) / _EXEC)
    entry = cached(_entry_name("engine"), lambda folder: _build(folder, progress), progress)
    return Engine(entry / "pulumi", VERSION, entry / _EXEC)


def _on_path() -> Iterator[Path]:
    """Yield each `pulumi` on PATH but our own: that of a local cloud is a link into the cache."""
    ours = cache_root().resolve()
    for folder in os.get_exec_path():
        found = shutil.which("pulumi", path=folder)
        if (
            found
            and not Path(found).resolve().is_relative_to(ours)
            and not (Path(found).parent / ".iam-profiles").exists()
        ):
            yield Path(found).absolute()


def _version(pulumi: Path) -> str:
    quiet = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(  # noqa: S603 - what the user has on PATH as `pulumi`
            [pulumi, "version"], capture_output=True, text=True, check=False, timeout=30, env=quiet
        )
    except (OSError, subprocess.TimeoutExpired):
        return "0"
    return done.stdout.strip().removeprefix("v") if done.returncode == 0 else "0"


def _numbers(version: str) -> tuple[int, ...]:
    """Return what can be compared: `3.250.0-dev.1` counts as 3.250.0, what is no version as 0."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(number or 0) for number in found.groups()) if found else (0,)


def _entry_name(kind: str) -> str:
    digest = hashlib.sha256((_PINNED / "go.sum").read_bytes()).hexdigest()[:16]
    system = os.uname()
    return f"{kind}-{VERSION}-{digest}-{system.sysname.lower()}-{system.machine}"


def _host_parts(progress: Progress) -> Path:
    """Return the cache entry with what our language host needs of the SDK, without an engine."""

    def make(folder: Path) -> None:
        progress.step("fetching the Pulumi SDK's Python launcher")
        _copy_exec(_go(), folder)

    return cached(_entry_name("sdk"), make, progress)


def _build(folder: Path, progress: Progress) -> None:
    go = _go()
    log = cache_root() / "log" / f"{_entry_name('engine')}.log"
    log.unlink(missing_ok=True)
    packages = _download(go, log, progress)
    progress.step(f"building the Pulumi engine {VERSION} ({packages} Go packages, once per user)")
    built = 0

    def is_progress(line: str) -> bool:
        nonlocal built
        if _PACKAGE.fullmatch(line) is None:
            return False
        built += 1
        progress.update(built, packages)
        return True

    stamp = f"-s -w -X {_SDK}/go/common/version.Version=v{VERSION}"
    target = str(folder / "pulumi")
    command = [go, "build", "-v", "-buildvcs=false", "-ldflags", stamp, "-o", target, _MAIN]
    run_logged(
        command,
        cwd=_PINNED,
        log=log,
        what="building the engine",
        environment=_GO,
        places=_places(go),
        is_progress=is_progress,
    )
    progress.update(packages, packages)
    _copy_exec(go, folder)


def _download(go: str, log: Path, progress: Progress) -> int:
    """Fetch the modules the engine is made of, each checked against go.sum; count its packages."""
    modules = len(re.findall(r"^\s+\S+ v\S+", (_PINNED / "go.mod").read_text(), re.MULTILINE))
    progress.step("downloading the Pulumi engine's Go modules")
    fetched = packages = 0

    def is_progress(line: str) -> bool:
        nonlocal fetched, packages
        if line.startswith("go: downloading "):
            fetched += 1
            progress.update(fetched, max(modules, fetched))
            return True
        is_package = _PACKAGE.fullmatch(line) is not None
        packages += is_package
        return is_package

    run_logged(
        [go, "list", "-deps", _MAIN],
        cwd=_PINNED,
        log=log,
        what="the engine's source",
        environment=_GO,
        places=_places(go),
        is_progress=is_progress,
    )
    return packages


def _copy_exec(go: str, folder: Path) -> None:
    """Put the SDK's own launcher of Python programs beside the engine."""
    answer = folder / "sdk.json"
    command = [go, "mod", "download", "-json", _SDK]
    run_logged(
        command,
        cwd=_PINNED,
        log=answer,
        what="the Pulumi SDK",
        environment=_GO,
        places=_places(go),
    )
    _, _, found = answer.read_text(encoding="utf-8").partition("{")
    answer.unlink()
    source = Path(json.loads("{" + found)["Dir"]) / "python" / "cmd" / _EXEC
    shutil.copyfile(source, folder / _EXEC)


def _go() -> str:
    """Return the `go` on PATH.

    Raises:
        ToolMissingError: there is none, or it is older than go.mod asks for.
    """
    needed = re.findall(r"^go (\S+)$", (_PINNED / "go.mod").read_text(), re.MULTILINE)[0]
    go = shutil.which("go")
    if go is None:
        raise ToolMissingError(
            f"there is no `pulumi` from {VERSION} on with its Python language host, "
            "and no `go` to build one",
            f"install Go {needed} or newer, or the Pulumi CLI, and run this again",
        )
    done = subprocess.run(  # noqa: S603 - what the user has on PATH as `go`
        [go, "env", "GOVERSION"], cwd="/", capture_output=True, text=True, check=False
    )
    found = done.stdout.strip().removeprefix("go")
    if _numbers(found) < _numbers(needed):
        raise ToolMissingError(
            f"`{go}` is Go {found or 'of an unknown version'}; the engine needs {needed}",
            f"install Go {needed} or newer, or the Pulumi CLI, and run this again",
        )
    return go


def _places(go: str) -> list[Path]:
    """Return where Go writes to."""
    done = subprocess.run(  # noqa: S603 - what the user has on PATH as `go`
        [go, "env", "GOCACHE", "GOMODCACHE"], cwd="/", capture_output=True, text=True, check=False
    )
    return [Path(line) for line in done.stdout.splitlines() if line.startswith("/")]
