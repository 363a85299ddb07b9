"""No change that opens a path passes, and the law that it breaks is the one that refuses it."""

import pytest

from policies.gate import LAWS, Law
from tests.policies.mutants import MUTANTS, Mutant
from tests.policies.worlds import World, profiles

_JUDGES = {law.name: law.judge for law in LAWS}


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_mutant_is_refused(mutant: Mutant) -> None:
    world = World(mutant.account)
    mutant.change(world)
    assert _JUDGES[mutant.law](world.registered(), profiles(), world.account)


@pytest.mark.parametrize("account", ["state", "sandbox", "nonprod", "prod"])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_what_no_mutant_touched_passes(law: Law, account: str) -> None:
    world = World(account)
    assert law.judge(world.registered(), profiles(), world.account) == ()
