"""A store behind any command line tool that reads, writes and deletes one text by name.

The secret goes through the tool's stdin and stdout, never through its arguments or environment.

Such tools have no compare-and-set. What takes its place: a lock on this machine that every change
holds while it reads, compares, writes and reads back. Two machines that change the same user's key
at once are not kept apart by it: let one pipeline do it.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from credentials.secret import Secret
from credentials.stores.document_store import Held
from credentials.stores.errors import NotKeptError, ToolError
from credentials.stores.scrub import scrubbed
from iam_profiles.names import Arn

NAME = "{name}"
"""In an argument, it stands for the name of the user's text; a tool's arguments hold nothing else
of ours."""

_LOOKS_PER_SECOND = 10
_LONGEST = 3
"""Calls of the tool that a change makes while it holds the lock."""


@dataclass(frozen=True, slots=True)
class Commands:
    """The tool's command lines, each a list of arguments; no shell reads them."""

    read: tuple[str, ...]
    """Prints the text."""
    write: tuple[str, ...]
    """Stores its stdin, in place of what is there."""
    delete: tuple[str, ...]
    absent: str
    """A pattern: what `read` says on stderr, and fails, when nothing is there. Any other failure
    is one: were it taken for absence, a key would be minted that replaces a good one."""
    create: tuple[str, ...] = ()
    """Stores its stdin where nothing is; `write` unless given."""
    timeout_seconds: float = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool did."""

    code: int
    out: Secret
    err: Secret


class CommandPlace:
    """One text that a tool keeps.

    Args:
        commands: how to call the tool.
        name: the text's name, in place of `{name}`.
        locks: a folder on this machine, made if it is not there.
    """

    def __init__(
        self,
        commands: Commands,
        name: str,
        locks: Path,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sleep = sleep
        self._commands = commands
        self._tool = commands.read[0]
        self._lock = locks / f"{hashlib.sha256(repr((commands.read, name)).encode()).hexdigest()}"
        self._absent = re.compile(commands.absent)
        self.name = name
        self.arn = Arn(f"exec:{Path(self._tool).name}:{name}")
        read, delete = (" ".join(self._filled(line)) for line in (commands.read, commands.delete))
        self.mend = f"move what `{read}` prints elsewhere, then `{delete}` and run this again"
        self.reopen = "run this again"

    def load(self) -> Held:
        """What the tool prints."""
        answer = self._run(self._commands.read)
        if answer.code:
            if self._absent.search(answer.err.reveal()):
                return Held(None, "")
            raise self._failed("reading", answer, None)
        text = answer.out.reveal().strip()
        if not text:
            raise ToolError(
                f"reading with `{self._tool}`",
                "Empty",
                f"see what `{' '.join(self._filled(self._commands.read))}` prints",
                detail="it succeeds and prints nothing",
            )
        return Held(Secret(text), _digest(text))

    def save(self, text: Secret, held: Held) -> bool:
        """Write if what is there is still what was read, and read it back."""
        with self._locked():
            now = self.load()
            if now.token == _digest(text.reveal()):
                return True  # an earlier try, whose answer was lost
            if now.token != held.token:
                return False
            line = self._commands.write
            if now.text is None:
                line = self._commands.create or line
            answer = self._run(line, text)
            if answer.code:
                # Whether it wrote before it failed, the next try sees.
                raise self._failed("writing", answer, text, in_doubt=True)
            if self.load().token != _digest(text.reveal()):
                raise NotKeptError(f"writing with `{self._tool}`", self.name)
        return True

    def discard(self) -> None:
        """Delete the text."""
        with self._locked():
            if self.load().text is None:
                return
            answer = self._run(self._commands.delete)
            if answer.code:
                raise self._failed("deleting", answer, None)

    def _run(self, line: Sequence[str], sent: Secret | None = None) -> Answer:
        return run_tool(self._filled(line), sent, self._commands.timeout_seconds)

    def _filled(self, line: Sequence[str]) -> list[str]:
        return [argument.replace(NAME, self.name) for argument in line]

    def _failed(
        self, what: str, answer: Answer, sent: Secret | None, *, in_doubt: bool = False
    ) -> ToolError:
        return ToolError(
            f"{what} with `{self._tool}`",
            f"exit code {answer.code}",
            "do what the tool says (sign in, unlock), and run this again",
            detail=scrubbed(answer.err, sent) or "it says nothing",
            in_doubt=in_doubt,
        )

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        """Hold the lock; the system lets go of it with the process, however that ends."""
        self._lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock.open("w") as file:
            for _ in range(int(_LOOKS_PER_SECOND * _LONGEST * self._commands.timeout_seconds)):
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    self._sleep(1 / _LOOKS_PER_SECOND)
                else:
                    break
            else:
                raise ToolError(
                    f"using `{self._tool}`",
                    "Locked",
                    "let the other run on this machine end, or end it, and run this again",
                    detail=f"another run uses it for `{self.name}`",
                )
            yield


def run_tool(line: Sequence[str], sent: Secret | None, timeout: float) -> Answer:
    """Run a tool with a text on its stdin. Raises: ToolError."""
    doing = f"running `{line[0]}`"
    program = shutil.which(line[0])
    if program is None:
        raise ToolError(
            doing,
            "NotFound",
            "install it, or put it on PATH, and run this again",
            detail="there is no such program",
        )
    try:
        process = subprocess.Popen(  # noqa: S603 - the tool that the configuration names
            [program, *line[1:]],
            stdin=subprocess.DEVNULL if sent is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError(
            doing, type(error).__name__, "see that it can be run, and run this again"
        ) from None
    return _finished(process, doing, sent, timeout)


def _finished(
    process: "subprocess.Popen[bytes]", doing: str, sent: Secret | None, timeout: float
) -> Answer:
    failure: ToolError
    try:
        out, err = process.communicate(None if sent is None else sent.reveal().encode(), timeout)
        texts = (Secret(output.decode(errors="replace")) for output in (out, err))
        return Answer(process.returncode, *texts)
    except subprocess.TimeoutExpired:
        failure = ToolError(
            doing,
            "Timeout",
            "see whether it waits for somebody to unlock it, and run this again",
            detail=f"it did not end in {timeout:g} seconds",
            in_doubt=sent is not None,
        )
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    raise failure


def lock_folder(environment: Mapping[str, str]) -> Path:
    """Where the locks are: in the user's cache, so on one machine."""
    home = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(environment.get("IAM_PROFILES_CACHE") or Path(home) / "iam-profiles") / "stores"


def _digest(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()
