"""A role passed to a service that nobody knows is doubtful; to one that runs no code it is not."""

import pytest

from access.catalogue import passive_services, steps
from access.prove import Answer, Rule, Undecided, prove
from access.world import World
from tests.access.small_world import PROD, STATE, N, allow, role, trusts, user, verdict, world

OFFICE = f"arn:aws:iam::{STATE}:role/office"
KNOWN = {service for step in steps() for service in step.services}


def passed(service: str, *actions: str) -> World:
    return world(
        user(N, allow(list(actions or ("iam:PassRole",)), "*")),
        role(OFFICE, trusts({"Service": service})),
        role(f"arn:aws:iam::{PROD}:role/R", trusts(OFFICE)),
    )


def test_a_role_passed_to_a_service_that_no_step_knows_is_undecided_and_both_are_named() -> None:
    (result,) = prove(passed("brand-new.amazonaws.com"), [Rule.of((N,), (OFFICE,))]).results
    assert isinstance(result, Undecided)
    assert OFFICE in result.why[0]
    assert "brand-new.amazonaws.com" in result.why[0]


def test_who_may_not_pass_the_role_gains_nothing_by_it() -> None:
    one = passed("brand-new.amazonaws.com", "s3:ListAllMyBuckets")
    assert verdict(one, never=OFFICE) is Answer.PROVED


def test_who_may_pass_to_another_service_only_gains_nothing_by_it() -> None:
    limit = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    may = allow("iam:PassRole", "*", **limit)
    one = world(user(N, may), role(OFFICE, trusts({"Service": "brand-new.amazonaws.com"})))
    assert verdict(one, never=OFFICE) is Answer.PROVED


@pytest.mark.parametrize("service", ["vpc-flow-logs.amazonaws.com", "cloudtrail.amazonaws.com"])
def test_a_service_that_is_known_to_run_nothing_gives_nothing(service: str) -> None:
    assert verdict(passed(service), never=OFFICE) is Answer.PROVED


def test_a_service_of_a_step_is_left_to_the_step() -> None:
    assert verdict(passed("lambda.amazonaws.com"), never=OFFICE) is Answer.PROVED


def test_no_service_runs_code_and_runs_none() -> None:
    assert not KNOWN & set(passive_services())
    assert all(reason for reason in passive_services().values())
