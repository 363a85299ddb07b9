"""Options that several subcommands share."""

from pathlib import Path

import click

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout that this command was installed from."""

profiles_option = click.option(
    "--profiles",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=PROJECT / "profiles",
    show_default="the project's own",
    help="The folder with organization.yaml, roles/ and teams/.",
)

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)

workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 256),
    show_default="the number of processors; of a cluster, all its workers",
    help="How many stacks go side by side, each in a process of its own.",
)

executor_option = click.option(
    "--executor",
    default="local",
    show_default=True,
    metavar="local|dask://HOST:PORT",
    help="Where the stacks are worked on: by processes here, or by a Dask cluster.",
)
