"""JUnit XML: of a preview a suite for each stack, and one for the proof over all accounts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pipeline.findings import TOGETHER, Finding
from pipeline.report import Report, StackReport

_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MESSAGE = 500
"""Characters of a failure's first line."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a case is not well; `kind` is the verdict."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was looked at; `skipped` says why it was not."""

    name: str
    failure: Failure | None = None
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """The cases of one stack, account or proof."""

    name: str
    cases: tuple[Case, ...]
    seconds: float = 0.0


def junit(name: str, suites: Iterable[Suite]) -> str:
    """Return the suites as JUnit XML, each counted as it lists."""
    root = Element("testsuites", name=_clean(name))
    for suite in suites:
        _add(root, suite)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def junit_report(report: Report) -> str:
    """Return the report of a preview as JUnit XML."""
    return junit("iam-profiles preview", _suites(report))


def of_findings(findings: Iterable[Finding], fine: str) -> tuple[Case, ...]:
    """Return a case for each finding, or the one that is fine where there is none."""
    found = (
        Case(f"{one.rule} {number}", Failure(one.message, one.verdict))
        for number, one in enumerate(findings, 1)
    )
    return tuple(found) or (Case(fine),)


def _suites(report: Report) -> Iterator[Suite]:
    for stack in report.stacks:
        yield Suite(stack.name, _cases(report, stack), stack.outcome.seconds)
    together = [one for one in report.refusals if one.rule == TOGETHER]
    first, *rest = report.rules or ("no isolation rule",)
    why = "\n".join(one.message for one in together)
    failure = Failure(why, together[0].verdict) if together else None
    cases = (Case(first, failure), *map(Case, rest))
    yield Suite("all accounts", cases, report.seconds.get("proof", 0))


def _cases(report: Report, stack: StackReport) -> tuple[Case, ...]:
    of_pack = (one for one in report.refusals if one.rule != TOGETHER)
    found = [one for one in of_pack if one.stack == stack.name]
    if found:
        return tuple(Case(one.rule, Failure(one.message, one.verdict)) for one in found)
    if not stack.outcome.ok:
        return (Case("preview", Failure("; ".join(stack.outcome.errors), "failed")),)
    why = "nothing that it depends on has moved" if stack.skipped else ""
    return (Case("preview", skipped=why),)


def _add(root: Element, suite: Suite) -> None:
    counts = {
        "tests": len(suite.cases),
        "failures": sum(one.failure is not None for one in suite.cases),
        "errors": 0,
        "skipped": sum(bool(one.skipped) for one in suite.cases),
    }
    name = _clean(suite.name)
    attributes = {"name": name, "time": f"{suite.seconds:.3f}"}
    element = SubElement(
        root, "testsuite", attributes | {key: str(number) for key, number in counts.items()}
    )
    for one in suite.cases:
        case = SubElement(element, "testcase", classname=name, name=_clean(one.name), time="0")
        if one.failure is not None:
            text, kind = _clean(one.failure.text), one.failure.kind
            first = text.partition("\n")[0][:_MESSAGE]
            SubElement(case, "failure", message=first, type=kind).text = text
        elif one.skipped:
            SubElement(case, "skipped", message=one.skipped)


def _clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("�", text)
