"""The `iam-profiles` command: finds the subcommand, and turns every error into one message."""

import atexit
import gc
import importlib
import sys
import traceback

import click

from access.quiet import uncollected
from cli import exits

_COMMANDS = {
    "init": "cli.init:init",
    "check": "cli.check:check",
    "matrix": "cli.matrix:matrix",
    "render": "cli.render:render",
    "prove": "cli.prove:prove",
    "who-can": "cli.ask:who_can",
    "can": "cli.ask:can",
    "explain": "cli.ask:explain",
    "credentials": "cli.credentials:credentials",
    "exec": "cli.credentials:execute",
    "preview": "cli.preview:preview",
    "up": "cli.up:up",
    "repair": "cli.repair:repair",
    "stacks": "cli.ci:stacks",
    "ci": "cli.ci:ci",
    "drift": "cli.drift:drift_command",
    "adopt": "cli.adopt:adopt_command",
    "local": "cli.local:local",
    "demo": "cli.demo:demo",
}
"""Where each subcommand lives; only the one that is called is imported."""


class LazyGroup(click.Group):
    """A group whose subcommands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The subcommands, in the order in which a newcomer meets them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one subcommand."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        with uncollected():  # what is loaded stays
            return getattr(importlib.import_module(module), name)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="iam-profiles", message="%(prog)s %(version)s")
def cli() -> None:
    """Multi-account AWS identity from one model: both ends of every trust locked.

    Exit status: 0 done; 1 the answer is no (something was refused, or is not as it should be);
    2 the answer is not known; 64 wrong usage; 65 `profiles/` or another input is not valid;
    69 something that is needed is missing; 70 a fault of the command itself;
    73 a file cannot be written; 130 interrupted.
    """


def main() -> None:
    """Run the command line; never show a traceback for a user's mistake."""
    atexit.register(gc.freeze)  # at the end nothing needs to be collected any more
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run with these arguments; return the exit status."""
    try:
        result = cli.main(arguments, prog_name="iam-profiles", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return exits.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return exits.INTERRUPTED
    except BrokenPipeError:
        return exits.NOBODY_READS
    except Exception as error:  # noqa: BLE001 -- each becomes an exit status, none a traceback alone
        status = exits.status_of(error)
        if status is None:  # a fault of ours: 1 would say that the answer is no
            traceback.print_exc()
            return exits.BROKEN
        click.echo(f"iam-profiles: {exits.message_of(error)}", err=True)
        return status
    return result if isinstance(result, int) else exits.DONE
