"""Decisions by the tables, each case from a page of AWS's documentation."""

from typing import Any

import pytest

from access.decide import decide
from access.verdict import Allowed, Denied, Undecided
from tests.access import worlds

TABLES = (
    *("traps", "evaluation", "principals", "elements", "not_principal", "iam_keys"),
    "disagreements",
)
CASES = dict(worlds.decisions(*TABLES))
EXPECTED = {"allowed": Allowed, "denied": Denied, "undecided": Undecided}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_decision_is_as_documented(case: dict[str, Any]) -> None:
    verdict = decide(worlds.request(case), worlds.policies(case))
    assert EXPECTED[case["expect"]] is type(verdict), str(verdict)
    assert verdict.reasons
    assert set(case.get("by", ())) <= {reason.statement for reason in verdict.reasons}, str(verdict)


def test_every_case_cites_its_page() -> None:
    assert [
        name for name, case in CASES.items() if "docs.aws.amazon.com" not in case["source"]
    ] == []
