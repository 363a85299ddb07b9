"""CircleCI's own JSON schema, and what its reference says beyond it about what we use.

The schema, as `check-jsonschema` carries it, lets through unknown steps, unknown keys of a
workflow's entries and jobs that do not exist; CircleCI does not.

Source: https://circleci.com/docs/reference/configuration-reference/
"""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from jsonschema import Draft7Validator

_SCHEMA = files("check_jsonschema") / "builtin_schemas" / "vendor" / "circle-ci.json"

_STEPS: dict[str, tuple[set[str], set[str]]] = {
    "run": ({"command"}, {"name", "when", "environment", "working_directory"}),
    "persist_to_workspace": ({"root", "paths"}, set()),
    "attach_workspace": ({"at"}, set()),
    "store_artifacts": ({"path"}, {"destination"}),
    "store_test_results": ({"path"}, set()),
}
"""`{step: (what it needs, what it may have)}`."""
_ENTRY = {"context", "requires", "filters", "type"}
_CRON = re.compile(r"[\d*,/-]+( [\d*,/-]+){4}")


def problems_of(document: dict[str, Any]) -> list[str]:
    """Return what breaks the schema or a rule of the reference."""
    return [*by_schema(document), *_by_reference(document)]


def by_schema(document: dict[str, Any]) -> list[str]:
    """Return what breaks CircleCI's schema."""
    validator = Draft7Validator(json.loads(_SCHEMA.read_text("utf-8")))
    return [f"{one.json_path}: {one.message}" for one in validator.iter_errors(document)]


def _by_reference(document: dict[str, Any]) -> list[str]:
    return [
        *_keys("the file", document, {"version", "jobs", "workflows"}, set()),
        *([] if document["version"] == 2.1 else ["version"]),
        *(text for name, job in document["jobs"].items() for text in _job(name, job)),
        *(
            text
            for name, workflow in document["workflows"].items()
            for text in _workflow(name, workflow, set(document["jobs"]))
        ),
    ]


def _keys(where: str, value: Any, needed: set[str], allowed: set[str]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no mapping"
    else:
        yield from (f"{where} lacks {key}" for key in needed - set(value))
        yield from (f"{where} knows no {key}" for key in set(value) - needed - allowed)


def _job(name: str, job: dict[str, Any]) -> Iterator[str]:
    yield from _keys(name, job, {"docker", "steps"}, {"environment", "parallelism"})
    for image in job.get("docker", []):
        yield from _keys(f"{name} docker", image, {"image"}, set())
    for step in job["steps"]:
        if step == "checkout":
            continue
        for kind, said in step.items():
            if kind not in _STEPS:
                yield f"{name}: no step is called {kind}"
                continue
            needed, allowed = _STEPS[kind]
            yield from _keys(f"{name} {kind}", said, needed, allowed)
            if kind == "run" and said.get("when", "on_success") not in {
                "always",
                "on_success",
                "on_fail",
            }:
                yield f"{name}: when"


def _workflow(name: str, workflow: dict[str, Any], jobs: set[str]) -> Iterator[str]:
    yield from _keys(name, workflow, {"jobs"}, {"triggers"})
    for trigger in workflow.get("triggers", []):
        schedule = trigger["schedule"]
        yield from _keys(f"{name} schedule", schedule, {"cron", "filters"}, set())
        if not _CRON.fullmatch(schedule["cron"]):
            yield f"{name}: cron"
    before: set[str] = set()
    for entry in workflow["jobs"]:
        for job, said in entry.items():
            yield from _keys(f"{name} {job}", said, set(), _ENTRY)
            if said.get("type", "approval") != "approval":
                yield f"{name} {job}: type"
            if ("type" in said) == (job in jobs):
                yield f"{name}: {job} is no job, or is one and an approval"
            yield from (f"{job} requires {one}" for one in set(said.get("requires", [])) - before)
            before.add(job)
