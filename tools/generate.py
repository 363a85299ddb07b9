"""Write the generated files, or with --check say which are not up to date."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from cli.main import cli
from iam_profiles.load import load
from iam_profiles.schema import schemas
from iam_profiles.snapshots import snapshots

ROOT = Path(__file__).resolve().parent.parent
WHOLE_FOLDERS = ("rendered", "schema")
"""Folders in which every file is generated: one that no longer belongs there is taken out."""


def generated() -> dict[str, str]:
    """Every generated file: its path from the root, and its text."""
    texts = {f"schema/{name}": text for name, text in schemas().items()}
    documents = snapshots(load(ROOT / "profiles"))
    texts |= {f"rendered/{name}": text for name, text in documents.items()}
    texts["docs/commands.md"] = "\n".join(command_help())
    return texts


def command_help() -> Iterator[str]:
    """The help of each command, as a page."""
    yield "# Commands\n"
    yield "Generated from the commands' own help by `make generate`.\n"
    with click.Context(cli, info_name="iam-profiles", terminal_width=88) as top:
        yield from _help_of(cli, top)


def _help_of(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}\n"
    yield f"```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child:
                with click.Context(child, info_name=name, parent=context) as below:
                    below.terminal_width = context.terminal_width
                    yield from _help_of(child, below)


def strangers(texts: Mapping[str, str]) -> list[Path]:
    """Files in generated folders that nothing generates any more."""
    found = (path for folder in WHOLE_FOLDERS for path in (ROOT / folder).rglob("*"))
    return [
        path for path in found if path.is_file() and path.relative_to(ROOT).as_posix() not in texts
    ]


def check(texts: Mapping[str, str]) -> list[str]:
    """The files that differ from what would be written."""
    stale = [
        name
        for name, text in texts.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text("utf-8") != text
    ]
    return stale + [path.relative_to(ROOT).as_posix() for path in strangers(texts)]


def write(texts: Mapping[str, str]) -> None:
    """Write every file, and take out what no longer belongs."""
    for path in strangers(texts):
        path.unlink()
    for name, text in texts.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        stale = check(generated())
        for name in stale:
            print(f"not up to date: {name}", file=sys.stderr)
        sys.exit("run `make generate` and commit the difference" if stale else 0)
    write(generated())
