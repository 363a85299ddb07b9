"""The reports of drift: the verdict first, each difference at its file, each form valid."""

import json
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from access.prove import Proofs, Refuted, Result, Undecided
from access.rule import Rule
from pipeline.drift.beside import Unread
from pipeline.drift.compare import Change, Difference
from pipeline.drift.inventory import Item, Kind
from pipeline.drift.refresh import Moved
from pipeline.drift.report import (
    Drift,
    json_report,
    junit_report,
    markdown_report,
    sarif_report,
)
from pipeline.job import Outcome
from tests.policies.worlds import profiles

ROLE = "arn:aws:iam::444444444444:role/PlatformRoles/AuditRole"
URN = "urn:pulumi:prod::iam-profiles::aws:iam/role:Role::AuditRole"
CHANGED = Difference("prod", Change.CHANGED, Item(ROLE, Kind.TRUST), "{}", "[]", ("<b>",), None)
UNKNOWN = replace(CHANGED, change=Change.UNKNOWN, found=None)
RULE = Rule.of(("arn:aws:iam::111111111111:user/*",), (ROLE,))
REFUTED = Refuted(RULE, (), ROLE)
UNDECIDED = Undecided(RULE, ("nobody knows",))
UNREAD = Unread("prod", Kind.SECRET, "AccessDenied")
SAME = Outcome("prod", "preview", True, {}, (), (), 1.0)  # noqa: FBT003 -- a table
MOVED = replace(SAME, steps=(Moved(URN, "update", ("assumeRolePolicy",)),))
UNREFRESHED = replace(SAME, ok=False, errors=("AccessDenied",))


def drift(
    *differences: Difference,
    left: tuple[str, ...] = (),
    proofs: tuple[Result, ...] = (),
    unread: tuple[Unread, ...] = (),
    refreshed: tuple[Outcome, ...] | None = None,
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
        unread,
        refreshed,
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
        (drift(refreshed=(SAME,)), "proved"),
        (drift(refreshed=(SAME, MOVED)), "refused"),
        (drift(refreshed=(UNREFRESHED,)), "failed"),
        (drift(unread=(UNREAD,)), "failed"),
        (drift(unread=(UNREAD,), proofs=(UNDECIDED,)), "failed"),
        (drift(CHANGED, unread=(UNREAD,)), "refused"),
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


def test_what_was_not_read_is_told_in_every_form_and_nothing_is_as_deployed() -> None:
    found = drift(unread=(UNREAD,), refreshed=(UNREFRESHED,))
    assert found.headline.startswith(
        "what could be read is as it was deployed; 2 things could not be read; "
    )
    assert "whether any secret drifted in account `prod` is not known" in markdown_report(found)
    assert 'executionSuccessful": false' in sarif_report(found)
    failures = list(fromstring(junit_report(found)).iter("failure"))  # noqa: S314 -- our own
    assert len(failures) == 2


def test_what_the_engine_finds_is_told_by_resource_and_property() -> None:
    found = drift(refreshed=(MOVED,))
    assert "; the engine finds 1 resource changed; " in found.headline
    said = "`AuditRole` (aws:iam/role:Role) has another `assumeRolePolicy`"
    assert f"- **refreshed**: {said}" in markdown_report(found)
    [finding] = found.findings
    assert (finding.rule, finding.urn, finding.file) == (
        "drift_refreshed",
        URN,
        "profiles/roles/AuditRole.yaml",
    )


def test_json_has_the_documented_fields() -> None:
    report = json.loads(json_report(drift(CHANGED)))
    assert sorted(report) == [
        *("accounts", "differences", "findings", "format", "proof", "refreshed", "rules"),
        *("seconds", "unfinished", "unread", "verdict", "waiting"),
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
