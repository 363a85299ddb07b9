"""`no_key_in_state`."""

import pytest

from policies.no_key_in_state import judge
from tests.policies.cases import Case
from tests.policies.judged import judged
from tests.policies.key_cases import CASES


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_law(case: Case) -> None:
    judged(judge, case)
