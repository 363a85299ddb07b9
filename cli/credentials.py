"""`iam-profiles credentials` and `exec`: sessions for pipelines, and the state of the keys."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.errors import CommandMissingError
from cli.options import PROJECT, format_option, profiles_option
from cli.spans import Span

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from credentials.fetch.session import RoleSession
    from iam_profiles.directory import Directory

_HOUR = 3600
_HIDDEN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CREDENTIAL_EXPIRATION")
"""What would lead a command that is given a session to other credentials."""


def _options(command: "Callable[..., Any]") -> "Callable[..., Any]":
    """The options of whatever asks for a session."""
    for option in reversed(
        (
            click.option(
                "--identity",
                required=True,
                help="The service user; or its class, where only one of it is granted the role.",
            ),
            click.option("--account", required=True, help="The account's name."),
            click.option("--role", required=True, help="The role's name."),
            click.option(
                "--seconds",
                type=click.IntRange(900, 43200),
                default=None,
                show_default="an hour, or the role's longest session if that is shorter",
                help="How long the session lasts.",
            ),
            click.option(
                "--token-file",
                type=click.Path(path_type=Path, dir_okay=False),
                default=None,
                help="The token of a federated identity; else as its CI system gives it.",
            ),
            *_WHERE,
        )
    ):
        command = option(command)
    return command


_DIRECTORY = click.option(
    "--directory",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="IAM_PROFILES_DIRECTORY",
    default=PROJECT / "rendered" / "directory.json",
    show_default="the project's own",
    help="The directory: rendered/directory.json, or a copy of it. No secret is in it.",
)
_WHERE = (
    _DIRECTORY,
    click.option(
        "--store-profile",
        envvar="IAM_PROFILES_STORE_PROFILE",
        default=None,
        help="The AWS profile that reads the store; else the identity's reader does, or if it has"
        " none, whoever every AWS tool finds.",
    ),
    click.option(
        "--ambient",
        is_flag=True,
        help="Read the store as whoever every AWS tool finds, though the identity has a reader.",
    ),
)


@click.group()
def credentials() -> None:
    """Service users' credentials: sessions at run time, rotation, and what is due."""


@credentials.command()
@_options
def get(**asked: Any) -> None:  # noqa: ANN401 -- click's options
    """Print a session of a role, as AWS's `credential_process` expects it.

    The store is read at each call; nothing is kept.
    """
    _, session = _session(_Asked(**asked))
    click.echo(json.dumps(session.process_output()))


@credentials.command()
@_DIRECTORY
@click.option("--identity", required=True, help="The service user.")
@click.option(
    "--store-profile", default=None, help="The AWS profile that reads the store, in each entry."
)
@click.option("--prefix", default="", help="What each profile's name begins with.")
def config(directory: Path, identity: str, store_profile: str | None, prefix: str) -> None:
    """Print the `~/.aws/config` of a service user: one profile for each role in each account.

    Each is named ACCOUNT-ROLE and calls `credentials get`, so that the AWS CLI, every SDK and
    Terraform use it. No secret is in it.
    """
    from iam_profiles.names import UserName  # noqa: PLC0415 -- only what is called is imported

    found = _read(directory)
    if identity not in found.identities:
        raise click.UsageError(
            f"there is no service user `{identity}`; use one of {', '.join(found.identities)}"
        )
    command = Path(sys.argv[0]).resolve()
    reader = f" --store-profile {store_profile}" if store_profile else ""
    for account, role in found.granted(UserName(identity)):
        click.echo(
            f"[profile {prefix}{account}-{role}]\n"
            f"region = {found.region}\n"
            f"credential_process = {command} credentials get --directory {directory.resolve()}"
            f" --identity {identity} --account {account} --role {role}{reader}\n"
        )


