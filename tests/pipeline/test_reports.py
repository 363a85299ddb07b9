"""The reports say the same in each form, and each form is as its readers want it."""

import json
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from jsonschema import Draft202012Validator

from access.verdict import Reason
from pipeline.access_diff import Change
from pipeline.findings import TOGETHER, Finding, file_of, of_violation
from pipeline.job import Outcome, Step, Violation
from pipeline.report import Report, StackReport
from pipeline.reports.as_json import json_report
from pipeline.reports.junit import junit_report
from pipeline.reports.markdown import markdown_report
from pipeline.reports.sarif import sarif_report
from tests.policies.worlds import profiles

URN = "urn:pulumi:prod::iam-profiles::iamprofiles:index:RoleSet$aws:iam/role:Role::AuditRole"
LEFT = "arn:aws:iam::111111111111:user/PlatformPeople/ana"
ROLE = "arn:aws:iam::444444444444:role/PlatformRoles/AuditRole"
POLICY = "arn:aws:iam::111111111111:policy/PlatformPolicies/auditors-assume-roles"
BECAUSE = (Reason("statement `AssumeRoles` allows it", f"policy `{POLICY}`", "AssumeRoles"),)
GROUP = "arn:aws:iam::111111111111:group/PlatformGroups/auditors"


def outcome(stack: str, **changed: Any) -> Outcome:
    plain = Outcome(stack, "preview", True, {"same": 3}, (), (), 1.25)  # noqa: FBT003 -- a table
    return replace(plain, **changed)


PROD = outcome(
    "prod",
    changes={"same": 35, "update": 1},
    steps=(Step(URN, "update"),),
)
PROVED = Report(
    verdict="proved",
    stacks=(
        StackReport(PROD, "digest-of-prod"),
        StackReport(outcome("state", seconds=0.0), "digest-of-state", skipped=True),
    ),
    access=(
        Change(LEFT, ROLE, "denied", "allowed", (GROUP,), BECAUSE),
        Change(LEFT, ROLE.replace("Audit", "Old"), "allowed", "denied", (GROUP,), BECAUSE),
    ),
    findings=(),
    rules=("nonprod/* never reaches prod",),
    order=(("state",), ("prod",)),
    seconds={"proof": 0.5, "all": 2.0},
    accounts={"111111111111": "state", "444444444444": "prod"},
)
REFUSED = replace(
    PROVED,
    verdict="refused",
    stacks=(
        StackReport(
            replace(
                PROD,
                ok=False,
                violations=(Violation("prod_isolation", URN, "open | to <all>", True),),  # noqa: FBT003 -- a table
            ),
            "digest-of-prod",
        ),
    ),
    findings=(
        Finding(
            "prod_isolation", "prod", "refused", "open | to <all>", URN, "profiles/roles/A.yaml"
        ),
        Finding(TOGETHER, "", "undecided", "whether is undecided\x00"),
        Finding(TOGETHER, "", "noted", "as deployed, it is open"),
    ),
    order=(),
)

HEADLINE = "changes; every isolation rule is proved, from what is deployed to what is planned"
MARKDOWN = f"""\
### ✅ iam-profiles: {HEADLINE}

#### Access

| | who may assume what | how |
| --- | --- | --- |
| + | ana may now assume AuditRole in prod | through auditors; statements AssumeRoles |
| - | ana may no longer assume OldRole in prod | through auditors; statements AssumeRoles |

#### Stacks

| stack | changes | seconds |
| --- | --- | ---: |
| prod | 1 update | 1.2 |
| state | no changes (skipped: nothing that it depends on has moved) | 0.0 |

<details><summary>prod: 1 update</summary>

- `~` update `AuditRole` (aws:iam/role:Role)

</details>

#### Proof

- Proved: `nonprod/* never reaches prod`
- Order: `state`, then `prod`
"""


def test_markdown_says_first_who_may_do_what() -> None:
    assert markdown_report(PROVED) == MARKDOWN


def test_markdown_of_a_refusal_begins_with_why_and_opens_no_html() -> None:
    text = markdown_report(REFUSED)
    assert text.index("#### Why not") < text.index("#### Access")
    assert "- **prod_isolation** (prod, profiles/roles/A.yaml): open \\| to &lt;all>" in text
    assert "#### Noted: wrong already, and not by this" in text


def test_what_a_law_says_and_what_breaks_it_are_one_sentence() -> None:
    said = Violation("prod_isolation", URN, "Classes never reach\nthe trust opens `prod`", True)  # noqa: FBT003 -- a table
    assert of_violation("prod", said, profiles()).message == (
        "Classes never reach: the trust opens `prod`"
    )


