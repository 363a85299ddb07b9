"""`iam-profiles ci`: CI files made from the model; and `stacks`: a job matrix."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from access.errors import AccessError
from access.rule import ArnPattern
from cli.options import profiles_option
from cli.output import say
from cli.preview import project_option
from cli.stack_config import profile_of
from iam_profiles.load import load
from pipeline.ci.circleci import circleci as circleci_files
from pipeline.ci.github import github as github_files
from pipeline.ci.plan import Plan, Roles
from pipeline.ci.stages import shards_of, stages_of

_JOBS = 256
"""How many jobs a matrix of GitHub Actions may have.

Source: https://docs.github.com/en/actions/reference/limits
"""

_role_option = click.option(
    "--role",
    default="IamProfilesRole",
    show_default=True,
    help="The role that deploys.",
)


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--write", is_flag=True, help="Write the files; else they are printed."),
            click.option(
                "--branch", default="main", show_default=True, help="What is deployed from."
            ),
            _role_option,
            click.option(
                "--preview-role",
                default="AuditRole",
                show_default=True,
                help="The role that only reads, with which a pull request is previewed.",
            ),
            click.option(
                "--ignore",
                multiple=True,
                metavar="PATTERN",
                help="ARNs that the nightly drift is to ignore. Repeatable.",
            ),
            project_option,
        )
    ):
        command = option(command)
    return command


@click.group()
def ci() -> None:
    """CI files: preview a pull request, deploy what is merged, watch for drift, rotate keys.

    Each service user that deploys has jobs of its own; what reaches production waits for a person.
    """


@ci.command()
@_options
def github(**asked: Any) -> None:  # noqa: ANN401 -- click's options
    """Make `.github/workflows/iam-profiles-*.yml` from the model.

    Each identity's own GitHub environment is the one that its `reader` or `federation` names.
    """
    _give(github_files, **asked)


@ci.command()
@_options
def circleci(**asked: Any) -> None:  # noqa: ANN401 -- click's options
    """Make `.circleci/config.yml` from the model.

    Each identity's own context is called `iam-profiles-` and its name.
    """
    _give(circleci_files, **asked)


def _give(  # noqa: PLR0913 -- click hands each option over
    make: Callable[[Plan], dict[str, str]],
    *,
    write: bool,
    branch: str,
    role: str,
    preview_role: str,
    ignore: tuple[str, ...],
    project: Path,
) -> None:
    try:
        known = tuple(ArnPattern(pattern).text for pattern in ignore)
    except AccessError as error:
        raise click.UsageError(f"--ignore: {error}") from error
    profiles = load(project / "profiles")
    named = {
        str(account.name): profile_of(account.name, project)
        for account in profiles.organization.accounts
    }
    files = make(Plan.of(profiles, named, Roles(role, preview_role), branch, known))
    for path, text in files.items():
        if write:
            file = project / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
            say(f"written: {path}")
        else:
            click.echo(f"# {path}\n{text}")


@click.command()
@click.option(
    "--shards",
    type=click.IntRange(1, _JOBS),
    required=True,
    help="Into how many jobs the stacks are dealt; fewer where there are fewer stacks.",
)
@click.option("--identity", help="Only the stacks that this service user deploys.")
@_role_option
@profiles_option
def stacks(shards: int, identity: str | None, role: str, folder: Path) -> None:
    """Print a CI job matrix: the stacks, dealt into shards in the order they may be deployed.

    One line of JSON, as GitHub Actions' `matrix` takes it from a job's output. No shard has stacks
    of two identities. `needs_approval` marks those that reach production.
    """
    stages = stages_of(load(folder), role)
    chosen = [stage for stage in stages if identity in (None, stage.identity.name)]
    if not chosen:
        listed = ", ".join(f"`{stage.identity.name}`" for stage in stages)
        raise click.UsageError(f"`{identity}` deploys no stack; name one of {listed}")
    try:
        dealt = shards_of(chosen, shards)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    include = [
        {
            "shard": number,
            "identity": stage.identity.name,
            "needs_approval": stage.guarded,
            "stacks": list(names),
            "arguments": " ".join(f"--stack {name}" for name in names),
        }
        for number, (stage, names) in enumerate(dealt, 1)
    ]
    click.echo(json.dumps({"include": include}))
