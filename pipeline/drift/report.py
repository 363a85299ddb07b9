"""What came of a search for drift: its verdict, and its reports."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from access.prove import Answer, Proof, Proofs
from iam_profiles.model import Profiles
from pipeline.bundle import Verdict
from pipeline.drift.beside import Unread
from pipeline.drift.compare import Change, Difference
from pipeline.drift.inventory import Item
from pipeline.drift.refresh import Moved
from pipeline.findings import TOGETHER, Finding, file_of, of_broken
from pipeline.job import Outcome
from pipeline.report import Report
from pipeline.reports.junit import Suite, junit, of_findings
from pipeline.reports.sarif import sarif_report as any_sarif
from pipeline.reports.words import MARKS, count, fitted, unmarked
from policies.rollout import Broken
from policies.states import SHUT

UNFINISHED: Final = "drift_unfinished"
UNREAD: Final = "drift_unread"
REFRESHED: Final = "drift_refreshed"
_AS_IT_IS: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Drift:
    """What is otherwise than declared, and the proof over what is really there.

    Attributes:
        accounts: `{name: id}` of those that were compared; the proof is over all.
        waiting: `{account: what `profiles/` says otherwise than the stack's state}`.
        unfinished: the accounts whose stack was left in the middle of an update.
        unread: what of the accounts could not be read.
        refreshed: what the engine's refresh of each deployed stack came to; `None` if not asked.
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
    unread: tuple[Unread, ...] = ()
    refreshed: tuple[Outcome, ...] | None = None

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict: `refused` if anything drifted or a rule is broken.

        Else `failed` if something could not be read: it is not known whether that drifted.
        """
        found = {one.verdict for one in self.findings}
        if "refused" in found:
            return "refused"
        if any(one.rule == UNREAD for one in self.findings):
            return "failed"
        return "undecided" if "undecided" in found else "proved"

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Each difference, and each other reason, as a finding."""
        moved = (self._moved(stack, one) for stack, one in self.moved)
        return (*(self._finding(one) for one in self.differences), *moved, *self.reasons)

    @cached_property
    def moved(self) -> tuple[tuple[str, Moved], ...]:
        """Each resource that the engine's refresh found otherwise, with its stack."""
        return tuple(
            (outcome.stack, step)
            for outcome in self.refreshed or ()
            for step in outcome.steps
            if isinstance(step, Moved)
        )

    @cached_property
    def reasons(self) -> tuple[Finding, ...]:
        """What else is not well: what is known by half or not read, and rules not proved."""
        broken = [
            Broken(one, SHUT, _AS_IT_IS)
            for one in self.proofs.results
            if not isinstance(one, Proof)
        ]
        return (
            *(Finding(UNFINISHED, name, "undecided", _left(name)) for name in self.unfinished),
            *(Finding(UNREAD, one.account, "undecided", str(one)) for one in self.unread),
            *(
                Finding(UNREAD, one.stack, "undecided", _unrefreshed(one))
                for one in self.refreshed or ()
                if not one.ok
            ),
            *of_broken(broken, self.urns, self.profiles),
        )

    @property
    def headline(self) -> str:
        """The whole in one sentence."""
        unread = sum(one.rule == UNREAD for one in self.reasons)
        drifted = (
            f"{count(len(self.differences), 'difference')} from what is declared"
            if self.differences
            else "what could be read is as it was deployed"
            if unread
            else "everything is as it was deployed"
        )
        moved = f"; the engine finds {count(len(self.moved), 'resource')} changed"
        left = f"; {count(unread, 'thing')} could not be read"
        proof = {
            "proved": "every isolation rule is proved over what is there",
            "refuted": "an isolation rule is broken by what is there",
            "undecided": "whether the isolation rules hold is undecided",
        }
        more = f"{moved if self.moved else ''}{left if unread else ''}"
        return f"{drifted}{more}; {proof[self.proofs.answer.value]}"

    @property
    def rules(self) -> tuple[str, ...]:
        """The isolation rules in words."""
        return tuple(str(one.rule) for one in self.proofs.results)

    def _finding(self, one: Difference) -> Finding:
        urn = self.urns.get(one.item.of)
        verdict = "undecided" if one.change is Change.UNKNOWN else "refused"
        file = file_of(urn, self.profiles)
        return Finding(f"drift_{one.change}", one.account, verdict, str(one), urn, file)

    def _moved(self, stack: str, one: Moved) -> Finding:
        file = file_of(one.urn, self.profiles)
        return Finding(REFRESHED, stack, "refused", str(one), one.urn, file)


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
        "unread": [one.json() for one in drift.unread],
        "refreshed": None if drift.refreshed is None else [*map(_refreshed, drift.refreshed)],
        "findings": [one.json() for one in drift.findings],
        "rules": list(drift.rules),
        "proof": drift.proofs.answer.value,
        "seconds": {name: round(took, 3) for name, took in drift.seconds.items()},
    }
    return json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _refreshed(outcome: Outcome) -> dict[str, Any]:
    return {
        "stack": outcome.stack,
        "ok": outcome.ok,
        "resources": [one.json() for one in outcome.steps if isinstance(one, Moved)],
        "errors": list(outcome.errors),
        "seconds": round(outcome.seconds, 3),
    }