def test_markdown_fits_a_comment() -> None:
    long = replace(PROVED, access=PROVED.access * 1000)
    text = markdown_report(long)
    assert len(text) < 65_536
    assert text.endswith("cut here: the JSON report has all of it\n")


def test_json_has_the_documented_fields() -> None:
    report = json.loads(json_report(PROVED))
    assert sorted(report) == [
        *("access", "changes", "findings", "format", "order", "rules", "seconds", "stacks"),
        "verdict",
    ]
    assert report["format"] == "iam-profiles preview 1"
    [prod, state] = report["stacks"]
    assert prod["resources"] == [
        {"operation": "update", "name": "AuditRole", "type": "aws:iam/role:Role", "urn": URN}
    ]
    assert (prod["changes"], state["skipped"]) == ({"same": 35, "update": 1}, True)
    assert report["access"][0] == {
        "identity": LEFT,
        "role": ROLE,
        "account": "444444444444",
        "account_name": "prod",
        "before": "denied",
        "after": "allowed",
        "groups": [GROUP],
        "because": [
            {
                "policy": f"policy `{POLICY}`",
                "statement": "AssumeRoles",
                "why": "statement `AssumeRoles` allows it",
            }
        ],
    }


@pytest.mark.parametrize(("report", "failures"), [(PROVED, [0, 0, 0]), (REFUSED, [1, 1])])
def test_junit_counts_what_it_lists(report: Report, failures: list[int]) -> None:
    root = fromstring(junit_report(report))  # noqa: S314 -- our own
    assert root.tag == "testsuites"
    suites = list(root)
    assert [int(suite.get("failures", "")) for suite in suites] == failures
    for suite in suites:
        cases = suite.findall("testcase")
        assert len(cases) == int(suite.get("tests", ""))
        assert sum(1 for case in cases if case.find("failure") is not None) == int(
            suite.get("failures", "")
        )
        assert all(case.get("name") and case.get("classname") for case in cases)


def test_junit_shows_a_stack_that_failed_without_a_finding() -> None:
    failed = replace(PROD, ok=False, errors=("the provider is not there",))
    report = replace(PROVED, verdict="failed", stacks=(StackReport(failed, "x"),))
    [failure] = fromstring(junit_report(report)).iter("failure")  # noqa: S314 -- our own
    assert (failure.get("type"), failure.text) == ("failed", "the provider is not there")


SARIF = {
    "type": "object",
    "required": ["version", "runs", "$schema"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {"properties": {"driver": {"required": ["name", "rules"]}}},
                    "results": {
                        "items": {
                            "required": ["message", "ruleId", "level", "locations"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"required": ["text"]},
                                "locations": {
                                    "minItems": 1,
                                    "items": {
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {"required": ["artifactLocation"]}
                                        },
                                    },
                                },
                            },
                        }
                    },
                },
            },
        },
    },
}
"""What SARIF 2.1.0 and GitHub's code scanning require of what is written here."""


@pytest.mark.parametrize("report", [PROVED, REFUSED], ids=["proved", "refused"])
def test_sarif_has_what_its_schema_requires(report: Report) -> None:
    Draft202012Validator(SARIF).validate(json.loads(sarif_report(report)))


def test_sarif_puts_each_finding_at_its_file_and_resource() -> None:
    [run] = json.loads(sarif_report(REFUSED))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    first, second, noted = run["results"]
    [place] = first["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "profiles/roles/A.yaml"
    assert place["logicalLocations"] == [{"fullyQualifiedName": URN, "kind": "resource"}]
    assert [rules[one["ruleIndex"]] for one in run["results"]] == [
        one.rule for one in REFUSED.findings
    ]
    assert [one["level"] for one in (first, second, noted)] == ["error", "error", "note"]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("AuditRole", "profiles/roles/AuditRole.yaml"),
        ("ControlPlaneBaseRolePolicy2", "profiles/roles/ControlPlaneBaseRole.yaml"),
        ("payments-dev", "profiles/teams/payments.yaml"),
        ("payments-dev-assume-roles", "profiles/teams/payments.yaml"),
        ("boundaries", None),
    ],
)
def test_a_resource_is_found_in_profiles(name: str, file: str | None) -> None:
    assert file_of(f"urn:pulumi:prod::iam-profiles::aws:iam/role:Role::{name}", profiles()) == file
