"""The journal of a bundle: which stacks it has been applied to, so that a rerun goes on."""

import fcntl
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.bundle import JOURNAL
from pipeline.errors import BundleUnreadableError, BusyError


@dataclass(frozen=True, slots=True)
class Done:
    """How far a bundle was applied to a stack: begun, or finished with this state."""

    stack: str
    state: str | None = None


class Journal:
    """A line for each stack that is begun, and one that is finished; never rewritten."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / JOURNAL

    def read(self) -> dict[str, Done]:
        """Return the last word on each stack.

        Raises:
            BundleUnreadableError: the journal is not as it was written.
        """
        if not self._file.exists():
            return {}
        found: dict[str, Done] = {}
        for line in self._file.read_text("utf-8").splitlines():
            try:
                entry = json.loads(line)
                found[entry["stack"]] = Done(entry["stack"], entry["state"])
            except (ValueError, KeyError, TypeError) as error:
                raise BundleUnreadableError(self._folder, "its journal cannot be read") from error
        return found

    def begin(self, stack: str) -> None:
        """Note that a stack is about to be changed."""
        self._append(stack, None)

    def finish(self, stack: str, state: str) -> None:
        """Note that a stack is as planned, and its state's digest."""
        self._append(stack, state)

    def _append(self, stack: str, state: str | None) -> None:
        line = json.dumps({"stack": stack, "state": state}) + "\n"
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def alone(place: Path, folder: Path) -> Generator[None]:
    """Be the only run that applies a bundle; the system lets go with the process.

    Raises:
        BusyError: another run is at it.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            who = file.read().strip() or "unknown"
            raise BusyError(
                folder,
                f"another run (process {who}) applies a bundle to these stacks",
                "wait for it to end, then run this again",
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
