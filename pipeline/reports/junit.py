"""The report as JUnit XML: a suite for each stack, and one for the proof over all accounts."""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pipeline.findings import TOGETHER, Finding
from pipeline.report import Report

_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_report(report: Report) -> str:
    """Return the report as JUnit XML."""
    root = Element("testsuites", name="iam-profiles preview")
    for stack in report.stacks:
        found = [one for one in report.refusals if one.stack == stack.name and _of_pack(one)]
        failed = [*found] if found else [None] if not stack.outcome.ok else []
        suite = _suite(root, stack.name, len(failed) or 1, stack.outcome.seconds)
        for finding in failed:
            case = _case(suite, stack.name, finding.rule if finding else "preview")
            text = finding.message if finding else "; ".join(stack.outcome.errors)
            _fail(case, text, finding.verdict if finding else "failed")
        suite.set("failures", str(len(failed)))
        if not failed:
            case = _case(suite, stack.name, "preview")
            if stack.skipped:
                SubElement(case, "skipped", message="nothing that it depends on has moved")
                suite.set("skipped", "1")
    together = [one for one in report.refusals if not _of_pack(one)]
    suite = _suite(root, "all accounts", max(len(report.rules), 1), report.seconds.get("proof", 0))
    suite.set("failures", "1" if together else "0")
    for index in range(max(len(report.rules), 1)):
        rule = report.rules[index] if report.rules else "no isolation rule"
        case = _case(suite, "all accounts", rule)
        if together and index == 0:
            text = "\n".join(one.message for one in together)
            _fail(case, text, together[0].verdict)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _of_pack(finding: Finding) -> bool:
    return finding.rule != TOGETHER


def _suite(root: Element, name: str, tests: int, seconds: float) -> Element:
    attributes = {"name": _clean(name), "time": f"{seconds:.3f}", "tests": str(tests)}
    return SubElement(
        root, "testsuite", {**attributes, "failures": "0", "errors": "0", "skipped": "0"}
    )


def _case(suite: Element, of: str, name: str) -> Element:
    return SubElement(suite, "testcase", classname=_clean(of), name=_clean(name), time="0")


def _fail(case: Element, text: str, kind: str) -> None:
    failure = SubElement(case, "failure", message=_clean(text.partition("\n")[0][:500]), type=kind)
    failure.text = _clean(text)


def _clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("�", text)
