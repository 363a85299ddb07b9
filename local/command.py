"""Run a tool that downloads or builds: its lines are progress and log, its failure gets a name."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from local.cache import cache_root
from local.errors import BuildError, DiskFullError, LocalError, NetworkError

_DISK_FULL = re.compile(
    r"(?:(/[^\s:]+): )?(?:no space left on device|ENOSPC|disk quota exceeded)", re.IGNORECASE
)
_LITTLE_BYTES = 50 * 1024 * 1024

_NO_NETWORK = re.compile(
    r"dial tcp|no such host|i/o timeout|connection refused|connection reset|network is unreachable"
    r"|TLS handshake timeout|name resolution|proxyconnect|GOPROXY list is not the empty string"
    r"|disabled by GOPROXY|E(?:NOTFOUND|CONNREFUSED|CONNRESET|TIMEDOUT|AI_AGAIN|NETUNREACH)\b"
    r"|network request to",
    re.IGNORECASE,
)


def run_logged(  # noqa: PLR0913 - each says something else about the one command
    command: Sequence[str],
    *,
    cwd: Path,
    log: Path,
    what: str,
    environment: Mapping[str, str] | None = None,
    places: Sequence[Path] = (),
    is_progress: Callable[[str], bool] = lambda _: False,
) -> None:
    """Run `command` with its output going to `log`, and show each line of it to `is_progress`.

    What is no progress explains a failure. `places` are the folders that it writes to.

    Raises:
        DiskFullError: it ran out of room.
        NetworkError: it could not download something.
        BuildError: it failed otherwise; the log is kept and named.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    said: list[str] = []
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n")
        with subprocess.Popen(  # noqa: S603 - our own command line, without a shell
            command,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            try:
                for text in process.stdout or ():
                    file.write(text)
                    if text.strip() and not is_progress(text.strip()):
                        said.append(text.strip())
            except BaseException:
                process.terminate()
                raise
    if process.returncode != 0:
        raise _failure(said, what, log, (*places, cache_root()))


def _failure(said: Sequence[str], what: str, log: Path, places: Iterable[Path]) -> LocalError:
    output = "\n".join(said)
    # Go, for one, says all sorts of things about a disk that is full, but not that it is.
    for place in places:
        if _free_bytes(place) < _LITTLE_BYTES:
            return DiskFullError(place)
    if full := _DISK_FULL.search(output):
        return DiskFullError(full[1] or cache_root())
    if _NO_NETWORK.search(output):
        return NetworkError(
            f"{what} could not be downloaded, as logged in `{log}`",
            "check the network and the proxy settings, and run this again: what did arrive is kept",
        )
    last = said[-1] if said else "no output"
    return BuildError(
        f"{what} failed with `{last[:200]}`", log, "mend what the log names and run this again"
    )


def _free_bytes(place: Path) -> int:
    there = next(folder for folder in (place, *place.parents) if folder.exists())
    return shutil.disk_usage(there).free
