"""`identical_role_set`."""

import pytest

from policies.identical_role_set import judge
from tests.policies.cases import Case
from tests.policies.judged import judged
from tests.policies.role_set_cases import CASES


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_law(case: Case) -> None:
    judged(judge, case)
