"""Where the pack learns what the stacks have deployed: given to it, a folder, or the engine.

In this order: files that whoever runs the engine hands over; the checkpoints of a backend that is
a folder; `pulumi stack export`. A stack that was never deployed is not there; one that cannot be
read is a reason to refuse.
"""

import gzip
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit

from policies.checkpoint import CheckpointError, Deployed, deployed
from policies.finding import Finding

HANDED_OVER: Final = "IAM_PROFILES_DEPLOYED"
"""The variable that names a folder of `<account>.json`, one for each stack, deployed or not."""
_BACKEND: Final = "PULUMI_BACKEND_URL"
_SECONDS: Final = 60
_NO_STACK: Final = "no stack named"

Stacks: TypeAlias = Mapping[str, Deployed | None]
"""`{account: what its stack has deployed, or nothing if it never was}`."""
Read: TypeAlias = Callable[[str], str | None]
"""Returns a stack's checkpoint, or nothing if there is no such stack."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stack is: the project's folder and name, its own name, the environment."""

    folder: Path
    project: str
    stack: str
    environment: Mapping[str, str]


def stacks(accounts: Iterable[str], place: Place) -> Stacks | tuple[Finding, ...]:
    """Return what each account's stack has deployed, or why that cannot be told."""
    names = tuple(accounts)
    read, at_once = _reader(place)

    def one(name: str) -> Deployed | str | None:
        return _read(read, name)

    with ThreadPoolExecutor(max_workers=at_once) as workers:
        found = dict(zip(names, workers.map(one, names), strict=True))
    why = {name: answer for name, answer in found.items() if isinstance(answer, str)}
    if why:
        return tuple(_unreadable(name, answer) for name, answer in why.items())
    return {name: answer for name, answer in found.items() if not isinstance(answer, str)}


def is_near(place: Place) -> bool:
    """Whether it takes no engine to read the stacks."""
    return HANDED_OVER in place.environment or _checkpoints(place) is not None


def _unreadable(name: str, why: str) -> Finding:
    return Finding(
        None,
        f"what stack `{name}` has deployed cannot be read, so nothing is proved: {why}",
        f"let `pulumi stack export --stack {name}` work here, or hand its output over as "
        f"`{name}.json` in the folder that {HANDED_OVER} names",
    )


def _read(read: Read, name: str) -> Deployed | str | None:
    try:
        text = read(name)
        return None if text is None else deployed(text)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, CheckpointError) as error:
        return str(error)


def _reader(place: Place) -> tuple[Read, int]:
    """Return what reads a stack's checkpoint, and how many to read at once."""
    if given := place.environment.get(HANDED_OVER):
        return lambda name: (Path(given) / f"{name}.json").read_text("utf-8"), 1
    if (folder := _checkpoints(place)) is not None:
        return lambda name: _checkpoint(folder, name), 1
    return lambda name: _exported(place, name), 8


def _checkpoints(place: Place) -> Path | None:
    """Return the folder in which the backend keeps this project's stacks, if it is one.

    INVARIANT: it has this stack, which is under way: a folder without it is another backend's.
    """
    url = urlsplit(place.environment.get(_BACKEND, ""))
    if url.scheme != "file":
        return None
    root = place.folder / Path(unquote(url.netloc + url.path)).expanduser()
    folder = root / ".pulumi" / "stacks" / place.project
    return folder if _files(folder, place.stack) else None


def _files(folder: Path, name: str) -> list[Path]:
    """Return the stack's checkpoint, plain or compressed, the newest first."""
    found = [folder / f"{name}.json", folder / f"{name}.json.gz"]
    return sorted(filter(Path.exists, found), key=lambda file: -file.stat().st_mtime)


def _checkpoint(folder: Path, name: str) -> str | None:
    for file in _files(folder, name):
        raw = file.read_bytes()
        return (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode()
    return None


def _exported(place: Place, name: str) -> str | None:
    engine = shutil.which("pulumi", path=place.environment.get("PATH"))
    if engine is None:
        raise CheckpointError("there is no `pulumi` on PATH")
    try:
        done = subprocess.run(  # noqa: S603 -- the engine, with arguments of our own
            [engine, "stack", "export", "--stack", name, "--non-interactive"],
            cwd=place.folder,
            env=dict(place.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise CheckpointError(f"the engine did not answer within {_SECONDS} seconds") from error
    if done.returncode == 0:
        return done.stdout
    if _NO_STACK in done.stderr:
        return None
    raise CheckpointError(f"the engine says: {' '.join(done.stderr.split())}")
