"""How the command prints: tables and colour for people, JSON for programs."""

import json
from typing import Any

import click
from rich.console import Console

_LOG_WIDTH = 120
"""A log has no width of its own; tables shall not be squeezed there."""


VERDICT_STYLE = {"proved": "green", "refused": "red", "undecided": "yellow", "failed": "red"}
"""The colour of a report's verdict."""


def console() -> Console:
    """A console on standard output; plain where that is no terminal."""
    plain = Console(highlight=False)
    return plain if plain.is_terminal else Console(highlight=False, width=_LOG_WIDTH)


def print_json(value: Any) -> None:  # noqa: ANN401 JSON leaves here
    """Print one JSON document, readable and stable."""
    click.echo(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False))


def say(text: str, *, indent: int = 0, err: bool = False, **style: Any) -> None:  # noqa: ANN401 -- click's styles
    """Print a line that is never broken: an ARN is to be copied whole."""
    click.echo(" " * indent + click.style(text, **style), err=err)
