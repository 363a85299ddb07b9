"""The words that the reports for people share."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from pipeline.access_diff import Change
from pipeline.bundle import Verdict
from pipeline.report import Report, StackReport

MARKS: Final[Mapping[Verdict, str]] = {
    "proved": "✅",
    "refused": "❌",
    "undecided": "❔",
    "failed": "⚠️",
}
"""What Markdown shows of a verdict first."""
_COMMENT = 60_000
"""Characters: a comment on GitHub holds 65,536."""
_SIGNS = {"create": "+", "delete": "-", "update": "~", "replace": "±"}


def headline(report: Report) -> str:
    """Return the whole in one sentence."""
    if report.verdict == "proved":
        said = "changes" if report.changed else "no changes"
        return f"{said}; every isolation rule is proved, from what is deployed to what is planned"
    if report.verdict == "refused":
        return f"refused, {count(len(report.refusals), 'reason')}: nothing of it can be applied"
    if report.verdict == "undecided":
        return "undecided, which forbids as much as a refusal: nothing of it can be applied"
    return "failed: not every stack could be previewed, so nothing is proved"


def stack_words(stack: StackReport) -> str:
    """Return what would happen to a stack."""
    outcome = stack.outcome
    if stack.skipped:
        return "no changes (skipped: nothing that it depends on has moved)"
    if not outcome.ok:
        return "refused" if any(one.mandatory for one in outcome.violations) else "failed"
    if not outcome.changed:
        return "no changes"
    counted = Counter(step.operation for step in outcome.steps)
    return ", ".join(f"{number} {operation}" for operation, number in sorted(counted.items()))


def sign(operation: str) -> str:
    """Return the mark of an operation."""
    return _SIGNS.get(operation, "·")


def short(arn: str) -> str:
    """Return the name at the end of an ARN."""
    return arn.rpartition("/")[2]


def change_words(change: Change, report: Report) -> str:
    """Return a change of access as one line."""
    account = report.accounts.get(change.account, change.account)
    did = "may now assume" if change.gains else "may no longer assume"
    if "undecided" in (change.before, change.after):
        did = f"{did} (undecided)" if change.gains else "may or may not assume"
    return f"{short(change.identity)} {did} {short(change.role)} in {account}"


def way_words(change: Change) -> str:
    """Return by which groups and statements."""
    groups = ", ".join(map(short, change.groups))
    stated = ", ".join(dict.fromkeys(one.statement for one in change.because if one.statement))
    return "; ".join(
        filter(None, (groups and f"through {groups}", stated and f"statements {stated}"))
    )


def count(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def unmarked(text: str) -> str:
    """Return the text as one line that opens no HTML."""
    return " ".join(text.split()).replace("<", "&lt;")


def fitted(text: str) -> str:
    """Return what fits a comment; what does not is cut, and it says so."""
    if len(text) <= _COMMENT:
        return text
    return text[:_COMMENT].rpartition("\n")[0] + "\n\n… cut here: the JSON report has all of it\n"
