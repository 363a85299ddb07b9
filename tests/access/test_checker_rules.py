"""Each rule of the checker refuses a false certificate that all the others together would take."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from access import checker, verified
from access.catalogue import Gain, steps
from access.certificate import Certificate, catalogue_version, fingerprint
from access.checking.closed import Closed
from access.checking.implied import made, rebound, renamed, stored, vouched
from access.checking.limits import given_sessions, starts, target
from access.checking.sessions import assumed, tagged
from access.checking.stated import missing, newer, unknown
from access.checking.taken import passed, taken
from access.facts import Fact
from access.label import under
from access.prove import Answer, Proof, Rule, Undecided, prove
from access.rule import WebIdentity
from access.world import Credential, Missing, World
from tests.access import example_world
from tests.access.mutants import OPENING
from tests.access.small_world import (
    ASSUME,
    PROD,
    STATE,
    N,
    R,
    allow,
    doc,
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
NEW = f"arn:aws:iam::{STATE}:role/new"
NAMED = f"arn:aws:iam::{STATE}:user/named"
ISSUER = f"arn:aws:iam::{STATE}:oidc-provider/token.example.org"
BUILD = WebIdentity("token.example.org", (("sub", "build"),))
BOUNDARY = f"arn:aws:iam::{STATE}:policy/boundary"

SHUT = world(user(N), user(MACHINE, ASSUME), role(R, trusts(MACHINE)))
READABLE = replace(
    world(user(N, allow("secretsmanager:GetSecretValue")), user(MACHINE)),
    credentials=(Credential(SECRET, MACHINE),),
)
NOT_BY_PRINCIPAL = {
    "Effect": "Allow",
    "NotPrincipal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
TAGGABLE = world(
    user(N, [ASSUME, allow("sts:TagSession")]),
    role(HERE, trusts(N, "sts:AssumeRole", "sts:TagSession"), allow("s3:*", **TAGS)),
)
VOUCHED = world(user(N), role(HERE, trusts({"Federated": ISSUER}, "sts:AssumeRoleWithWebIdentity")))
SEEN = {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
RENAMES = world(
    user(N),
    policies={BOUNDARY: doc(allow("s3:*", **SEEN), "boundary")},
)


def control(*labels: str) -> tuple[Fact, ...]:
    return tuple(Fact(Gain.CONTROL, label) for label in labels)


@dataclass(frozen=True, slots=True)
class False_:  # noqa: N801 -- `False` is taken
    """A false certificate, and the one rule that refuses it."""

    by: Callable[[Closed], Iterator[str]]
    world: World
    facts: tuple[Fact, ...]
    rule: Rule = RULE


FALSE = {
    "it is about somebody whom there is not": False_(
        unknown, SHUT, control(N, f"arn:aws:iam::{STATE}:user/nobody")
    ),
    "it is about nothing that has a name": False_(
        unknown, SHUT, (*control(N), Fact(Gain.UNLOCK, "nothing"))
    ),
    "the input lacks something": False_(
        missing, replace(SHUT, missing=(Missing(BOUNDARY, "its document"),)), control(N)
    ),
    "somebody is allowed what is newer than the catalogue": False_(
        newer, world(user(N, allow("iam:GrantEverything"))), control(N)
    ),
    "it lacks where one starts": False_(starts, SHUT, ()),
    "it lacks that the root user administers": False_(
        starts,
        SHUT,
        control(f"arn:aws:iam::{STATE}:root"),
        Rule.of((f"arn:aws:iam::{STATE}:root",), (R,)),
    ),
    "it lacks a role that a web identity starts as": False_(
        given_sessions, VOUCHED, (), Rule.of((BUILD,), (R,))
    ),
    "it holds what must never be reached": False_(target, SHUT, control(N, MACHINE, R)),
    "it lacks a role that is anybody's who writes its trust policy": False_(
        made, world(user(N), role(HERE, trusts(MACHINE))), (*control(N), Fact(Gain.RETRUST, HERE))
    ),
    "it lacks a role that can be made": False_(
        made, world(user(N)), (*control(N), Fact(Gain.MINT, NEW))
    ),
    "it lacks a new name of a user": False_(
        made, world(user(N)), (*control(N), Fact(Gain.RENAME, NAMED))
    ),
    "it lacks a user under another boundary": False_(
        rebound, RENAMES, (*control(N), Fact(Gain.BIND, under(N, BOUNDARY)))
    ),
    "it lacks what a user may have under a new name": False_(
        renamed,
        RENAMES,
        (
            *control(N, NAMED, under(NAMED, BOUNDARY)),
            *(Fact(Gain.RENAME, NAMED), Fact(Gain.MINT, f"arn:aws:iam::{STATE}:user/made")),
            Fact(Gain.GRANT, f"arn:aws:iam::{STATE}:user/made"),
        ),
    ),
    "it lacks whose key can be read": False_(stored, READABLE, control(N, SECRET)),
    "it lacks a role whose provider somebody controls": False_(
        vouched, VOUCHED, (*control(N), Fact(Gain.VOUCH, ISSUER))
    ),
    "it lacks a role that can be assumed": False_(
        assumed, world(user(N, ASSUME), role(R, trusts(N))), control(N)
    ),
    "it lacks a role that all but a service can assume": False_(
        assumed, world(user(N, ASSUME), role(HERE, NOT_BY_PRINCIPAL)), control(N)
    ),
    "it lacks the tags that a session can take": False_(tagged, TAGGABLE, control(N, HERE)),
    "it lacks the tags that a new trust policy admits": False_(
        tagged,
        world(user(N), role(HERE, trusts(MACHINE), allow("s3:*", **TAGS))),
        (*control(N, HERE), Fact(Gain.RETRUST, HERE)),
    ),
    "it lacks a user that a key can be made for": False_(
        taken, world(user(N, allow("iam:CreateAccessKey")), user(MACHINE)), control(N)
    ),
    "it lacks a role under a name that can be made": False_(
        taken, world(user(N, allow("iam:CreateRole", NEW))), control(N)
    ),
    "it lacks a role passed to who knows what": False_(
        passed, world(user(N, allow("iam:PassRole")), role(HERE, trusts(STRANGE))), control(N)
    ),
}


def certificate(one: World, facts: tuple[Fact, ...], rule: Rule = RULE) -> Certificate:
    return Certificate(rule, facts, fingerprint(one), catalogue_version(steps()))


@pytest.mark.parametrize("case", FALSE)
def test_a_false_certificate_is_refused_by_one_rule_alone(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    false = FALSE[case]
    made_up = certificate(false.world, false.facts, false.rule)
    assert checker.check(false.world, made_up, steps())
    others = tuple(kept for kept in checker.RULES if kept != false.by)
    monkeypatch.setattr(checker, "RULES", others)
    assert checker.check(false.world, made_up, steps()) == ()


def test_no_rule_is_without_a_certificate_that_it_alone_refuses() -> None:
    assert {false.by for false in FALSE.values()} == {*checker.RULES}


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


def _lacking(proof: Proof) -> Any:
    return replace(proof, certificate=replace(proof.certificate, facts=()))


def _of_another_rule(proof: Proof) -> Any:
    return replace(proof, rule=Rule.of((MACHINE,), (R,)))


@pytest.mark.parametrize("wrong", [_lacking, _of_another_rule])
def test_a_proof_that_is_not_taken_is_undecided_and_says_so(
    wrong: Callable[[Proof], Proof],
) -> None:
    proofs = prove(SHUT, [RULE])
    (proof,) = proofs.results
    assert isinstance(proof, Proof)
    (result,) = verified.verify(SHUT, replace(proofs, results=(wrong(proof),)), steps()).results
    assert isinstance(result, Undecided)
    assert result.why[0].startswith("the checker does not accept the proof: ")
    assert result.why[0].endswith("; report this as a bug")


def test_whoever_rewrites_a_trust_policy_tags_the_sessions_too() -> None:
    rewrites = user(N, allow("iam:UpdateAssumeRolePolicy", HERE))
    here = role(HERE, trusts({"Service": "x.amazonaws.com"}), allow("sts:AssumeRole", **TAGS))
    one = world(rewrites, here, role(R, trusts(HERE)))
    assert prove(one, [RULE]).answer is Answer.REFUTED
    lacking = certificate(one, (*control(N, HERE), Fact(Gain.RETRUST, HERE)))
    assert any("can be tagged" in fault for fault in checker.check(one, lacking, steps()))