@credentials.command()
@click.argument("users", nargs=-1)
@profiles_option
@format_option
@click.option(
    "--tolerance",
    type=Span(),
    default="1d",
    show_default=True,
    help="How late what is due may be: as long as it takes until the pipeline runs again.",
)
def status(users: tuple[str, ...], folder: Path, form: str, tolerance: "timedelta") -> int:
    """Show the keys of USERS, or of all service users: age, last use, what is due or foreign.

    Exit status: 1 if something is overdue or foreign, or readers get no key; 2 if some user's keys
    could not be looked at. Nothing is written.
    """
    from cli.key_status import show  # noqa: PLC0415 -- only what is called is imported
    from cli.stored_keys import StoredKeys  # noqa: PLC0415 -- likewise

    return show(StoredKeys.of_project(folder), users, form, tolerance)


@credentials.command()
@click.argument("users", nargs=-1)
@click.option("--all", "everyone", is_flag=True, help="All service users.")
@click.option("--early", is_flag=True, help="Also if it is not due; the key before has its grace.")
@click.option("--now", is_flag=True, help="It is leaked: the key before is deleted at once.")
@click.option("--wait", is_flag=True, help="Stay until the key before is deleted.")
@profiles_option
def rotate(  # noqa: PLR0913 -- click's options
    *, users: tuple[str, ...], everyone: bool, early: bool, now: bool, wait: bool, folder: Path
) -> int:
    """Do what is due about the keys of USERS: mint, rotate, end a grace. Asks nothing.

    A run that was interrupted, killed or refused is gone on with by any later one.
    """
    from cli.key_rotation import Wish  # noqa: PLC0415 -- only what is called is imported
    from cli.key_rotation import rotate as rotate_all  # noqa: PLC0415 -- likewise
    from cli.stored_keys import StoredKeys  # noqa: PLC0415 -- likewise
    from credentials.ports import Urgency  # noqa: PLC0415 -- likewise

    if bool(users) == everyone:
        raise click.UsageError("name service users, or give `--all`")
    if early and now:
        raise click.UsageError("give `--early` or `--now`, not both")
    urgency = Urgency.LEAKED if now else Urgency.EARLY if early else Urgency.DUE
    return rotate_all(StoredKeys.of_project(folder), users, Wish(urgency, wait))


@click.command(name="exec", context_settings={"ignore_unknown_options": True})
@_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(command: tuple[str, ...], **asked: Any) -> None:  # noqa: ANN401 -- click's options
    """Run COMMAND with a session of a role in its environment, and nowhere else.

    COMMAND takes the place of this process: its exit status and its signals are its own.
    """
    directory, session = _session(_Asked(**asked))
    environment = {name: text for name, text in os.environ.items() if name not in _HIDDEN}
    environment |= session.environment()
    environment |= {"AWS_REGION": environment.get("AWS_REGION", directory.region)}
    sys.stdout.flush()
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 -- what the user asks for
    except FileNotFoundError:
        raise CommandMissingError(command[0], "no such command") from None
    except OSError as error:
        raise CommandMissingError(command[0], error.strerror or str(error)) from None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the options say."""

    directory: Path
    identity: str
    account: str
    role: str
    seconds: int | None
    store_profile: str | None
    ambient: bool
    token_file: Path | None


def _session(asked: _Asked) -> "tuple[Directory, RoleSession]":
    from credentials.fetch.begin import begin  # noqa: PLC0415 -- only what is called is imported
    from credentials.fetch.clients import Clients  # noqa: PLC0415 -- likewise

    directory = _read(asked.directory)
    found = directory.find(asked.identity, asked.account, asked.role)
    if asked.seconds is not None and asked.seconds > found.longest:
        raise click.UsageError(
            f"a session of `{asked.role}` lasts {found.longest} seconds at most; ask for no more"
        )
    clients = Clients(directory.region, asked.store_profile, ambient=asked.ambient)
    seconds = asked.seconds or min(_HOUR, found.longest)
    return directory, begin(found, clients, seconds, os.environ, asked.token_file)


def _read(path: Path) -> "Directory":
    from iam_profiles.directory import Directory, DirectoryError  # noqa: PLC0415 -- likewise

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(
            f"the directory `{path}` cannot be read ({error}); "
            "name a copy of `rendered/directory.json` with `--directory`"
        ) from None
    return Directory.from_json(text, str(path))
