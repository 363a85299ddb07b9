"""`iam-profiles matrix`: who may assume which role where, as the model says."""

from pathlib import Path

import click

from cli.options import format_option, profiles_option
from cli.output import console, print_json
from cli.tables import matrix_table
from iam_profiles.load import load
from iam_profiles.matrix import matrix as access_matrix


@click.command()
@profiles_option
@format_option
def matrix(folder: Path, form: str) -> None:
    """Show who may assume which role in which account."""
    cells = access_matrix(load(folder))
    if form == "json":
        print_json(cells.as_json())
        return
    console().print(matrix_table(cells))
