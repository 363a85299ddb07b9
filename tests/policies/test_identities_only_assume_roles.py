"""`identities_only_assume_roles`."""

import pytest

from policies.identities_only_assume_roles import judge
from tests.policies.cases import Case
from tests.policies.identity_cases import ONLY_ASSUME
from tests.policies.judged import judged


@pytest.mark.parametrize("case", ONLY_ASSUME, ids=str)
def test_the_law(case: Case) -> None:
    judged(judge, case)
