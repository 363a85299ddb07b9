"""Adoption by the engine: import what is there, record what AWS is not asked for, and preview.

The engine itself says what it would create (`pulumi preview --import-file`): names, parents and
the provider are the program's own. What is in the account already gets its id, and `pulumi import`
reads it into the state; nothing in AWS changes by it.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from pulumi.automation import Stack
from pulumi.automation.errors import CommandError
from pulumi.automation.events import EngineEvent
from typing_extensions import override

from pipeline.adopt.counterparts import ALIAS, KEY, MEMBERSHIP, RECORDED, Counterparts
from pipeline.command import EngineCommand
from pipeline.errors import PipelineError
from pipeline.job import StackJob, Step
from pipeline.listener import Listener
from pipeline.operate import open_stack

_IMPORT: Final = ("--yes", "--skip-preview", "--generate-code=false", "--protect=false")
_LOCKED: Final = "currently locked by"


@dataclass(frozen=True, slots=True)
class Import:
    """One resource of the program that is there already."""

    type: str
    name: str
    id: str

    def json(self) -> dict[str, str]:
        """Return it as JSON's values."""
        return {"type": self.type, "name": self.name, "id": self.id}


@dataclass(frozen=True, slots=True)
class Imports:
    """What of one stack is to be imported.

    Attributes:
        file: what `pulumi import --file` takes; "" if there is nothing to import.
        steps: what an update would do without the imports.
    """

    stack: str
    imports: tuple[Import, ...]
    file: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Adopted:
    """What came of one stack.

    Attributes:
        recorded: the resources of which only the state had to learn something.
        left: what an update would still do; the certificate is that there is nothing.
    """

    stack: str
    imports: tuple[Import, ...]
    recorded: tuple[Step, ...]
    left: tuple[Step, ...]

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "stack": self.stack,
            "imported": [one.json() for one in self.imports],
            "recorded": [_json(step) for step in self.recorded],
            "left": [_json(step) for step in self.left],
            "clean": not self.left,
        }


def imports_of(job: StackJob, command: EngineCommand, there: Counterparts) -> Imports:
    """Return what is to be imported, by a preview of the program.

    Raises:
        PipelineError: the stack cannot be previewed.
    """
    planned = _Planned()
    with tempfile.TemporaryDirectory(prefix="iam-profiles-imports-") as folder:
        path = Path(folder) / "imports.json"
        _preview(job, open_stack(job, command), planned, import_file=str(path))
        file: dict[str, Any] = json.loads(path.read_text("utf-8"))
    specs = cast("list[dict[str, Any]]", file.get("resources") or [])
    ids = {
        str(spec["name"]): id_
        for spec in specs
        if not spec.get("component")
        and (id_ := _id(there, planned, spec["type"], _logical(spec))) is not None
    }
    # Components are no more than their names: all of them come along, or a preview would make them.
    kept = [
        {**spec, **({"id": ids[spec["name"]]} if spec["name"] in ids else {})}
        for spec in specs
        if spec["name"] in ids or spec.get("component")
    ]
    imports = tuple(
        sorted(
            (
                Import(spec["type"], _logical(spec), spec["id"])
                for spec in kept
                if not spec.get("component")
            ),
            key=lambda one: (one.type, one.name),
        )
    )
    text = json.dumps(_rooted(file, kept, planned), indent=2, sort_keys=True) + "\n"
    return Imports(job.stack, imports, text if imports else "", _sorted(planned.steps))


def adopt(job: StackJob, command: EngineCommand, there: Counterparts, imports: Imports) -> Adopted:
    """Import, record, and return what a preview of the program still says.

    Raises:
        PipelineError: an import failed; what was imported is in the state, and a later run goes on.
    """
    if imports.imports:
        _import(job, command, imports)
    elif not imports.steps:
        return Adopted(job.stack, (), (), ())
    stack = open_stack(job, command, known=True)
    planned, recorded = _Planned(), ()
    with tempfile.TemporaryDirectory(prefix="iam-profiles-plan-") as folder:
        plan = str(Path(folder) / "plan.json")
        _preview(job, stack, planned, plan=plan)
        # All or nothing: what changes AWS as well waits for an update that is approved.
        if planned.steps and all(_only_recorded(planned, step, there) for step in planned.steps):
            recorded = _sorted(planned.steps)
            _record(job, stack, plan)
    if recorded:
        planned = _Planned()
        _preview(job, stack, planned)
    return Adopted(job.stack, imports.imports, recorded, _sorted(planned.steps))


