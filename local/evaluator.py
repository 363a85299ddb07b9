"""Ask the independent evaluator, a node process of its own, whether a request is allowed."""

import contextlib
import json
import os
import select
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

_SECONDS = 15
"""How long an answer may take; the first one includes node's start."""


class NoVerdictError(Exception):
    """The evaluator gave no usable answer: whatever was asked is refused."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evaluator says of one request."""

    result: str
    """`Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`."""

    @property
    def allowed(self) -> bool:
        """Whether the request may go on: any other result than `Allowed` is a refusal."""
        return self.result == "Allowed"


class Evaluator:
    """The evaluator's process, started when it is needed and again after it failed."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._pending = b""
        self._asked = 0
        self._lock = threading.Lock()

    def decide(self, simulation: Mapping[str, object]) -> Verdict:
        """Return the verdict on one simulation.

        Raises:
            NoVerdictError: the process died, took too long, or did not answer the question.
        """
        with self._lock:
            self._asked += 1
            question = {"id": self._asked, "simulation": simulation}
            try:
                answer = self._ask(json.dumps(question).encode() + b"\n")
            except (OSError, ValueError) as error:
                self.close()
                raise NoVerdictError(str(error)) from error
            # INVARIANT: only the answer to this very question counts.
            if answer.get("id") != question["id"]:
                self.close()
                raise NoVerdictError("the evaluator answered another question")
        if "result" not in answer:
            raise NoVerdictError(str(answer.get("error")))
        return Verdict(str(answer["result"]))

    def close(self) -> None:
        """End the process."""
        process, self._process, self._pending = self._process, None, b""
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()

    def _ask(self, line: bytes) -> dict[str, Any]:
        process = self._process or self._start()
        if process.stdin is None:
            raise OSError("the evaluator cannot be written to")
        process.stdin.write(line)
        process.stdin.flush()
        return self._read(process)

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(  # noqa: S603 - the command that was installed
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if not self._read(self._process).get("ready"):
            raise OSError("the evaluator did not say that it is ready")
        return self._process

    def _read(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        """Read one line, which is one JSON object."""
        if process.stdout is None:
            raise OSError("the evaluator cannot be read from")
        deadline = time.monotonic() + _SECONDS
        while b"\n" not in self._pending:
            readable, _, _ = select.select([process.stdout], [], [], deadline - time.monotonic())
            chunk = os.read(process.stdout.fileno(), 1 << 16) if readable else None
            if chunk is None:
                raise TimeoutError(f"the evaluator did not answer in {_SECONDS} seconds")
            if not chunk:
                raise OSError("the evaluator has ended")
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise OSError("the evaluator's answer is no object")
        return cast("dict[str, Any]", answer)
