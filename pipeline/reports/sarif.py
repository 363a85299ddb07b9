"""The report as SARIF 2.1.0, for code scanning: each finding at the file of `profiles/`."""

import json
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from pipeline.findings import Finding
from pipeline.report import Report

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_ANYWHERE: Final = "profiles/organization.yaml"
"""Where what no single file says is shown: a result of code scanning needs a file."""


def sarif_report(report: Report) -> str:
    """Return the report as a SARIF document."""
    rules = list(dict.fromkeys(finding.rule for finding in report.findings))
    driver = {
        "name": "iam-profiles",
        "version": _version(),
        "rules": [
            {"id": rule, "shortDescription": {"text": rule.replace("_", " ")}} for rule in rules
        ],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": report.verdict != "failed"}],
        "results": [_result(one, rules.index(one.rule)) for one in report.findings],
    }
    whole = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _result(finding: Finding, index: int) -> dict[str, Any]:
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": finding.file or _ANYWHERE, "uriBaseId": "%SRCROOT%"}
        }
    }
    if finding.urn:
        place["logicalLocations"] = [{"fullyQualifiedName": finding.urn, "kind": "resource"}]
    found: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": "note" if finding.verdict == "noted" else "error",
        "message": {"text": finding.message},
        "locations": [place],
    }
    if finding.path:
        flow = [{"location": {"message": {"text": str(hop)}}} for hop in finding.path]
        found["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    return found


def _version() -> str:
    try:
        return version("iam-profiles")
    except PackageNotFoundError:
        return "0"
