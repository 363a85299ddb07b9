"""`permissions_via_groups_only`."""

import pytest

from policies.permissions_via_groups_only import judge
from tests.policies.cases import Case
from tests.policies.identity_cases import GROUPS_ONLY
from tests.policies.judged import judged


@pytest.mark.parametrize("case", GROUPS_ONLY, ids=str)
def test_the_law(case: Case) -> None:
    judged(judge, case)
