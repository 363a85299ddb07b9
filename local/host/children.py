"""The processes that the language host started, so that none outlives it."""

import contextlib
import signal
import subprocess
import threading
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

Child = subprocess.Popen[bytes]


class Children:
    """Starts processes and can end all that still run."""

    def __init__(self) -> None:
        self._running: set[Child] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        piped: bool = False,
    ) -> Generator[Child]:
        """Start a process, which ends with the block; what it prints is ours unless piped."""
        # A child inherits the mask: the engine's SIGINT goes to the whole group, and what a Python
        # program prints about it would be all that the user sees. It is ended by SIGTERM instead.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            child = subprocess.Popen(  # noqa: S603 - what the engine asks for
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else None,
                stderr=subprocess.PIPE if piped else None,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        with self._lock:
            self._running.add(child)
        try:
            yield child
        finally:
            child.terminate()
            child.wait()
            with self._lock:
                self._running.discard(child)

    def terminate(self) -> None:
        """End every process that still runs, without waiting."""
        for child in tuple(self._running):
            child.terminate()
