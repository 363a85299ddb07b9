"""Opening a lock only adds: whatever was allowed before still is, and so a proof holds without."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from access.catalogue import steps
from access.catalogue.step import Gain
from access.document import PolicyDocument
from access.prove import Answer, How, Prover, prove
from access.world import Document, Unreadable, World
from iam_profiles.locks import OPENED, identity_side_opened, resource_side_opened
from iam_profiles.render import render_all
from iam_profiles.world import rules, world
from tests.access.mixtures import sides
from tests.access.small_world import STATE, deny, doc
from tests.access.test_reach_worlds import RULE
from tests.domain.example import EXAMPLE

ROOT = f"arn:aws:iam::{STATE}:root"
WORLD = world(render_all(EXAMPLE).documents.values())
RULES = rules(EXAMPLE)
laws = settings(max_examples=60, deadline=None, derandomize=True)


def trusting(one: World) -> World:
    return resource_side_opened(one, ROOT)


@pytest.mark.parametrize("opened", [identity_side_opened, trusting])
def test_with_either_lock_opened_the_example_is_proved(opened: type) -> None:
    assert prove(opened(WORLD), RULES).answer is Answer.PROVED


def test_with_both_opened_it_is_refuted() -> None:
    assert prove(trusting(identity_side_opened(WORLD)), RULES).answer is Answer.REFUTED


def controlled(one: World) -> frozenset[str]:
    facts = Prover(one, steps()).closure(RULE.from_, How.PERHAPS).facts
    found = {fact.of for fact in facts if fact.gain is Gain.CONTROL}
    administered = {fact.of for fact in facts if fact.gain is Gain.ADMINISTER}
    everybody = (*one.users, *one.roles)
    return frozenset(arn for arn in everybody if arn in found or arn.split(":")[4] in administered)


@laws
@given(sides())
def test_what_is_reached_is_reached_with_a_lock_opened(one: World) -> None:
    for opened in (identity_side_opened, trusting):
        assert controlled(one) <= controlled(opened(one))


def test_of_the_identity_side_only_what_denies_or_bounds_assuming_comes_off() -> None:
    user = next(iter(WORLD.users))
    kept = doc([{**deny("s3:*"), "Sid": "Kept"}, {**deny("sts:Assume*"), "Sid": "Gone"}], "own")
    grants = replace(WORLD.users[user].grants, inline=(kept,))
    holder = replace(WORLD.users[user], grants=grants)
    opened = identity_side_opened(replace(WORLD, users={**WORLD.users, user: holder}))
    own, more = (document.read() for document in opened.users[user].grants.inline)
    assert isinstance(own, PolicyDocument)
    assert isinstance(more, PolicyDocument)
    assert [one.name for one in own.statements] == ["Kept"]
    assert {one.name for one in more.statements} <= OPENED
    assert opened.users[user].boundary == holder.boundary


def test_what_cannot_be_read_stays_so() -> None:
    role = next(iter(WORLD.roles))
    lost = replace(WORLD.roles[role], trust=Document.missing("its trust", "it is unknown"))
    opened = trusting(replace(WORLD, roles={**WORLD.roles, role: lost}))
    assert isinstance(opened.roles[role].trust.read(), Unreadable)
