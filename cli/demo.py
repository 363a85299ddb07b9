"""`iam-profiles demo`: four accounts from one model, by the real engine, on this machine."""

import os
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager

import click
from rich.console import Console

from cli import exits
from cli.attempts import Attempt, attempt_all
from cli.deploy import deploy_all
from cli.local import quotas_of, start_for
from cli.options import PROJECT
from cli.output import console
from cli.progress import TerminalProgress
from cli.stored_keys import StoredKeys
from cli.tables import attempts_table, keys_table, matrix_table
from credentials.ledger import Ledger
from iam_profiles.check import Checked, check
from iam_profiles.matrix import matrix
from iam_profiles.model import Organization
from local.cloud import Cloud
from local.env import child_environment
from local.evaluator_install import NOT_ENFORCED
from local.home import LocalHome
from pipeline.command import EngineCommand
from pipeline.errors import PipelineError
from pipeline.interrupts import interrupts_to
from pipeline.job import Outcome, StackJob


@click.command()
def demo() -> int:
    """Deploy every account of profiles/ onto the local cloud, and show what was built.

    Sets up all it needs, with progress; a second run says that nothing changed. The local cloud
    stays up afterwards.
    """
    began = time.monotonic()
    screen = console()
    checked = check(PROJECT / "profiles")
    home = LocalHome.default()
    with TerminalProgress() as progress:
        cloud = start_for(checked.profiles.organization, home, progress)
    _enter(home, checked.profiles.organization)
    command = EngineCommand(home.root)
    screen.print("\n[bold]Deploying[/bold]: preview behind the policy pack, then exactly that plan")
    with _interrupts_to(command):
        outcomes = deploy_all(_jobs(checked), command, screen)
    if not all(outcome.ok for outcome in outcomes):
        _show_failures(outcomes, screen)
        return exits.NO
    attempts = _show_built(checked, cloud, screen)
    surprising = [attempt for attempt in attempts if attempt.surprising]
    _say_goodbye(outcomes, time.monotonic() - began, screen)
    return exits.NO if surprising else exits.DONE


def _enter(home: LocalHome, organization: Organization) -> None:
    """See the local cloud, and nothing else, from here on."""
    variables = child_environment(home) | quotas_of(organization)
    os.environ.clear()
    os.environ.update(variables)


def _jobs(checked: Checked) -> list[StackJob]:
    return [
        StackJob(stack=account.name, project=PROJECT, policy_pack=PROJECT / "policies")
        for account in checked.profiles.organization.accounts
    ]


@contextmanager
def _interrupts_to(command: EngineCommand) -> Generator[None]:
    """Hand the first Ctrl-C or SIGTERM to the engines, and wait for them to end in good order."""

    def hand_over(_: signal.Signals) -> None:
        click.echo("\nstopping: each stack finishes what is under way …", err=True)
        command.interrupt()

    try:
        with interrupts_to(hand_over):
            yield
    except PipelineError:
        if not command.interrupted:  # else it only says that an engine was stopped
            raise
    if command.interrupted:
        raise KeyboardInterrupt


def _show_failures(outcomes: tuple[Outcome, ...], screen: Console) -> None:
    for outcome in outcomes:
        if outcome.ok:
            continue
        screen.print(f"\n[red]{outcome.stack}[/red]")
        for violation in outcome.violations:
            screen.print(f"  [bold]{violation.rule}[/bold] {violation.urn or ''}", markup=True)
            screen.print(f"    {violation.message}", markup=False)
        for error in outcome.errors:
            screen.print(f"  {error}", markup=False)


def _show_built(checked: Checked, cloud: Cloud, screen: Console) -> tuple[Attempt, ...]:
    """Show the matrix, where the keys are, and what AssumeRole answers with them."""
    cells = matrix(checked.profiles)
    screen.print("\n[bold]Who may assume which role where[/bold], as the model says\n")
    screen.print(matrix_table(cells))
    state = next(documents for documents in checked.documents.values() if documents.service_users)
    keys = StoredKeys(state, f"iam-profiles-{state.account.name}")
    screen.print("\n[bold]Where each key is stored[/bold]; it is nowhere else\n")
    ledgers = [found for _, found in keys.ledgers(keys.users) if isinstance(found, Ledger)]
    screen.print(keys_table(ledgers))
    if not cloud.enforced:
        screen.print(f"\n[yellow]{NOT_ENFORCED}[/yellow]")
        return ()
    arns = {
        (role.name, name): role.arn
        for name, documents in checked.documents.items()
        for role in documents.roles
    }
    attempts = attempt_all(cells, arns, keys, state.region)
    accounts = [account.name for account in cells.accounts]
    screen.print(
        "\n[bold]What AssumeRole answers[/bold], decided by an independent evaluator over the "
        "policies as deployed\n"
    )
    screen.print(attempts_table(attempts, accounts))
    return attempts


def _say_goodbye(outcomes: tuple[Outcome, ...], seconds: float, screen: Console) -> None:
    changed = any(outcome.changed for outcome in outcomes)
    said = f"{len(outcomes)} accounts deployed" if changed else "nothing changed"
    screen.print(f"\n[green]{said}[/green] in {seconds:.0f} s. The local cloud stays up:\n")
    screen.print('  eval "$(.venv/bin/iam-profiles local env)"     to use it by hand', markup=False)
    screen.print("  pulumi preview -s nonprod --policy-pack policies", markup=False)
    screen.print("  .venv/bin/iam-profiles local stop              to stop it", markup=False)
