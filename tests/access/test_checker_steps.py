"""The checker reckons with each step of the catalogue, and with all that each gain gives."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from access.catalogue import Gain, Step, steps
from access.certificate import Certificate, catalogue_version, fingerprint
from access.checker import check
from access.checking import taken
from access.evidence import Evidence, Put
from access.facts import Fact
from access.prove import Proof, Rule, prove
from access.world import Account, Credential, Group, World
from tests.access.small_world import (
    ASSUME,
    PROD,
    ROOT,
    STATE,
    N,
    R,
    allow,
    deny,
    doc,
    grants,
    role,
    trusts,
    user,
    world,
)
from tests.access.steps_world import HELPERS, case
from tests.access.test_catalogue_steps import OPENING

RULE = Rule.of((N,), (f"arn:aws:iam::{PROD}:role/nobody",))
M, NEW = (f"arn:aws:iam::{STATE}:user/{name}" for name in ("m", "new"))
HERE = f"arn:aws:iam::{STATE}:role/here"
POLICY, BOUNDARY = (f"arn:aws:iam::{STATE}:policy/{name}" for name in ("p", "boundary"))
GROUP = f"arn:aws:iam::{STATE}:group/g"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:key"
KEYS, READ = allow("iam:CreateAccessKey", M), allow("secretsmanager:GetSecretValue")
FULL = doc({"Effect": "Allow", "Action": "*", "Resource": "*"}, "full access")


def certificate(one: World, facts: tuple[Fact, ...]) -> Certificate:
    return Certificate(RULE, facts, fingerprint(one), catalogue_version(steps()))


def faults(one: World, *facts: Fact) -> tuple[str, ...]:
    return check(one, certificate(one, (Fact(Gain.CONTROL, N), *facts)), steps())


@pytest.mark.parametrize("step", OPENING, ids=lambda step: step.id)
def test_a_certificate_from_before_a_step_was_known_is_refused_for_that_step(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = case(step)
    helpers = tuple(helper for helper in HELPERS if helper != step)
    (before,) = prove(one.world, [one.rule], catalogue=helpers).results
    assert isinstance(before, Proof)
    known = (*helpers, step)
    relabelled = replace(before.certificate, catalogue=catalogue_version(known))
    found = check(one.world, relabelled, known)
    assert any(f"`{step.id}`" in fault for fault in found)
    possible = taken.possible

    def without(some: Iterable[Step], actions: frozenset[str]) -> taken.Ways:
        return possible([one for one in some if one != step], actions)

    monkeypatch.setattr(taken, "possible", without)
    assert check(one.world, relabelled, known) == ()


@dataclass(frozen=True, slots=True)
class Given:
    """A world and facts, of which one opens a way out: without it the set is closed."""

    world: World
    fact: Fact
    facts: tuple[Fact, ...] = ()


def stored(one: World, policy: dict[str, Any] | None = None, secret: str = SECRET) -> World:
    resources = {} if policy is None else {secret: doc(policy, "policy of the secret")}
    return replace(one, credentials=(Credential(secret, M),), resources=resources)


def reading_by(principal: str) -> dict[str, Any]:
    return {**READ, "Principal": {"AWS": principal}}


PASSED = {"Service": "lambda.amazonaws.com"}
LEADING = {
    Gain.CONTROL: Given(world(user(N), user(M), role(HERE, trusts(M))), Fact(Gain.CONTROL, M)),
    Gain.GRANT: Given(world(user(N), user(M)), Fact(Gain.GRANT, N)),
    Gain.DETACH: Given(
        world(user(N, [KEYS, deny("iam:CreateAccessKey")]), user(M)), Fact(Gain.DETACH, N)
    ),
    Gain.UNBIND: Given(
        world(
            user(N, KEYS, boundary=BOUNDARY), user(M), policies={BOUNDARY: doc(allow("s3:*"), "b")}
        ),
        Fact(Gain.UNBIND, N),
    ),
    Gain.REWRITE: Given(
        world(
            user(N, KEYS, boundary=BOUNDARY), user(M), policies={BOUNDARY: doc(allow("s3:*"), "b")}
        ),
        Fact(Gain.REWRITE, BOUNDARY),
    ),
    Gain.JOIN: Given(
        world(user(N), user(M), Group(GROUP, grants(GROUP, KEYS))), Fact(Gain.JOIN, GROUP)
    ),
    Gain.LEAVE: Given(
        world(user(N, KEYS, groups=(GROUP,)), user(M), Group(GROUP, grants(GROUP, deny("iam:*")))),
        Fact(Gain.LEAVE, GROUP),
    ),
    Gain.RETRUST: Given(world(user(N), role(HERE, trusts(PASSED))), Fact(Gain.RETRUST, HERE)),
    Gain.TAG: Given(
        world(
            user(N, ASSUME),
            role(R, trusts(N, StringEquals={"aws:PrincipalTag/env": "prod"})),
        ),
        Fact(Gain.TAG, N),
    ),
    Gain.SESSION: Given(
        world(
            user(N),
            role(HERE, trusts(N), ASSUME),
            role(R, trusts(HERE, StringEquals={"aws:PrincipalTag/env": "prod"})),
        ),
        Fact(Gain.SESSION, HERE),
        (Fact(Gain.CONTROL, HERE),),
    ),
    Gain.ENROL: Given(
        world(
            user(N, ASSUME, mfa=False),
            role(R, trusts(N, Bool={"aws:MultiFactorAuthPresent": "true"})),
        ),
        Fact(Gain.ENROL, N),
    ),
    Gain.MINT: Given(world(user(N, allow("iam:CreateAccessKey", NEW))), Fact(Gain.MINT, NEW)),
    Gain.RENAME: Given(
        stored(world(user(N, deny("secretsmanager:*")), user(M)), reading_by(N)),
        Fact(Gain.RENAME, NEW),
        (Fact(Gain.CONTROL, NEW),),
    ),
    Gain.VOUCH: Given(
        world(
            user(N),
            role(HERE, trusts({"Federated": "example.org"}, "sts:AssumeRoleWithWebIdentity")),
        ),
        Fact(Gain.VOUCH, "example.org"),
    ),
    Gain.UNLOCK: Given(
        world(
            user(N, KEYS),
            user(M),
            accounts={STATE: Account("o-1", scps=((FULL, doc(deny("iam:*"), "SCP")),))},
        ),
        Fact(Gain.UNLOCK, "o-1"),
    ),
    Gain.ADMINISTER: Given(world(user(N), role(R, ROOT)), Fact(Gain.ADMINISTER, STATE)),
}


@pytest.mark.parametrize("gain", LEADING, ids=lambda gain: gain.value)
def test_what_a_gain_leads_to_is_demanded(gain: Gain) -> None:
    one = LEADING[gain]
    others = [fact for fact in one.facts if fact.gain is not Gain.CONTROL or gain is Gain.SESSION]
    assert faults(one.world, *others) == ()
    assert faults(one.world, one.fact, *one.facts)


DECIDED = (
    *(Gain.DETACH, Gain.UNBIND, Gain.REWRITE, Gain.LEAVE, Gain.TAG, Gain.SESSION, Gain.ENROL),
    *(Gain.GRANT, Gain.JOIN, Gain.RENAME, Gain.UNLOCK),
)


@pytest.mark.parametrize("gain", DECIDED, ids=lambda gain: gain.value)
def test_a_checker_that_overlooks_a_gain_takes_what_is_false(
    gain: Gain, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = LEADING[gain]
    decided, limits = Evidence.question, Evidence.scps

    def without(facts: Container[Fact]) -> Container[Fact]:
        some = cast("frozenset[Fact]", facts)
        return frozenset(fact for fact in some if fact.gain is not gain)

    def question(self: Evidence, put: Put, facts: Container[Fact]) -> Any:
        return decided(self, put, without(facts))

    def scps(self: Evidence, account: str | None, facts: Container[Fact]) -> Any:
        return limits(self, account, without(facts))

    monkeypatch.setattr(Evidence, "question", question)
    monkeypatch.setattr(Evidence, "scps", scps)
    assert faults(one.world, one.fact, *one.facts) == ()


def test_every_gain_is_followed_up() -> None:
    of_labels = {Gain.ATTACH, Gain.BIND}  # of who has another boundary, or one policy more
    assert {*LEADING} == {*Gain} - of_labels
