"""The report as JSON: the documented, stable form."""

import json
from typing import Any

from pipeline.report import Report, StackReport


def values(report: Report) -> dict[str, Any]:
    """Return the report as JSON's values."""
    return {
        "format": "iam-profiles preview 1",
        "verdict": report.verdict,
        "changes": report.changed,
        "stacks": [_stack(stack) for stack in report.stacks],
        "access": [
            {**change.json(), "account_name": report.accounts.get(change.account)}
            for change in report.access
        ],
        "findings": [finding.json() for finding in report.findings],
        "rules": list(report.rules),
        "order": [list(stage) for stage in report.order],
        "seconds": {name: round(took, 3) for name, took in report.seconds.items()},
    }


def json_report(report: Report) -> str:
    """Return the report as a JSON document."""
    return json.dumps(values(report), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _stack(stack: StackReport) -> dict[str, Any]:
    outcome = stack.outcome
    return {
        "name": stack.name,
        "state": stack.state,
        "skipped": stack.skipped,
        "ok": outcome.ok,
        "changes": {name: number for name, number in sorted(outcome.changes.items()) if number},
        "resources": [
            {
                "operation": step.operation,
                "name": step.name,
                "type": step.type,
                "urn": step.urn,
            }
            for step in outcome.steps
        ],
        "errors": list(outcome.errors),
        "seconds": round(outcome.seconds, 3),
    }
