"""Each step of the catalogue opens a way in: shut without the step, and open with it."""

import pytest

from access.catalogue import Gain, Step, Target, steps
from access.prove import Answer, Refuted, prove
from tests.access.steps_world import HELPERS, case

OF_NO_AVAIL = tuple(
    step
    for step in steps()
    if step.gain is Gain.TAG and step.target in (Target.POLICY, Target.PROVIDER)
)
"""Their tags bear on conditions about the resource only, which count as the caller's choice."""

ASSUMED = ("sts-assume-role", "sts-assume-role-with-web-identity", "sts-assume-role-with-saml")
"""Sessions are handed out whatever the catalogue says; the other steps' worlds rely on it."""

OPENING = [step for step in steps() if step not in OF_NO_AVAIL and step.id not in ASSUMED]


@pytest.mark.parametrize("step", OPENING, ids=lambda step: step.id)
def test_a_step_opens_a_way_that_is_shut_without_it(step: Step) -> None:
    one = case(step)
    helpers = tuple(helper for helper in HELPERS if helper != step)
    assert prove(one.world, [one.rule], catalogue=helpers).answer is Answer.PROVED
    (result,) = prove(one.world, [one.rule], catalogue=(*helpers, step)).results
    assert isinstance(result, Refuted)
    assert step.id in [hop.step for hop in result.path]
