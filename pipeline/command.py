"""The engine's command line, run so that an interrupt reaches it once and is waited for."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import IO, Self

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error

from pipeline.errors import EngineMissingError

OnLine = Callable[[str], None]


class EngineCommand(PulumiCommand):
    """`pulumi`, each call in a process group of its own.

    A terminal's Ctrl-C goes to every process in the foreground group: the engine would take the
    second signal as "stop at once" and its providers would die in the middle of a call. Here the
    signal reaches nobody but the engine, once, through `interrupt`; the engine then finishes what
    is under way, saves its state and frees its lock.

    Raises:
        EngineMissingError: there is no `pulumi` to run.
    """

    def __init__(self, root: Path | None = None) -> None:
        try:
            super().__init__(root=str(root) if root else None)
        except FileNotFoundError:
            raise EngineMissingError from None
        self._children: set[subprocess.Popen[str]] = set()
        self._interrupted = False

    def another(self) -> Self:
        """Return the same engine, of which an interrupt reaches other calls than of this one."""
        other = copy(self)
        other._children = set()  # noqa: SLF001 -- its own class
        other._interrupted = False  # noqa: SLF001 -- likewise
        return other

    @property
    def interrupted(self) -> bool:
        """Whether the engines were asked to stop."""
        return self._interrupted

    def interrupt(self) -> None:
        """Ask every running engine to stop, once; further calls do nothing."""
        if self._interrupted:
            return
        self._interrupted = True
        self._tell()

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnLine | None = None,
        on_error: OnLine | None = None,
    ) -> CommandResult:
        """Run one command to its end.

        Raises:
            CommandError: the command failed, or an interrupt came before it began.
        """
        if self._interrupted:
            raise create_command_error(CommandResult(stdout="", stderr="interrupted", code=130))
        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        with subprocess.Popen(  # noqa: S603 the engine, with arguments of our own
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environment,
            encoding="utf-8",
            start_new_session=True,
        ) as child:
            self._children.add(child)
            if self._interrupted:  # it came between the check above and the start
                self._tell()
            try:
                with ThreadPoolExecutor(max_workers=2) as readers:
                    out = readers.submit(_read, child.stdout, on_output)
                    err = readers.submit(_read, child.stderr, on_error)
                code = child.wait()
            finally:
                self._children.discard(child)
        result = CommandResult(stdout=out.result(), stderr=err.result(), code=code)
        if code != 0:
            raise create_command_error(result)
        return result

    def _tell(self) -> None:
        """Interrupt the engines that run.

        INVARIANT: each is taken from the set before it is told, and so told once, whichever thread
        comes first: it would take a second signal as "stop at once".
        """
        with suppress(KeyError):
            while True:
                self._children.pop().send_signal(signal.SIGINT)


def _read(stream: IO[str] | None, on_line: OnLine | None) -> str:
    """Read a stream to its end, line by line."""
    lines: list[str] = []
    for line in stream or ():
        lines.append(line.rstrip())
        if on_line:
            on_line(lines[-1])
    return "\n".join(lines)
