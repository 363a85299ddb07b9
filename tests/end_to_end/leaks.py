"""Looks for a secret everywhere that a deployment leaves or shows something."""

import base64
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psutil


def spellings(secret: str) -> Iterator[bytes]:
    """The ways in which a secret could stand in a file: as it is, quoted, or encoded."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    yield secret.replace("/", "\\/").encode()
    yield secret.encode("utf-16-le")
    # Base64 of a longer text holds one of three spellings of the middle of it.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret.encode())
        yield encoded[4:-4]


@dataclass
class Evidence:
    """Everything that was seen: `{where: bytes}`."""

    seen: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def add(self, where: str, text: str | bytes) -> None:
        """Keep what was seen in a place."""
        data = text.encode() if isinstance(text, str) else text
        self.seen[where] = self.seen.get(where, b"") + data

    def add_files(self, folder: Path) -> None:
        """Keep every file below a folder as it is now."""
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                try:
                    self.seen[str(path)] = path.read_bytes()
                except OSError:
                    continue

    def places_of(self, secrets: Iterable[str]) -> list[str]:
        """Where any of the secrets stands, in whatever spelling."""
        wanted = [spelling for secret in secrets for spelling in spellings(secret)]
        return sorted(
            where for where, data in self.seen.items() if any(text in data for text in wanted)
        )


class Watch:
    """Looks at this process's descendants and at files, all the time."""

    def __init__(self, evidence: Evidence, *folders: Path) -> None:
        self._evidence = evidence
        self._folders = folders
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_again, daemon=True)
        self.processes: set[str] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look_again(self) -> None:
        while not self._over.is_set():
            for process in psutil.Process().children(recursive=True):
                self._look_at(process)
            for folder in self._folders:
                self._evidence.add_files(folder)
            self._over.wait(0.02)

    def _look_at(self, process: psutil.Process) -> None:
        try:
            with process.oneshot():
                name, arguments, variables = process.name(), process.cmdline(), process.environ()
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            return
        self.processes.add(name)
        self._evidence.add(f"arguments of {name}", "\0".join(arguments) + "\n")
        self._evidence.add(f"environment of {name}", repr(variables) + "\n")
