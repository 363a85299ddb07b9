"""The checker takes what is closed, and nothing else."""

from dataclasses import replace

import pytest

from access.catalogue import steps
from access.certificate import Certificate, fingerprint
from access.checker import check
from access.facts import Fact
from access.prove import Proof, prove
from tests.access.example_world import RULE, identity_side_opened, resource_side_opened, world


def certificate() -> Certificate:
    (result,) = prove(world(), [RULE]).results
    assert isinstance(result, Proof)
    return result.certificate


def test_the_certificate_of_the_example_is_taken() -> None:
    assert check(world(), certificate(), steps()) == ()


@pytest.mark.parametrize("fact", certificate().facts, ids=str)
def test_a_certificate_that_lacks_a_fact_is_refused(fact: Fact) -> None:
    whole = certificate()
    lacking = replace(whole, facts=tuple(one for one in whole.facts if one != fact))
    assert check(world(), lacking, steps())


def test_a_certificate_of_another_input_is_refused() -> None:
    assert check(identity_side_opened(world()), certificate(), steps()) == (
        "the certificate is about another input",
    )


def test_a_certificate_of_another_catalogue_is_refused() -> None:
    assert check(world(), certificate(), steps()[1:]) == (
        "the certificate is about another catalogue of steps",
    )


def test_a_set_that_holds_the_target_is_refused() -> None:
    everything = replace(certificate(), rule=replace(RULE, never_reach=RULE.from_))
    assert any("must never be reached" in fault for fault in check(world(), everything, steps()))


def test_a_certificate_made_up_for_an_open_world_is_refused() -> None:
    opened = identity_side_opened(resource_side_opened(world()))
    made_up = replace(certificate(), world=fingerprint(opened))
    assert any("can assume" in fault for fault in check(opened, made_up, steps()))
