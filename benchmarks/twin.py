"""The plain twin of a stack: a program that registers the same resources, and nothing else.

Same types, same inputs, one after the other, as deployed; no components, no model, no policy pack.
What the engine and the providers take for it is what the resources cost, whoever declares them.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.deploy import ROOT, Engine

_PROJECT: Final = "twin"
_PROGRAM: Final = '''"""What resources.json has for this stack, registered, and nothing else."""
import json
from pathlib import Path

import pulumi
import pulumi_aws as aws

declared = json.loads(Path(f"{pulumi.get_stack()}.resources.json").read_text("utf-8"))


class Registered(pulumi.CustomResource):
    """A resource of any type."""


class Provider(pulumi.ProviderResource):
    """A provider of any type but AWS."""


def provider(type_, name, inputs):
    if type_ != "pulumi:providers:aws":
        return Provider(type_.rpartition(":")[2], name, inputs)
    read = {key: json.loads(inputs[key]) for key in ("allowedAccountIds", "defaultTags")}
    return aws.Provider(
        name,
        region=inputs["region"],
        profile=inputs["profile"],
        allowed_account_ids=read["allowedAccountIds"],
        default_tags=read["defaultTags"],
        **({"max_retries": int(inputs["maxRetries"])} if "maxRetries" in inputs else {}),
    )


providers = {name: provider(type_, name, inputs) for type_, name, inputs in declared["providers"]}
for type_, name, inputs, given in declared["resources"]:
    Registered(type_, name, inputs, pulumi.ResourceOptions(provider=providers[given]))
'''


def twin_project(folder: Path, ours: Path) -> Path:
    """Write the program that is the twin of every stack of our project."""
    folder.mkdir()
    (folder / "__main__.py").write_text(_PROGRAM, "utf-8")
    keys = {"name": "iamprofiles", "path": str(ours / "credentials" / "provider")}
    settings = {
        "name": _PROJECT,
        "runtime": {"name": "python", "options": {"virtualenv": str(ROOT / ".venv")}},
        "plugins": {"providers": [keys]},
    }
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    return folder


def make_twin(twins: Engine, ours: Engine, stack: str) -> None:
    """Give a deployed stack of ours its twin: the same resources, deployed according to its state.

    A preview of it that would change anything is none of the same, and ends the run.
    """
    exported = ours.said("stack", "export", "--stack", stack)
    shutil.copyfile(ours.project / f"Pulumi.{stack}.yaml", twins.project / f"Pulumi.{stack}.yaml")
    state: dict[str, Any] = json.loads(exported)
    found = state["deployment"]["resources"]
    named = {
        one["urn"]: f"{index:03}-{one['urn'].rpartition('::')[2]}"
        for index, one in enumerate(found)
    }
    kept = [one for one in found if one["custom"] or one["type"] == "pulumi:pulumi:Stack"]
    renamed = {one["urn"]: _urn(stack, one["type"], named[one["urn"]]) for one in kept}
    state["deployment"]["resources"] = [_moved(one, stack, renamed) for one in kept]
    declared = {
        "providers": [
            (one["type"], named[one["urn"]], _inputs(one)) for one in kept if _provides(one)
        ],
        "resources": [
            (
                one["type"],
                named[one["urn"]],
                _inputs(one),
                named[one["provider"].rpartition("::")[0]],
            )
            for one in kept
            if one["custom"] and not _provides(one)
        ],
    }
    (twins.project / f"{stack}.resources.json").write_text(json.dumps(declared), "utf-8")
    file = twins.project / f"{stack}.state.json"
    file.write_text(json.dumps(state), "utf-8")
    twins("stack", "init", "--no-select", stack)
    twins("stack", "import", "--stack", stack, "--file", str(file))
    twins("preview", "--stack", stack, "--expect-no-changes")


def _urn(stack: str, type_: str, name: str) -> str:
    name = f"{_PROJECT}-{stack}" if type_ == "pulumi:pulumi:Stack" else name
    return f"urn:pulumi:{stack}::{_PROJECT}::{type_}::{name}"


def _provides(resource: Mapping[str, Any]) -> bool:
    return resource["type"].startswith("pulumi:providers:")


def _inputs(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in resource.get("inputs", {}).items() if not key.startswith("__")}


def _moved(resource: Mapping[str, Any], stack: str, renamed: Mapping[str, str]) -> dict[str, Any]:
    """The resource's state as the twin's program would have left it."""
    kept = ("custom", "id", "type", "inputs", "outputs", "created", "modified")
    moved = {key: resource[key] for key in kept if key in resource}
    moved["urn"] = renamed[resource["urn"]]
    if resource["custom"]:
        moved["parent"] = _urn(stack, "pulumi:pulumi:Stack", "")
    else:
        moved["outputs"] = {}
    if provider := resource.get("provider"):
        urn, _, id_ = provider.rpartition("::")
        moved["provider"] = f"{renamed[urn]}::{id_}"
    return moved
