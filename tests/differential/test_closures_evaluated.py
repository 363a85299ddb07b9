"""Who is controlled in the end is who the evaluator lets in; it refuses no step of a path."""

from random import Random

import pytest

from access.catalogue import steps
from access.catalogue.step import Gain
from access.evidence import Evidence, Put
from access.facts import Fact
from access.prove import How, Prover
from access.rule import Rule
from access.world import World
from tests.access.small_world import PROD
from tests.access.test_reach_worlds import STEPS, USERS
from tests.differential.closed import ASSUMING, TAKING_OVER, Search, closed
from tests.differential.concrete import Concrete
from tests.differential.oracle import Oracle
from tests.differential.question import ours
from tests.differential.walk import walk

pytestmark = pytest.mark.xdist_group("differential")

WORLDS = 150
RULE = Rule.of((USERS[0],), (f"arn:aws:iam::{PROD}:role/*",))
ASSUME = tuple(step for step in steps() if step.id == "sts-assume-role")


def test_the_closure_is_what_the_evaluator_lets_in(oracle: Oracle) -> None:
    more = 0
    reached = 0
    for number in range(WORLDS):
        one = closed(Random(f"closed:{number}"), ASSUMING)  # noqa: S311 - nothing secret
        facts = Prover(one, ASSUME).closure(RULE.from_, How.SURELY).facts
        controlled = frozenset(fact.of for fact in facts if fact.gain is Gain.CONTROL)
        theirs = Search(oracle, one).controlled(USERS[0])
        assert theirs <= controlled, f"world {number}"
        reached += len(theirs) > 1
        if theirs != controlled:
            more += 1
            assert _is_correlated(oracle, one, controlled - theirs), f"world {number}"
    assert reached > WORLDS / 5
    assert more < WORLDS / 50


def _is_correlated(oracle: Oracle, one: World, further: frozenset[str]) -> bool:
    """Whether the first step too many is one that needs a key to have two values at once."""
    facts = Prover(one, ASSUME).closure(RULE.from_, How.SURELY).facts
    first = min((Fact(Gain.CONTROL, arn) for arn in further), key=lambda fact: facts[fact].cost)
    derivation = facts[first]
    assert derivation.caller
    put = Put(derivation.caller.of, "sts:AssumeRole", first.of, trust=True)
    request, policies = Evidence(one).question(put, frozenset(facts))
    every = Concrete(request, policies, put.by).questions(200)
    return all("Allowed" not in (ours(one), oracle.theirs(one)) for one in every)


def test_each_step_of_the_paths_of_generated_worlds_is_confirmed(oracle: Oracle) -> None:
    told = 0
    for number in range(WORLDS):
        one = closed(Random(f"paths:{number}"), TAKING_OVER)  # noqa: S311 - nothing secret
        taken = list(walk(one, RULE, STEPS))
        told += bool(taken)
        for request in taken:
            every = list(request.questions())
            both = zip(map(ours, every), oracle.put(every).read(), strict=True)
            assert ("Allowed", "Allowed") in both, f"world {number}: {request.put}"
    assert told > WORLDS / 10
