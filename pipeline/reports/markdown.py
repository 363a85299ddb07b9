"""The report as Markdown, for the comment of a pull request."""

from collections.abc import Iterator

from pipeline.findings import Finding
from pipeline.report import Report
from pipeline.reports.words import (
    MARKS,
    change_words,
    fitted,
    headline,
    sign,
    stack_words,
    unmarked,
    way_words,
)


def markdown_report(report: Report) -> str:
    """Return the report as Markdown; what does not fit a comment is cut, and says so."""
    return fitted("\n".join(_lines(report)) + "\n")


def _lines(report: Report) -> Iterator[str]:
    yield f"### {MARKS[report.verdict]} iam-profiles: {headline(report)}"
    if report.refusals:
        yield "\n#### Why not\n"
        for finding in report.refusals:
            yield from _finding(finding)
    yield "\n#### Access\n"
    yield from _access(report)
    yield "\n#### Stacks\n"
    yield "| stack | changes | seconds |"
    yield "| --- | --- | ---: |"
    for stack in report.stacks:
        yield f"| {stack.name} | {stack_words(stack)} | {stack.outcome.seconds:.1f} |"
    yield from _resources(report)
    noted = [one for one in report.findings if one.verdict == "noted"]
    if noted:
        yield "\n#### Noted: wrong already, and not by this\n"
        for finding in noted:
            yield from _finding(finding)
    yield "\n#### Proof\n"
    word = "Proved" if report.verdict == "proved" else "To be proved"
    yield from (f"- {word}: `{unmarked(rule)}`" for rule in report.rules)
    if report.order:
        stages = ", then ".join(" and ".join(f"`{name}`" for name in one) for one in report.order)
        yield f"- Order: {stages}"


def _access(report: Report) -> Iterator[str]:
    if not report.access:
        yield "Nobody gains or loses a role."
        return
    yield "| | who may assume what | how |"
    yield "| --- | --- | --- |"
    for change in report.access:
        mark = "+" if change.gains else "-"
        said, how = change_words(change, report), way_words(change)
        yield f"| {mark} | {_escaped(said)} | {_escaped(how)} |"


def _resources(report: Report) -> Iterator[str]:
    for stack in report.stacks:
        if stack.outcome.steps:
            yield f"\n<details><summary>{stack.name}: {stack_words(stack)}</summary>\n"
            for step in stack.outcome.steps:
                yield f"- `{sign(step.operation)}` {step.operation} `{step.name}` ({step.type})"
            yield "\n</details>"
        for error in stack.outcome.errors:
            yield f"\n`{stack.name}`: {_escaped(error)}"


def _finding(finding: Finding) -> Iterator[str]:
    where = ", ".join(filter(None, (finding.stack, finding.file)))
    yield f"- **{finding.rule}**{f' ({where})' if where else ''}: {_escaped(finding.message)}"


def _escaped(text: str) -> str:
    """The text without what would end a table's cell, or be taken for HTML."""
    return unmarked(text).replace("|", "\\|")
