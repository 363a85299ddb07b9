"""A live line for each stack on a terminal, and in a log a line for each that is done."""

import sys
from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pipeline.job import Outcome
from pipeline.work import Event

_DOING = {"preview": "previewing", "up": "updating", "repair": "looking"}
_DONE = {"preview": "previewed", "up": "updated", "repair": "looked at"}
_MANY = 12
"""Beyond so many stacks, only those that are under way have a line."""


class StacksLive:
    """Shows on standard error how far each stack is; takes the events of `pipeline.work`."""

    def __init__(self, stacks: Sequence[str]) -> None:
        self._console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._left = len(stacks)
        self._width = max(map(len, stacks), default=0)
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn(f"{{task.fields[stack]:<{self._width}}}"),
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[what]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        few = len(stacks) <= _MANY
        self._tasks = {
            stack: self._bars.add_task(
                "waiting", total=None, start=False, stack=stack, what="", visible=few
            )
            for stack in stacks
        }

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Outcome):
            self._done(event)
        elif not event.stack:
            self._console.print(f"{event.phase}: each stack finishes what is under way …")
        elif task := self._tasks.get(event.stack):
            self._bars.start_task(task)
            what = f"{event.done} {event.name[:40]}" if event.done else ""
            doing = _DOING.get(event.phase, event.phase)
            self._bars.update(task, description=doing, what=what, visible=True)

    def _done(self, outcome: Outcome) -> None:
        self._left -= 1
        if (task := self._tasks.get(outcome.stack)) is not None:
            self._bars.update(task, visible=False)
        self._console.print(f"  {outcome.stack:<{self._width}}  {in_words(outcome)}")
        if outcome.operation != "repair":  # which says itself what it found
            for note in outcome.notes:
                self._console.print(f"  {'':<{self._width}}  {note}", markup=False)


def in_words(outcome: Outcome) -> str:
    """Return what came of one stack."""
    seconds = f"[dim]{outcome.seconds:.1f} s[/dim]"
    if not outcome.ok:
        refused = any(one.mandatory for one in outcome.violations)
        return f"[red]{'refused' if refused else 'failed'}[/red] {seconds}"
    if not outcome.changed:
        return f"[green]no changes[/green] {seconds}"
    listed = ", ".join(
        f"{number} {change}" for change, number in sorted(outcome.changes.items()) if number
    )
    return f"[green]{_DONE[outcome.operation]}[/green] ({listed}) {seconds}"
