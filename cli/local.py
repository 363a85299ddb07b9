"""`iam-profiles local`: the cloud on this machine."""

import json
import shlex
from pathlib import Path

import click

from cli import exits
from cli.options import format_option, profiles_option
from cli.output import print_json
from cli.progress import TerminalProgress
from iam_profiles.load import load
from iam_profiles.model import Organization
from local.cloud import Cloud, running
from local.cloud import reset as reset_cloud
from local.cloud import start as start_cloud
from local.cloud import status as cloud_status
from local.cloud import stop as stop_cloud
from local.env import CLEARED, environment
from local.evaluator_install import NOT_ENFORCED
from local.home import LocalHome
from local.install import install as install_tools
from local.progress import Progress


@click.group()
def local() -> None:
    """The cloud on this machine: engine, AWS provider, emulator.

    Nothing of it is used where the official Pulumi and AWS credentials are.
    """


@local.command()
def install() -> None:
    """Install the engine, the language host, the AWS stand-in and the evaluator."""
    with TerminalProgress() as progress:
        install_tools(LocalHome.default(), progress)


@local.command()
@profiles_option
def start(folder: Path) -> None:
    """Start the emulator with the organisation's accounts; keep one that runs."""
    organization = load(folder).organization
    with TerminalProgress() as progress:
        cloud = start_for(organization, LocalHome.default(), progress)
    _say(cloud)


@local.command()
def stop() -> None:
    """Stop the emulator; what was in its accounts is gone."""
    stopped = stop_cloud(LocalHome.default())
    click.echo("the local cloud is stopped" if stopped else "no local cloud was running")


@local.command()
@profiles_option
def reset(folder: Path) -> None:
    """Empty the accounts, and forget the stacks that were deployed into them."""
    organization = load(folder).organization
    with TerminalProgress() as progress:
        cloud = reset_cloud(
            LocalHome.default(), accounts_of(organization), organization.region, progress
        )
    _say(cloud)


@local.command()
@format_option
def status(form: str) -> int:
    """Say whether the local cloud runs, where, and whether it enforces; exit status 1 if not."""
    cloud = cloud_status(LocalHome.default())
    if form == "json":
        print_json({"running": cloud is not None, **(_facts(cloud) if cloud else {})})
    elif cloud:
        _say(cloud)
    else:
        click.echo("no local cloud is running; start it with `iam-profiles local start`")
    return exits.DONE if cloud else exits.NO


@local.command()
@profiles_option
def env(folder: Path) -> None:
    """Print what a shell needs: eval "$(iam-profiles local env)"."""
    variables = environment(LocalHome.default()) | quotas_of(load(folder).organization)
    click.echo(f"unset {' '.join(CLEARED)}")
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    if not running(LocalHome.default()).enforced:
        click.echo(NOT_ENFORCED, err=True)


def start_for(organization: Organization, home: LocalHome, progress: Progress) -> Cloud:
    """Install what is missing and start the cloud with the organisation's accounts."""
    install_tools(home, progress)
    return start_cloud(home, accounts_of(organization), organization.region, progress)


def accounts_of(organization: Organization) -> dict[str, str]:
    """The organisation's accounts: `{name: id}`."""
    return {account.name: account.id for account in organization.accounts}


def quotas_of(organization: Organization) -> dict[str, str]:
    """The variable that tells the AWS stand-in which quotas AWS has raised for these accounts."""
    quotas = organization.quotas
    raised = {
        "ACLSizePerRole": quotas.trust_policy_characters,
        "PolicySize": quotas.managed_policy_characters,
        "GroupsPerUser": quotas.groups_per_user,
        "PoliciesPerRole": quotas.managed_policies_per_role,
        "PoliciesPerGroup": quotas.managed_policies_per_group,
        "PoliciesPerUser": quotas.managed_policies_per_user,
    }
    return {"IAM_PROFILES_LOCAL_QUOTAS": json.dumps(raised)}


def _facts(cloud: Cloud) -> dict[str, object]:
    return {
        "endpoint": cloud.endpoint,
        "pid": cloud.pid,
        "since": cloud.since,
        "region": cloud.region,
        "accounts": cloud.accounts,
        "enforced": cloud.enforced,
    }


def _say(cloud: Cloud) -> None:
    click.echo(f"the local cloud runs at {cloud.endpoint} (process {cloud.pid})")
    for name, account in cloud.accounts.items():
        click.echo(f"  {account}  {name}")
    if not cloud.enforced:
        click.secho(NOT_ENFORCED, fg="yellow")
