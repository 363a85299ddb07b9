"""`iam-profiles up BUNDLE`: apply exactly what was previewed."""

import sys
from pathlib import Path

import click

from cli import exits
from cli.options import executor_option, workers_option
from cli.output import say
from cli.preview import project_option
from cli.stacks_live import StacksLive
from pipeline.executors.choose import workers_for
from pipeline.executors.workers import stoppable
from pipeline.fleet import Fleet
from pipeline.reports.words import count, short
from pipeline.up_all import Prepared, apply, prepare, turn


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path, file_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--digest", help="Refuse any other bundle than the one with this digest.")
@workers_option
@executor_option
@project_option
def up(  # noqa: PLR0913 -- click hands each option over
    bundle: Path,
    digest: str | None,
    workers: int | None,
    executor: str,
    project: Path,
    *,
    yes: bool,
) -> int:
    """Apply the BUNDLE that `iam-profiles preview --bundle` wrote, exactly.

    A bundle that was altered, that was refused, or of which anything that it depends on has moved
    since, is refused. What tightens goes before what loosens, and never through a state of which
    the isolation rules are not proved. It stops at the first failure; run again, it goes on.

    Exit status 0 all is as planned; 1 the bundle was refused, a stack failed, or it was not
    confirmed; 69 there is no bundle, or a stack is in use or in need of `iam-profiles repair`; 130
    interrupted: each stack that was under way has saved its state.
    """
    fleet = Fleet.of(project)
    with turn(fleet, bundle):
        prepared = prepare(bundle, fleet, digest=digest)
        _show(prepared)
        if not prepared.stages:
            say("nothing is left to be done", fg="green")
            return exits.DONE
        if not yes and not _confirmed():
            return exits.NO
        return _apply(prepared, executor, workers)


def _apply(prepared: Prepared, executor: str, workers: int | None) -> int:
    names = [name for stage in prepared.stages for name in stage]
    fleet = prepared.fleet
    with (
        StacksLive(names) as live,
        workers_for(fleet, names, executor, live, workers) as opened,
        stoppable(opened, live),
    ):
        outcomes = list(apply(prepared, opened, live, workers=opened.size))
    failed = [one for one in outcomes if not one.ok]
    for outcome in failed:
        for error in (*outcome.errors, *(one.message for one in outcome.violations)):
            say(f"{outcome.stack}: {error}", fg="red", err=True)
    left = len(names) - (len(outcomes) - len(failed))
    if left:
        say(f"{count(left, 'stack')} left: run the same command again to go on", err=True)
    if opened.stopping:
        raise KeyboardInterrupt
    if left:
        return exits.NO
    say(f"{count(len(names), 'stack')} as planned", fg="green")
    return exits.DONE


def _show(prepared: Prepared) -> None:
    say(f"bundle sha256:{prepared.bundle.digest}")
    for name in prepared.done:
        say(f"{name}: as planned already, by an earlier run of this bundle", indent=2)
    for name in prepared.resumed:
        say(f"{name}: begun by an earlier run of this bundle", indent=2)
    if prepared.withheld:
        say(
            f"{', '.join(prepared.withheld)}: not to be read here, nor moved since the proof",
            indent=2,
        )
        say(f"who gains and loses what: {prepared.bundle.folder / 'report.md'}", indent=2)
    accounts = prepared.fleet.accounts
    for change in prepared.judged.access:
        mark, colour = ("+", "green") if change.gains else ("-", "red")
        where = accounts.get(change.account, change.account)
        say(
            f"{mark} {short(change.identity)}: {short(change.role)} in {where}",
            indent=2,
            fg=colour,
        )
    for number, stage in enumerate(prepared.stages, 1):
        say(f"stage {number}: {', '.join(stage)}", indent=2)


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to confirm on; give --yes")
    return click.confirm("apply it?", default=False)
