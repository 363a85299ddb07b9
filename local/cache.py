"""The user's cache: an entry is there complete or not at all, and made by one process at a time."""

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

from local.errors import DiskFullError
from local.progress import Progress


def cache_root() -> Path:
    """Return the folder for what is downloaded and built: once per user, for all clones."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("IAM_PROFILES_CACHE") or Path(home) / "iam-profiles").absolute()


@contextlib.contextmanager
def locked(path: Path, progress: Progress) -> Generator[None]:
    """Hold the lock file `path`, waiting for another process that holds it.

    The system lets go of it with the process, however the process ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.step("waiting for another process that does the same")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cached(name: str, make: Callable[[Path], None], progress: Progress) -> Path:
    """Return the cache entry `name`, a folder; `make` fills it if it is not there yet.

    INVARIANT: an entry's name appears only when it is complete: `make` fills a folder of another
    name, which is renamed at the end. What a killed process left is swept by the next.

    Raises:
        DiskFullError: there is no room for it.
    """
    root = cache_root()
    entry = root / name
    if entry.is_dir():
        return entry
    unfinished = root / f".{name}.unfinished"
    try:
        with locked(root / f".{name}.lock", progress):
            if not entry.is_dir():
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir(parents=True)
                make(unfinished)
                unfinished.rename(entry)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFullError(root) from error
        raise
    finally:
        if not entry.is_dir():
            shutil.rmtree(unfinished, ignore_errors=True)
    return entry


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old text or the new, and nobody else sees a secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    unfinished.replace(path)
