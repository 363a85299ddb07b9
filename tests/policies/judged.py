"""How a case is judged without the engine."""

from policies.gate import Judge
from tests.policies.cases import STACK_ITSELF, Case
from tests.policies.worlds import World, profiles


def judged(judge: Judge, case: Case) -> None:
    """Change the example's stack as the case says, and compare what the law finds."""
    world = World(case.account)
    case.change(world)
    findings = judge(world.registered(), profiles(), world.account)
    if case.found is None:
        assert findings == ()
        return
    urn = None if case.at == STACK_ITSELF else world.urn(*case.at)
    assert [one for one in findings if one.urn == urn and case.found in one.found], findings
