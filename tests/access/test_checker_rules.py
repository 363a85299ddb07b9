"""Each rule of the checker refuses a false certificate that all the others together would take."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from access import checker, verified
from access.catalogue import Gain, steps
from access.certificate import Certificate, catalogue_version, fingerprint
from access.checking.closed import Closed
from access.checking.implied import implied
from access.checking.limits import starts, target
from access.checking.sessions import sessions
from access.checking.taken import taken
from access.facts import Fact
from access.prove import Answer, Proof, Rule, Undecided, prove
from access.world import Credential, World
from tests.access import example_world
from tests.access.mutants import OPENING
from tests.access.small_world import (
    ASSUME,
    PROD,
    STATE,
    N,
    R,
    allow,
    role,
    trusts,
    user,
    world,
)

SECRET = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:key-*"
MACHINE = f"arn:aws:iam::{STATE}:user/machine"
RULE = Rule.of((N,), (f"arn:aws:iam::{PROD}:*",))
STRANGE = {"Service": "strange.amazonaws.com"}
TAGS = {"StringEquals": {"aws:PrincipalTag/env": "prod"}}
HERE = f"arn:aws:iam::{STATE}:role/here"

SHUT = world(user(N), user(MACHINE, ASSUME), role(R, trusts(MACHINE)))
READABLE = replace(
    world(user(N, allow("secretsmanager:GetSecretValue")), user(MACHINE)),
    credentials=(Credential(SECRET, MACHINE),),
)
ASSUMABLE = world(user(N, ASSUME), role(R, trusts(N)))
NOT_BY_PRINCIPAL = {
    "Effect": "Allow",
    "NotPrincipal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
TAGGABLE = world(
    user(N, [ASSUME, allow("sts:TagSession")]),
    role(HERE, trusts(N, "sts:AssumeRole", "sts:TagSession"), allow("s3:*", **TAGS)),
)
KEYS = world(user(N, allow("iam:CreateAccessKey")), user(MACHINE))
MINTS = world(user(N, allow("iam:CreateRole", f"arn:aws:iam::{STATE}:role/new")))
PASSES = world(user(N, allow("iam:PassRole")), role(HERE, trusts(STRANGE)))

FALSE: dict[str, tuple[Callable[[Closed], Iterator[str]], World, tuple[str, ...]]] = {
    "it lacks where one starts": (starts, SHUT, ()),
    "it holds what must never be reached": (target, SHUT, (N, MACHINE, R)),
    "it lacks whose key can be read": (implied, READABLE, (N, SECRET)),
    "it lacks a role that can be assumed": (sessions, ASSUMABLE, (N,)),
    "it lacks a role that all but a service can assume": (
        sessions,
        world(user(N, ASSUME), role(HERE, NOT_BY_PRINCIPAL)),
        (N,),
    ),
    "it lacks the tags that a session can take": (sessions, TAGGABLE, (N, HERE)),
    "it lacks a user that a key can be made for": (taken, KEYS, (N,)),
    "it lacks a role that can be made": (taken, MINTS, (N,)),
    "it lacks a role passed to who knows what": (taken, PASSES, (N,)),
}


def certificate(one: World, controlled: tuple[str, ...]) -> Certificate:
    facts = tuple(Fact(Gain.CONTROL, label) for label in controlled)
    return Certificate(RULE, facts, fingerprint(one), catalogue_version(steps()))


@pytest.mark.parametrize("case", FALSE)
def test_a_false_certificate_is_refused_by_one_rule_alone(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, one, controlled = FALSE[case]
    made_up = certificate(one, controlled)
    assert checker.check(one, made_up, steps())
    monkeypatch.setattr(checker, "RULES", tuple(kept for kept in checker.RULES if kept != rule))
    assert checker.check(one, made_up, steps()) == ()


@pytest.mark.parametrize("mutant", OPENING)
def test_the_certificate_of_the_example_is_refused_for_each_change_that_opens_a_path(
    mutant: str,
) -> None:
    (result,) = prove(example_world.world(), [example_world.RULE]).results
    assert isinstance(result, Proof)
    changed = OPENING[mutant](example_world.world())
    relabelled = replace(result.certificate, world=fingerprint(changed))
    assert checker.check(changed, relabelled, steps())


def test_a_proof_that_is_taken_is_said_to_be_checked() -> None:
    found = verified.verified(SHUT, [RULE])
    assert found.answer is Answer.PROVED
    assert found.json()["certificate"]["checked"] is True
    assert prove(SHUT, [RULE]).json()["certificate"]["checked"] is False


def test_a_proof_that_is_not_taken_is_undecided_and_says_so() -> None:
    proofs = prove(SHUT, [RULE])
    (proof,) = proofs.results
    assert isinstance(proof, Proof)
    wrong = replace(proof, certificate=replace(proof.certificate, facts=()))
    (result,) = verified.verify(SHUT, replace(proofs, results=(wrong,)), steps()).results
    assert isinstance(result, Undecided)
    assert result.why[0].startswith("the checker does not accept the proof: ")
    assert result.why[0].endswith("; report this as a bug")


def test_whoever_rewrites_a_trust_policy_tags_the_sessions_too() -> None:
    rewrites = user(N, allow("iam:UpdateAssumeRolePolicy", HERE))
    here = role(HERE, trusts({"Service": "x.amazonaws.com"}), allow("sts:AssumeRole", **TAGS))
    one = world(rewrites, here, role(R, trusts(HERE)))
    assert prove(one, [RULE]).answer is Answer.REFUTED
    made_up = certificate(one, (N, HERE))
    lacking = replace(made_up, facts=(*made_up.facts, Fact(Gain.RETRUST, HERE)))
    assert any("can be tagged" in fault for fault in checker.check(one, lacking, steps()))
