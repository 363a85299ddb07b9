"""Progress on a terminal as one live line a task, and in a log as a line a step."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

_LOG_EVERY_SECONDS = 10.0


class TerminalProgress:
    """Shows the steps of one long piece of work on standard error.

    Satisfies `local.progress.Progress`. A step that is over stays on the screen with its time.
    """

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, highlight=False)
        self._live = self._console.is_terminal
        self._bars = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._live,
        )
        self._task: TaskID | None = None
        self._text = ""
        self._began = self._told = time.monotonic()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._finish()
        self._bars.stop()

    def step(self, text: str, /) -> None:
        """Begin a step, which ends the one before."""
        self._finish()
        self._text = text
        self._began = self._told = time.monotonic()
        if self._live:
            self._task = self._bars.add_task(text, total=None, count="")
        else:
            self._console.print(text, soft_wrap=True)

    def update(self, done: int, total: int, /) -> None:
        """Say that `done` of about `total` pieces of the current step are done."""
        if self._live and self._task is not None:
            self._bars.update(self._task, completed=done, total=total, count=f"{done}/{total}")
        elif time.monotonic() - self._told > _LOG_EVERY_SECONDS:
            self._told = time.monotonic()
            self._console.print(f"  {self._text}: {done}/{total}", soft_wrap=True)

    def _finish(self) -> None:
        """End the current step, if there is one."""
        if self._task is not None:
            self._bars.update(self._task, completed=1, total=1, count="")
            self._task = None
