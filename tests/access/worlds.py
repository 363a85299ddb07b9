"""From the tables in `cases/` to requests, policies and verdicts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from access.context import Context
from access.decide import Policies
from access.document import PolicyDocument, parse
from access.principal import Caller
from access.request import Request

CASES = Path(__file__).parent / "cases"


def tables(*names: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each table by its name, as YAML reads it."""
    for name in names:
        yield name, yaml.safe_load((CASES / f"{name}.yaml").read_text())


def decisions(*names: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each case of these tables, completed by the table's defaults and policies."""
    for name, table in tables(*names):
        for case in table["cases"]:
            whole = {**table.get("defaults", {}), **case, "policies": table.get("policies", {})}
            yield f"{name}: {case['name']}", whole


def request(case: dict[str, Any]) -> Request:
    context = Context() if "context" not in case else Context.of(_texts(case["context"]))
    return Request(
        caller(case["caller"]), case["action"], case["resource"], case["account"], context
    )


def policies(case: dict[str, Any]) -> Policies:
    def one(reference: object, title: str) -> PolicyDocument:
        named = isinstance(reference, str)
        return document(
            case["policies"][reference] if named else reference, reference if named else title
        )

    def some(key: str) -> tuple[PolicyDocument, ...] | None:
        return None if key not in case else tuple(one(entry, key) for entry in case[key])

    def single(key: str) -> PolicyDocument | None:
        return None if key not in case else one(case[key], key)

    return Policies(
        identity=some("identity") or (),
        boundary=single("boundary"),
        session=some("session"),
        resource=single("trust") or single("resource_policy"),
        scps=tuple(tuple(one(entry, "SCP") for entry in level) for level in case.get("scps", [])),
        rcps=tuple(tuple(one(entry, "RCP") for entry in level) for level in case.get("rcps", [])),
    )


def document(written: Any, name: str = "policy") -> PolicyDocument:
    """Return the policy of these statements, of the current version unless it says otherwise."""
    if isinstance(written, dict) and "Statement" in written:
        return parse(written, name=name)
    return parse({"Version": "2012-10-17", "Statement": written}, name=name)


def caller(written: Any) -> Caller:
    if isinstance(written, str):
        return Caller.of(written)
    if "service" in written:
        return Caller.service(written["service"])
    if "federated" in written:
        return Caller.federated(written["federated"])
    if "session" in written:
        return Caller.session_of(written["role"], written["session"], unique_id=written.get("id"))
    return Caller.of(written["arn"], unique_id=written.get("id"))


def _texts(context: dict[str, Any]) -> dict[str, str | tuple[str, ...]]:
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in context.items()
    }
