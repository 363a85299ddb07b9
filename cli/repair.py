"""`iam-profiles repair`: set right what a killed engine left behind."""

from contextlib import ExitStack
from pathlib import Path

import click

from cli import exits
from cli.options import workers_option
from cli.output import say
from cli.preview import project_option
from cli.stacks_live import StacksLive
from pipeline.executors.processes import Processes
from pipeline.executors.workers import stoppable
from pipeline.fleet import Fleet, default_workers
from pipeline.work import Work, run


@click.command()
@click.option("--stack", "stacks", multiple=True, help="Only this stack; may be repeated.")
@click.option(
    "--lock-owner-is-dead",
    is_flag=True,
    help="Free a lock taken on another machine: you made sure there that its owner has ended.",
)
@workers_option
@project_option
def repair(
    stacks: tuple[str, ...], workers: int | None, project: Path, *, lock_owner_is_dead: bool
) -> int:
    """Free locks whose owner is dead, and settle operations that were never finished.

    The lock of an engine that lives is never touched. A stack that needs nothing is left alone.

    Exit status 0 every stack is in order; 1 one is not, and it is said why.
    """
    fleet = Fleet.of(project)
    chosen = fleet.chosen(stacks)
    with ExitStack() as stack:
        live = stack.enter_context(StacksLive(chosen))
        at_once = min(workers or default_workers(), len(chosen))
        processes = stack.enter_context(Processes(at_once, live, fleet.command))
        stack.enter_context(stoppable(processes, live))
        works = (
            Work(fleet.jobs[name], "repair", owner_is_dead=lock_owner_is_dead) for name in chosen
        )
        outcomes = sorted(run(works, processes, live), key=lambda one: chosen.index(one.stack))
    for outcome in outcomes:
        for what in outcome.notes or (() if outcome.errors else ("nothing to repair",)):
            say(f"{outcome.stack}: {what}")
        for error in outcome.errors:
            say(error, fg="red", err=True)
    if processes.stopping:
        raise KeyboardInterrupt
    return exits.DONE if all(one.ok for one in outcomes) else exits.NO