def _import(job: StackJob, command: EngineCommand, imports: Imports) -> None:
    with tempfile.TemporaryDirectory(prefix="iam-profiles-imports-") as folder:
        file = Path(folder) / "imports.json"
        file.write_text(imports.file, encoding="utf-8")
        arguments = ["import", "--stack", job.stack, "--file", str(file), *_IMPORT]
        try:
            command.run(arguments, str(job.project), job.environment)
        except CommandError as error:
            raise _failed(job, error) from error


class _Planned(Listener):
    """A preview: what would be done, with which inputs, and where it differs."""

    def __init__(self) -> None:
        super().__init__()
        self.differs: dict[str, frozenset[str]] = {}
        self.parents: dict[str, str] = {}

    @override
    def __call__(self, event: EngineEvent) -> None:
        """Take one event."""
        super().__call__(event)
        if event.resource_pre_event:
            step = event.resource_pre_event.metadata
            keys = [*(step.diffs or ()), *(step.detailed_diff or ())]
            self.differs[step.urn] = frozenset(key.split(".")[0].split("[")[0] for key in keys)
            if step.new and step.new.parent:
                self.parents[step.urn] = step.new.parent

    def inputs(self, urn: str) -> Mapping[str, Any]:
        """Return what a resource would be given."""
        return self._planned[urn]["inputs"] if urn in self._planned else {}

    def urn(self, type_: str, name: str) -> str:
        """Return the URN of a resource by its type and name; "" if there is none."""
        ending = f"{type_}::{name}"
        found = (urn for urn in self._planned if urn.endswith((f"::{ending}", f"${ending}")))
        return next(found, "")


def _preview(job: StackJob, stack: Stack, planned: _Planned, **more: Any) -> None:  # noqa: ANN401 -- the SDK's options
    try:
        stack.preview(color="never", on_event=planned, **more)
    except (CommandError, RuntimeError) as error:  # the SDK's, for an engine that said no end
        raise _failed(job, error, planned.errors) from error
    if not planned.ended:
        raise PipelineError(
            job.stack, "the engine ended without saying what it would do", "run this again"
        )


def _record(job: StackJob, stack: Stack, plan: str) -> None:
    """Carry out exactly the plan."""
    try:
        stack.up(plan=plan, color="never", show_secrets=False)
    except (CommandError, RuntimeError) as error:  # likewise
        raise _failed(job, error) from error


def _only_recorded(planned: _Planned, step: Step, there: Counterparts) -> bool:
    """Whether a step changes what the state says, and nothing in AWS."""
    if step.operation == "create":
        return step.type == MEMBERSHIP and there.has_members(planned.inputs(step.urn))
    differs = planned.differs.get(step.urn, frozenset())
    return (
        step.operation == "update"
        and bool(differs)
        and differs <= RECORDED.get(step.type, frozenset())
    )


def _rooted(
    file: Mapping[str, Any], kept: list[dict[str, Any]], planned: _Planned
) -> dict[str, Any]:
    """Return the file with these resources, of which each parent is named so that it is found.

    The engine names a parent that the state has already, after an import that was not finished, by
    its bare name; that may be the name of something else in the file, such as its own child.
    """
    named = {planned.urn(spec["type"], _logical(spec)): spec["name"] for spec in kept}
    table: dict[str, str] = dict(file.get("nameTable") or {})
    resources: list[dict[str, Any]] = []
    for spec in kept:
        parent = planned.parents.get(planned.urn(spec["type"], _logical(spec)))
        if spec.get("parent") and parent:
            if parent not in named:
                table[parent] = parent
            spec = {**spec, "parent": named.get(parent, parent)}  # noqa: PLW2901 -- a copy of it
        resources.append(spec)
    return {**file, "nameTable": table, "resources": resources}


def _id(there: Counterparts, planned: _Planned, type_: str, name: str) -> str | None:
    if type_ == KEY:  # which has no name but its alias
        alias = planned.inputs(planned.urn(ALIAS, name)).get("name")
        return there.others.get((KEY, str(alias)))
    return there.of(type_, planned.inputs(planned.urn(type_, name)))


def _logical(spec: Mapping[str, Any]) -> str:
    return str(spec.get("logicalName") or spec["name"])


def _failed(job: StackJob, error: Exception, said: list[str] | None = None) -> PipelineError:
    lines = [line.partition("error:")[2].strip() for line in str(error).splitlines()]
    found = "; ".join(dict.fromkeys(filter(None, said or lines))) or "the engine failed"
    remedy = "mend that, and run this again: it goes on"
    if _LOCKED in found:
        remedy = f"wait for whoever is at work, or run `iam-profiles repair --stack {job.stack}`"
    return PipelineError(job.stack, found, remedy)


def _sorted(steps: list[Step]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: step.urn))


def _json(step: Step) -> dict[str, str]:
    return {"operation": step.operation, "type": step.type, "name": step.name, "urn": step.urn}
