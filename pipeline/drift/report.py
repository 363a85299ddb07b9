"""What came of a search for drift: its verdict, and its reports."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from access.prove import Answer, Proof, Proofs
from iam_profiles.model import Profiles
from pipeline.bundle import Verdict
from pipeline.drift.compare import Change, Difference
from pipeline.drift.inventory import Item
from pipeline.findings import TOGETHER, Finding, file_of, of_broken
from pipeline.report import Report
from pipeline.reports.sarif import sarif_report as any_sarif
from pipeline.reports.words import count, fitted
from policies.rollout import SHUT, Broken

UNFINISHED: Final = "drift_unfinished"
_AS_IT_IS: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Drift:
    """What is otherwise than declared, and the proof over what is really there.

    Attributes:
        accounts: `{name: id}` of those that were compared; the proof is over all.
        waiting: `{account: what `profiles/` says otherwise than the stack's state}`.
        unfinished: the accounts whose stack was left in the middle of an update.
        urns: `{ARN: URN}` of what the stacks have.
    """

    profiles: Profiles
    accounts: Mapping[str, str]
    differences: tuple[Difference, ...]
    waiting: Mapping[str, tuple[Item, ...]]
    unfinished: tuple[str, ...]
    urns: Mapping[str, str]
    proofs: Proofs
    seconds: Mapping[str, float]

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict: `refused` if anything drifted or a rule is broken."""
        found = {one.verdict for one in self.findings}
        return (
            "refused" if "refused" in found else "undecided" if "undecided" in found else "proved"
        )

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Each difference, and each other reason, as a finding."""
        return (*(self._finding(one) for one in self.differences), *self.reasons)

    @cached_property
    def reasons(self) -> tuple[Finding, ...]:
        """What else is not well: states that tell but a half, and rules that are not proved."""
        broken = [
            Broken(one, SHUT, _AS_IT_IS)
            for one in self.proofs.results
            if not isinstance(one, Proof)
        ]
        return (
            *(Finding(UNFINISHED, name, "undecided", _left(name)) for name in self.unfinished),
            *of_broken(broken, self.urns, self.profiles),
        )

    @property
    def headline(self) -> str:
        """The whole in one sentence."""
        drifted = (
            f"{count(len(self.differences), 'difference')} from what is declared"
            if self.differences
            else "everything is as it was deployed"
        )
        proof = {
            "proved": "every isolation rule is proved over what is there",
            "refuted": "an isolation rule is broken by what is there",
            "undecided": "whether the isolation rules hold is undecided",
        }
        return f"{drifted}; {proof[self.proofs.answer.value]}"

    @property
    def rules(self) -> tuple[str, ...]:
        """The isolation rules in words."""
        return tuple(str(one.rule) for one in self.proofs.results)

    def _finding(self, one: Difference) -> Finding:
        urn = self.urns.get(one.item.of)
        verdict = "undecided" if one.change is Change.UNKNOWN else "refused"
        file = file_of(urn, self.profiles)
        return Finding(f"drift_{one.change}", one.account, verdict, str(one), urn, file)


def json_report(drift: Drift) -> str:
    """Return the report as JSON: the documented, stable form."""
    values: dict[str, Any] = {
        "format": "iam-profiles drift 1",
        "verdict": drift.verdict,
        "accounts": dict(drift.accounts),
        "differences": [one.json() for one in drift.differences],
        "waiting": {
            name: [
                {"kind": item.kind.value, "arn": item.of, "name": item.name or None}
                for item in items
            ]
            for name, items in drift.waiting.items()
        },
        "unfinished": list(drift.unfinished),
        "findings": [one.json() for one in drift.findings],
        "rules": list(drift.rules),
        "proof": drift.proofs.answer.value,
        "seconds": {name: round(took, 3) for name, took in drift.seconds.items()},
    }
    return json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def sarif_report(drift: Drift) -> str:
    """Return the findings as SARIF 2.1.0."""
    names = {id_: name for name, id_ in drift.accounts.items()}
    rules, seconds = drift.rules, drift.seconds
    return any_sarif(Report(drift.verdict, (), (), drift.findings, rules, (), seconds, names))


def markdown_report(drift: Drift) -> str:
    """Return the report as Markdown; what does not fit a comment is cut, and says so."""
    return fitted("\n".join(_markdown(drift)) + "\n")


def _markdown(drift: Drift) -> Iterator[str]:
    mark = {"proved": "✅", "refused": "❌", "undecided": "❔"}[drift.verdict]
    yield f"### {mark} iam-profiles drift: {drift.headline}\n"
    for name in drift.accounts:
        told = [one for one in drift.differences if one.account == name]
        yield f"#### {name}: {count(len(told), 'difference')}\n"
        yield from (f"- **{one.change}**: {_escaped(str(one))}" for one in told)
        if drift.waiting.get(name):
            yield f"- {count(len(drift.waiting[name]), 'declared thing')} not deployed yet"
    yield "\n#### Proof over what is there\n"
    yield from (f"- **{one.verdict}**: {_escaped(one.message)}" for one in drift.reasons)
    if drift.proofs.answer is Answer.PROVED:
        yield from (f"- Proved: {_escaped(rule)}" for rule in drift.rules)


def junit_report(drift: Drift) -> str:
    """Return the report as JUnit XML: a suite for each account, and one for the proof."""
    root = Element("testsuites", name="iam-profiles drift")
    for name in drift.accounts:
        _suite(root, name, [one for one in drift.findings if one.stack == name and _own(one)])
    _suite(root, "all accounts", [one for one in drift.findings if not _own(one)])
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, name: str, failed: list[Finding]) -> None:
    tests, failures = str(len(failed) or 1), str(len(failed))
    suite = SubElement(root, "testsuite", name=name, tests=tests, failures=failures, errors="0")
    if not failed:
        SubElement(suite, "testcase", classname=name, name="drift", time="0")
    for number, finding in enumerate(failed, 1):
        called = f"{finding.rule} {number}"
        case = SubElement(suite, "testcase", classname=name, name=called, time="0")
        text = "".join(one if one.isprintable() else "�" for one in finding.message)
        SubElement(case, "failure", message=text[:500], type=finding.verdict).text = text


def _own(finding: Finding) -> bool:
    return finding.rule != TOGETHER


def _left(stack: str) -> str:
    return (
        f"an update of stack `{stack}` was never finished, so its state tells but a half; "
        f"run `iam-profiles repair --stack {stack}`, then this again"
    )


def _escaped(text: str) -> str:
    """The text without what would be taken for HTML."""
    return " ".join(text.split()).replace("<", "&lt;")