def sarif_report(drift: Drift) -> str:
    """Return the findings as SARIF 2.1.0."""
    names = {id_: name for name, id_ in drift.accounts.items()}
    rules, seconds = drift.rules, drift.seconds
    return any_sarif(Report(drift.verdict, (), (), drift.findings, rules, (), seconds, names))


def markdown_report(drift: Drift) -> str:
    """Return the report as Markdown; what does not fit a comment is cut, and says so."""
    return fitted("\n".join(_markdown(drift)) + "\n")


def _markdown(drift: Drift) -> Iterator[str]:
    yield f"### {MARKS[drift.verdict]} iam-profiles drift: {drift.headline}"
    for name in drift.accounts:
        told = [one for one in drift.differences if one.account == name]
        yield f"\n#### {name}: {count(len(told), 'difference')}\n"
        yield from (f"- **{one.change}**: {unmarked(str(one))}" for one in told)
        moved = (one for stack, one in drift.moved if stack == name)
        yield from (f"- **refreshed**: {unmarked(str(one))}" for one in moved)
        if drift.waiting.get(name):
            yield f"- {count(len(drift.waiting[name]), 'declared thing')} not deployed yet"
    yield "\n#### Proof over what is there\n"
    yield from (f"- **{one.verdict}**: {unmarked(one.message)}" for one in drift.reasons)
    if drift.proofs.answer is Answer.PROVED:
        yield from (f"- Proved: `{unmarked(rule)}`" for rule in drift.rules)


def junit_report(drift: Drift) -> str:
    """Return the report as JUnit XML: a suite for each account, and one for the proof."""
    suites = [
        Suite(name, of_findings(filter(_own, _of(drift, name)), "drift")) for name in drift.accounts
    ]
    together = (one for one in drift.findings if not _own(one))
    return junit(
        "iam-profiles drift", [*suites, Suite("all accounts", of_findings(together, "proof"))]
    )


def _of(drift: Drift, account: str) -> Iterator[Finding]:
    return (one for one in drift.findings if one.stack == account)


def _own(finding: Finding) -> bool:
    return finding.rule != TOGETHER


def _left(stack: str) -> str:
    return (
        f"an update of stack `{stack}` was never finished, so its state tells but a half; "
        f"run `iam-profiles repair --stack {stack}`, then this again"
    )


def _unrefreshed(outcome: Outcome) -> str:
    why = "; ".join(outcome.errors)
    return (
        f"the engine could not refresh stack `{outcome.stack}`: {why}; mend what it names, "
        "or leave the refresh out with --no-refresh"
    )
