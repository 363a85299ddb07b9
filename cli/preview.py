"""`iam-profiles preview`: every stack side by side, and the isolation rules proved over all."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from cli import exits
from cli.options import (
    NEW_FILE,
    PROJECT,
    NewPath,
    executor_option,
    format_option,
    workers_option,
)
from cli.output import VERDICT_STYLE, console, say
from cli.stacks_live import StacksLive
from local.cache import cache_root
from pipeline.bundle import check_writable
from pipeline.executors.choose import workers_for
from pipeline.executors.workers import Workers, stoppable
from pipeline.fleet import Fleet
from pipeline.preview_all import preview_all, write
from pipeline.report import Report
from pipeline.reports.as_json import json_report
from pipeline.reports.junit import junit_report
from pipeline.reports.markdown import markdown_report
from pipeline.reports.sarif import sarif_report
from pipeline.reports.words import change_words, headline, sign, stack_words, way_words

if TYPE_CHECKING:
    from collections.abc import Callable


class _Files(NamedTuple):
    """Where the reports are to be written."""

    markdown: Path | None
    junit: Path | None
    sarif: Path | None


project_option = click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=PROJECT,
    show_default="this checkout",
    help="The folder with Pulumi.yaml and profiles/.",
)


@click.command()
@click.option("--stack", "stacks", multiple=True, help="Only this stack; may be repeated.")
@click.option(
    "--bundle",
    type=NewPath(file_okay=False),
    help="Write plans, reports and the digest of all that they depend on into this folder.",
)
@workers_option
@executor_option
@click.option("--no-skip", is_flag=True, help="Preview also what is known to have no changes.")
@click.option("--markdown", type=NEW_FILE, help="Write the report for a pull request's comment.")
@click.option("--junit", type=NEW_FILE, help="Write the report as JUnit XML.")
@click.option("--sarif", type=NEW_FILE, help="Write the report as SARIF 2.1.0.")
@project_option
@format_option
def preview(  # noqa: PLR0913 -- click hands each option over
    stacks: tuple[str, ...],
    bundle: Path | None,
    workers: int | None,
    executor: str,
    project: Path,
    *,
    form: str,
    no_skip: bool,
    **files: Path | None,
) -> int:
    """Preview every stack, and prove every isolation rule over all accounts.

    From what is deployed to what is planned, in every state between. Nothing is applied; with
    --bundle, `iam-profiles up` applies exactly what was previewed.

    Exit status 0 proved, with or without changes; 1 refused; 2 undecided; 69 a stack could not be
    previewed.
    """
    if bundle is not None:
        check_writable(bundle)
    fleet = Fleet.of(project)
    chosen = fleet.chosen(stacks)
    cache = None if no_skip else cache_root() / "unchanged"
    with ExitStack() as stack:
        live = stack.enter_context(StacksLive(chosen))

        # At once: a wrong address is one also where every stack is skipped.
        opened = stack.enter_context(workers_for(fleet, chosen, executor, live, workers))

        def begin() -> Workers:
            stack.enter_context(stoppable(opened, live))
            return opened

        previewed = preview_all(fleet, chosen, begin, live, cache=cache)
    if opened.stopping:
        raise KeyboardInterrupt
    report = previewed.report
    _write(report, _Files(**files))
    digest = write(previewed, bundle) if bundle is not None else None
    if form == "json":
        click.echo(json_report(report), nl=False)
    else:
        _show(report)
        if digest is not None:
            say(f"\nbundle {bundle}  sha256:{digest}")
    return exits.BY_VERDICT[report.verdict]


def _write(report: Report, files: _Files) -> None:
    makers: tuple[tuple[Path | None, Callable[[Report], str]], ...] = (
        (files.markdown, markdown_report),
        (files.junit, junit_report),
        (files.sarif, sarif_report),
    )
    for file, make in makers:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(make(report), "utf-8")


def _show(report: Report) -> None:
    """Print the report for a person: what counts first, the resources after it."""
    screen = console()
    screen.print()
    screen.print(f"[bold {VERDICT_STYLE[report.verdict]}]{headline(report)}[/]")
    show_access(report)
    screen.print("\n[bold]Stacks[/bold]")
    for stack in report.stacks:
        say(f"{stack.name}: {stack_words(stack)}", indent=2)
        for step in stack.outcome.steps:
            say(f"{sign(step.operation)} {step.name}  ({step.type})", indent=4, dim=True)
        for error in stack.outcome.errors:
            say(error, indent=4, fg="red")
    for finding in report.findings:
        noted = finding.verdict == "noted"
        where = ", ".join(filter(None, (finding.stack, finding.file)))
        said = f"{'noted' if noted else finding.verdict}: {finding.rule}"
        say(f"\n{said}{f' ({where})' if where else ''}", bold=True)
        say(finding.message, indent=2, fg=None if noted else "red")
    if report.verdict == "proved":
        screen.print("\n[bold]Proved[/bold]")
        for rule in report.rules:
            say(rule, indent=2)
    if report.order:
        say("order: " + ", then ".join(" and ".join(stage) for stage in report.order))
    took = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report.seconds.items())
    say(took, dim=True)


def show_access(report: Report) -> None:
    """Print who gains and who loses what."""
    console().print("\n[bold]Access[/bold]")
    if not report.access:
        say("nobody gains or loses a role" if report.rules else "not known", indent=2)
    for change in report.access:
        colour = "green" if change.gains else "red"
        mark = "+" if change.gains else "-"
        say(f"{mark} {change_words(change, report)}", indent=2, fg=colour)
        say(way_words(change), indent=6, dim=True)
