"""Settle creates that were under way when the engine died, so that none is left unrecorded.

The engine notes each create before it asks the provider for it. When it dies in between, the
resource may exist without being recorded, and the next update would fail on its name. Every
physical name comes from the model, so the id under which the resource would exist is known: it is
recorded under that id, and a refresh keeps it if it is there and drops it if it is not. What can
be asked for twice (attachments, memberships, a stored key) is left to the next update.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi.automation.errors import CommandError

from pipeline.errors import StackUnreadableError

if TYPE_CHECKING:
    from boto3 import Session

    from pipeline.command import EngineCommand
    from pipeline.job import StackJob

State = dict[str, Any]
"""One resource, or one deployment, as the engine exports it."""


@dataclass(frozen=True, slots=True)
class Provider:
    """The AWS provider of a resource, as far as an id depends on it."""

    inputs: State
    environment: Mapping[str, str]
    """The job's: it may say where AWS's configuration is."""

    @property
    def account(self) -> str:
        """The one account that it is pinned to."""
        allowed = self.inputs["allowedAccountIds"]
        return (json.loads(allowed) if isinstance(allowed, str) else allowed)[0]

    @property
    def session(self) -> Session:
        """A session with the provider's profile and region, and the job's configuration."""
        import botocore.session  # noqa: PLC0415 slow to load, and seldom needed
        from boto3 import Session  # noqa: PLC0415 likewise

        core = botocore.session.Session(profile=self.inputs.get("profile"))
        for variable, name in _CONFIGURATION.items():
            if name in self.environment:
                core.set_config_variable(variable, self.environment[name])
        return Session(botocore_session=core, region_name=self.inputs["region"])


_CONFIGURATION = {
    "config_file": "AWS_CONFIG_FILE",
    "credentials_file": "AWS_SHARED_CREDENTIALS_FILE",
}

_Find = Callable[[State, Provider], str]
"""From a resource's inputs and its provider to the id under which it would exist, or nothing."""


def settle_pending(job: StackJob, command: EngineCommand) -> tuple[str, ...]:
    """Record or drop each operation that was never finished; say what was done, in words.

    Raises:
        StackUnreadableError: the state cannot be exported, or not be imported again.
    """
    try:
        exported = _run(job, command, "stack", "export")
        state: State = json.loads(exported)
        deployment: State = state.get("deployment") or {}
        pending: list[State] = deployment.get("pending_operations") or []
        if not pending:
            return ()
        touched = {settle(deployment, operation, job.environment) for operation in pending}
        deployment["pending_operations"] = []
        _import(job, command, state)
        known = {resource["urn"] for resource in deployment["resources"]}
        targets = [f"--target={urn}" for urn in sorted(touched & known)]
        if targets:
            _run(job, command, "refresh", "--yes", "--skip-preview", *targets)
    except (CommandError, json.JSONDecodeError) as error:
        raise StackUnreadableError(
            job.stack,
            f"its unfinished operations could not be settled: {error}",
            "run `pulumi refresh`, and answer its questions about pending operations",
        ) from error
    return tuple(_describe(operation) for operation in pending)


def settle(deployment: State, operation: State, environment: Mapping[str, str]) -> str:
    """Record in the deployment what a pending create may have made; return the resource's URN."""
    resource: State = operation["resource"]
    urn: str = resource["urn"]
    find = _ID_BY_NAME.get(resource["type"])
    if operation["type"] != "creating" or find is None:
        return urn
    resources: list[State] = deployment["resources"]
    inputs: State = resource.get("inputs") or {}
    identity = find(inputs, Provider(_provider_of(resource, resources), environment))
    if not identity:
        return urn
    for index, known in enumerate(resources):
        if known["urn"] == urn:
            if known.get("id") == identity:
                return urn
            # A replacement: the old one goes once the new one is recorded, as the engine would.
            resources[index] = {**known, "delete": True}
    resources.append({**resource, "id": identity, "outputs": {**inputs}})
    return urn


def _provider_of(resource: State, resources: list[State]) -> State:
    """The inputs of the provider that the resource belongs to."""
    urn, _, _ = str(resource.get("provider", "")).rpartition("::")
    nothing: State = {}
    return next(
        (known.get("inputs") or nothing for known in resources if known["urn"] == urn), nothing
    )


def _name(inputs: State, _: Provider) -> str:
    return inputs["name"]


def _policy_arn(inputs: State, provider: Provider) -> str:
    partition = provider.session.get_partition_for_region(provider.inputs["region"])
    return f"arn:{partition}:iam::{provider.account}:policy{inputs['path']}{inputs['name']}"


def _secret_arn(inputs: State, provider: Provider) -> str:
    """Ask the store: a secret's ARN ends in six characters that the store chose."""
    from credentials.patience import READING  # noqa: PLC0415 as botocore

    client = provider.session.client("secretsmanager", config=READING)
    try:
        return client.describe_secret(SecretId=inputs["name"])["ARN"]
    except client.exceptions.ResourceNotFoundException:
        return ""


def _run(job: StackJob, command: EngineCommand, *arguments: str) -> str:
    """Run one engine command on the job's stack; return what it printed."""
    done = command.run([*arguments, "--stack", job.stack], str(job.project), job.environment)
    return done.stdout


def _import(job: StackJob, command: EngineCommand, state: State) -> None:
    """Make the edited state the stack's own; it holds no secret, so a file may carry it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "state.json"
        file.write_text(json.dumps(state), "utf-8")
        _run(job, command, "stack", "import", "--file", str(file))


def _describe(operation: State) -> str:
    name = str(operation["resource"]["urn"]).rpartition("::")[2]
    return f"settled `{name}`, which was {operation['type']} when the engine died"


_ID_BY_NAME: Mapping[str, _Find] = {
    "aws:iam/role:Role": _name,
    "aws:iam/user:User": _name,
    "aws:iam/group:Group": _name,
    "aws:iam/policy:Policy": _policy_arn,
    "aws:kms/alias:Alias": _name,
    "aws:secretsmanager/secret:Secret": _secret_arn,
}
