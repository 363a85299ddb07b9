"""Options that several subcommands share."""

from pathlib import Path
from typing import Any

import click

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout that this command was installed from."""


class NewPath(click.Path):
    """Where something is to be written; refused before any work if it can never be there."""

    def __init__(self, **allowed: bool) -> None:
        super().__init__(path_type=Path, **allowed)

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ANN401 -- as click has it
        """Return the path."""
        above = next(one for one in Path(value).absolute().parents if one.exists())
        if not above.is_dir():
            self.fail(f"`{above}` is no folder; choose another place", param, ctx)
        return super().convert(value, param, ctx)


NEW_FILE = NewPath(dir_okay=False)

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
