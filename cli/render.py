"""`iam-profiles render`: the IAM documents that one account's stack declares."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import click

from cli.options import format_option, profiles_option
from cli.output import print_json
from iam_profiles.documents import AccountDocuments
from iam_profiles.load import load
from iam_profiles.names import AccountName
from iam_profiles.render import render as render_account


@click.command()
@click.argument("account")
@profiles_option
@format_option
def render(account: str, folder: Path, form: str) -> None:
    """Show every IAM document of ACCOUNT, as it would be deployed there."""
    documents = render_account(load(folder), AccountName(account))
    if form == "json":
        print_json(_plain(documents))
        return
    _show(documents)


def _plain(value: Any) -> Any:  # noqa: ANN401 any field of the documents, down to JSON
    """The documents as JSON values; a policy document becomes the object that it spells."""
    if dataclasses.is_dataclass(value):
        names = (field.name for field in dataclasses.fields(value))
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, str) and value.startswith("{"):
        return json.loads(value)
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value)
        return {name: _plain(item) for name, item in fields.items()}
    return value if value is None or isinstance(value, int | str) else value.model_dump()


def _show(documents: AccountDocuments) -> None:
    for boundary in documents.boundaries:
        _section(f"boundary {boundary.arn}", boundary.document)
    for role in documents.roles:
        _section(f"role {role.arn}: trust", role.trust)
        for policy in role.policies:
            _section(f"role {role.arn}: {policy.name}", policy.document)
        for arn in role.managed_policy_arns:
            click.secho(f"# role {role.arn}: AWS-managed {arn}\n", bold=True)
    for group in documents.groups:
        for policy in group.policies:
            _section(
                f"group {group.name} ({', '.join(group.members)}): {policy.name}", policy.document
            )


def _section(title: str, document: str) -> None:
    click.secho(f"# {title}", bold=True)
    click.echo(json.dumps(json.loads(document), indent=2) + "\n")
