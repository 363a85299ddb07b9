"""Deliver several stacks side by side, with a live line for each."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline.command import EngineCommand
from pipeline.deliver import deliver
from pipeline.job import Outcome, StackJob
from pipeline.repair import Repaired

_DOING = {"repair": "looking", "preview": "previewing", "up": "updating"}


class DeployScreen:
    """One line a stack while it is delivered, and one when it is done."""

    def __init__(self, stacks: Sequence[str], screen: Console) -> None:
        self._screen = screen
        self._bars = Progress(
            TextColumn("  {task.fields[stack]:<10}"),
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[what]}"),
            TimeElapsedColumn(),
            console=screen,
            disable=not screen.is_terminal,
        )
        self._tasks = {
            stack: self._bars.add_task("waiting", total=None, start=False, stack=stack, what="")
            for stack in stacks
        }

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def phase(self, stack: str, phase: str, done: int, name: str) -> None:
        """Show how far a stack is."""
        task = self._tasks[stack]
        self._bars.start_task(task)
        what = f"{done} resources {name[:40]}" if done else ""
        self._bars.update(task, description=_DOING[phase], what=what)

    def repaired(self, repaired: Repaired) -> None:
        """Show what an earlier run had left behind."""
        self._screen.print(f"  {repaired.stack:<10} {repaired.what}")

    def done(self, outcome: Outcome) -> None:
        """Show what came of a stack."""
        self._bars.update(self._tasks[outcome.stack], visible=False)
        self._screen.print(f"  {outcome.stack:<10} {_in_words(outcome)}")


def deploy_all(
    jobs: Sequence[StackJob], command: EngineCommand, screen: Console
) -> tuple[Outcome, ...]:
    """Deliver every stack, as many at once as there are processors; outcomes in the jobs' order.

    Raises:
        PipelineError: a stack is in use by somebody else, or its state cannot be read.
    """
    with (
        DeployScreen([job.stack for job in jobs], screen) as lines,
        ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as workers,
    ):

        def deliver_one(job: StackJob) -> Outcome:
            outcome = deliver(job, command, on_phase=lines.phase, on_repair=lines.repaired)
            lines.done(outcome)
            return outcome

        return tuple(workers.map(deliver_one, jobs))


def _in_words(outcome: Outcome) -> str:
    seconds = f"[dim]{outcome.seconds:.1f} s[/dim]"
    if not outcome.ok:
        return f"[red]{'refused' if outcome.violations else 'failed'}[/red] {seconds}"
    if not outcome.changed:
        return (
            f"[green]nothing changed[/green] ({outcome.changes.get('same', 0)} resources) {seconds}"
        )
    done = ", ".join(
        f"{count} {change}" for change, count in sorted(outcome.changes.items()) if count
    )
    return f"[green]deployed[/green] ({done}) {seconds}"
