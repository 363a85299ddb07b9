"""The reports of drift: the verdict first, each difference at its file, each form valid."""

import json
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from access.prove import Proofs, Refuted, Result, Undecided
from access.rule import Rule
from pipeline.drift.compare import Change, Difference
from pipeline.drift.inventory import Item, Kind
from pipeline.drift.report import (
    Drift,
    json_report,
    junit_report,
    markdown_report,
    sarif_report,
)
from tests.policies.worlds import profiles

ROLE = "arn:aws:iam::444444444444:role/PlatformRoles/AuditRole"
URN = "urn:pulumi:prod::iam-profiles::aws:iam/role:Role::AuditRole"
CHANGED = Difference("prod", Change.CHANGED, Item(ROLE, Kind.TRUST), "{}", "[]", ("<b>",), None)
UNKNOWN = replace(CHANGED, change=Change.UNKNOWN, found=None)
RULE = Rule.of(("arn:aws:iam::111111111111:user/*",), (ROLE,))
REFUTED = Refuted(RULE, (), ROLE)
UNDECIDED = Undecided(RULE, ("nobody knows",))


def drift(
    *differences: Difference, left: tuple[str, ...] = (), proofs: tuple[Result, ...] = ()
) -> Drift:
    return Drift(
        profiles(),
        {"state": "111111111111", "prod": "444444444444"},
        differences,
        {"state": (), "prod": (Item(ROLE, Kind.ROLE),)},
        left,
        {ROLE: URN},
        Proofs(proofs, "world", "catalogue"),
        {"all": 1.0},
    )


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (drift(), "proved"),
        (drift(CHANGED), "refused"),
        (drift(UNKNOWN), "undecided"),
        (drift(UNKNOWN, CHANGED), "refused"),
        (drift(left=("prod",)), "undecided"),
        (drift(proofs=(REFUTED,)), "refused"),
        (drift(proofs=(UNDECIDED,)), "undecided"),
        (drift(proofs=(UNDECIDED, REFUTED)), "refused"),
        (drift(CHANGED, proofs=(UNDECIDED,)), "refused"),
    ],
)
def test_whatever_is_not_well_counts_and_what_is_sure_counts_most(
    found: Drift, verdict: str
) -> None:
    assert found.verdict == verdict
    assert json.loads(json_report(found))["verdict"] == verdict


def test_a_difference_is_found_at_its_file_and_resource() -> None:
    [run] = json.loads(sarif_report(drift(CHANGED)))["runs"]
    [result] = run["results"]
    [place] = result["locations"]
    assert result["ruleId"] == "drift_changed"
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "profiles/roles/AuditRole.yaml"
    assert place["logicalLocations"][0]["fullyQualifiedName"] == URN


def test_markdown_says_by_account_what_is_otherwise_and_opens_no_html() -> None:
    text = markdown_report(drift(CHANGED, proofs=(REFUTED,)))
    assert text.startswith("### ❌ iam-profiles drift: 1 difference from what is declared; ")
    assert f"- **changed**: trust policy of `{ROLE}` was changed; &lt;b>; " in text
    assert "#### state: 0 differences" in text
    assert "- 1 declared thing not deployed yet" in text
    assert "- **refused**: " in text


def test_markdown_fits_a_comment() -> None:
    text = markdown_report(drift(*[CHANGED] * 1000))
    assert len(text) < 65_536
    assert text.endswith("cut here: the JSON report has all of it\n")


def test_junit_counts_what_it_lists() -> None:
    odd = replace(CHANGED, details=("\x00",))
    root = fromstring(junit_report(drift(CHANGED, odd, left=("state",), proofs=(UNDECIDED,))))  # noqa: S314 -- our own
    counts = {suite.get("name"): suite.get("failures") for suite in root}
    assert counts == {"state": "1", "prod": "2", "all accounts": "1"}
    assert [len(suite.findall("testcase/failure")) for suite in root] == [1, 2, 1]


def test_json_has_the_documented_fields() -> None:
    report = json.loads(json_report(drift(CHANGED)))
    assert sorted(report) == [
        *("accounts", "differences", "findings", "format", "proof", "rules", "seconds"),
        *("unfinished", "verdict", "waiting"),
    ]
    assert report["differences"] == [
        {
            "account": "prod",
            "change": "changed",
            "kind": "trust policy",
            "arn": ROLE,
            "name": None,
            "recorded": "{}",
            "found": "[]",
            "details": ["<b>"],
            "as_modelled": None,
        }
    ]
