"""Federated users have what their maker has, in other accounts too, and no session from STS."""

from dataclasses import replace
from typing import Any

import pytest

from access import decide as deciding
from access import evidence as reckoning
from access.catalogue import Gain, steps
from access.checking import closed as closing
from access.checking import taken
from access.facts import Fact
from access.label import acting
from access.prove import Answer, Rule, prove
from access.reach.standing import Standing
from access.reach.units import Standings, Unit
from access.reproof import Reproof
from access.verified import verify
from access.world import Account, Credential, Group, World
from tests.access.small_world import (
    ASSUME,
    PROD,
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
from tests.access.test_checker_steps import BOUNDARY, FULL, GROUP, HERE, M, faults

P = f"arn:aws:iam::{PROD}:user/p"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{PROD}:secret:key"
FAR_KEY = f"arn:aws:kms:eu-west-1:{PROD}:key/1"
GUESTS = f"arn:aws:sts::{STATE}:federated-user/*"
GUEST = f"{GUESTS[:-1]}guest"
READ, PUT = "secretsmanager:GetSecretValue", "secretsmanager:PutResourcePolicy"
FEDERATE = allow("sts:GetFederationToken")
BY_N, BY_ANYBODY = acting(GUESTS, N), acting(GUESTS, f"arn:aws:iam::{STATE}:*")


def guarded(*own: dict[str, Any], to: str = GUEST, action: str = READ, **rest: Any) -> World:
    """Return a world where a production user's key is in a secret that lets in `to`."""
    policy = {**allow(action), "Principal": {"AWS": to}}
    return replace(
        world(user(N, list(own), **rest), user(P)),
        credentials=(Credential(SECRET, P),),
        resources={SECRET: doc(policy, "policy of the secret")},
    )


def decrypting() -> World:
    """Return a world where the secret's key, too, lets in the guest."""
    one = guarded(FEDERATE, allow([READ, "kms:Decrypt"]))
    policy = {**allow("kms:*"), "Principal": {"AWS": GUEST}}
    return replace(
        one,
        credentials=(Credential(SECRET, P, key=FAR_KEY),),
        resources={**one.resources, FAR_KEY: doc(policy, "policy of the key")},
    )


def bounded(*own: dict[str, Any]) -> World:
    policies = {BOUNDARY: doc(allow(["sts:*", "iam:*"]), "boundary")}
    return replace(guarded(*own, boundary=BOUNDARY), policies=policies)


def limited() -> World:
    denying = ((FULL, doc(deny(READ), "SCP")),)
    accounts = {STATE: Account("o-1", scps=denying), PROD: Account("o-1")}
    return replace(guarded(FEDERATE, allow(READ)), accounts=accounts)


GRANTED = {"groups": {GROUP: Group(GROUP, grants(GROUP, allow(READ)))}}

REFUTED = {
    "who reads, and makes sessions": guarded(FEDERATE, allow(READ)),
    "of that name": guarded(allow(FEDERATE["Action"], GUEST), allow(READ)),
    "who administers": guarded(allow("*")),
    "whose key lets them in too": decrypting(),
    "who may be in a group that reads": replace(
        guarded(FEDERATE, allow("iam:AddUserToGroup")), **GRANTED
    ),
    "whose boundary comes off": bounded(
        FEDERATE, allow(READ), allow("iam:DeleteUserPermissionsBoundary")
    ),
    "who writes the policy": guarded(FEDERATE, allow([READ, PUT]), action=PUT),
    "who is denied under the own ARN": guarded(
        FEDERATE, allow(READ), deny(READ, ArnEquals={"aws:PrincipalArn": N})
    ),
}

PROVED = {
    "who only makes sessions": guarded(FEDERATE),
    "who only reads": guarded(allow(READ)),
    "of another name": guarded(allow(FEDERATE["Action"], f"{GUEST}s"), allow(READ)),
    "who is denied": guarded(FEDERATE, allow(READ), deny(READ)),
    "whose boundary stays": bounded(FEDERATE, allow(READ)),
    "whose account is limited": limited(),
    "whom the policy does not name": guarded(FEDERATE, allow(READ), to=M),
    "whose group does not read": guarded(FEDERATE, allow("iam:AddUserToGroup")),
    "who is a role": replace(
        guarded(ASSUME), roles={HERE: role(HERE, trusts(N), [FEDERATE, allow(READ)])}
    ),
    "whom a trust policy names": world(user(N, [FEDERATE, ASSUME]), role(R, trusts(GUEST))),
    "of an administrator, whom a trust policy names": world(
        user(N, allow("*")), role(R, trusts(GUEST))
    ),
}


def nobody(_: str) -> None:
    """Overlook that federated users act for somebody."""


def anybody(label: str) -> str | None:
    """Take federated users to act for N, whosesoever they are."""
    return N if ":federated-user/" in label else None


def administrator(_: str, label: str) -> str:
    """Overlook the federated users of whoever administers an account."""
    return label


def never(_: str) -> bool:
    """Take no action to be one that STS refuses to federated users."""
    return False


def answer(one: World) -> Answer:
    proofs = prove(one, [Rule.of((N,), (f"arn:aws:iam::{PROD}:*",))])
    return verify(one, proofs, steps()).answer


@pytest.mark.parametrize("of", REFUTED)
def test_a_federated_user_has_what_its_maker_has(of: str) -> None:
    assert answer(REFUTED[of]) is Answer.REFUTED


@pytest.mark.parametrize("of", PROVED)
def test_a_federated_user_has_no_more(of: str) -> None:
    assert answer(PROVED[of]) is Answer.PROVED


@pytest.mark.parametrize("of", ["who reads, and makes sessions", "who administers"])
def test_a_search_that_gives_federated_users_nothing_overlooks_it(
    of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(self: Standings, unit: Unit, _: str, facts: Any) -> Standing:
        return self.of(replace(unit, label=GUESTS), facts)

    monkeypatch.setattr(Standings, "_acting", nothing)
    one = prove(REFUTED[of], [Rule.of((N,), (f"arn:aws:iam::{PROD}:*",))])
    assert one.answer is Answer.PROVED
    (result,) = verify(REFUTED[of], one, steps()).results
    assert "does not accept the proof" in str(result)


MADE = (Fact(Gain.MINT, BY_N), Fact(Gain.CONTROL, BY_N))
ADMINISTERED = (Fact(Gain.ADMINISTER, STATE), Fact(Gain.UNLOCK, STATE))


def test_the_checker_demands_what_a_federated_user_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    one = guarded(FEDERATE, allow(READ))
    assert any("get-secret-value" in fault for fault in faults(one, *MADE))
    monkeypatch.setattr(reckoning, "maker", nobody)
    assert faults(one, *MADE) == ()


def test_the_checker_demands_what_an_administrators_federated_users_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = guarded(allow("*"))
    assert any(f"`{BY_ANYBODY}` can" in fault for fault in faults(one, *ADMINISTERED))
    monkeypatch.setattr(closing, "acting", administrator)
    assert faults(one, *ADMINISTERED) == ()


def test_the_checker_demands_the_federated_users_of_each_maker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = world(user(N, FEDERATE), user(M))
    by_m = acting(GUESTS, M)
    others = (Fact(Gain.MINT, by_m), Fact(Gain.CONTROL, by_m))
    assert faults(one, *MADE) == ()
    assert any("can make" in fault for fault in faults(one, *others))
    monkeypatch.setattr(taken, "maker", anybody)
    assert faults(one, *others) == ()


@pytest.mark.parametrize("admin", [False, True])
def test_sts_takes_no_assume_role_from_a_federated_user(
    admin: bool,  # noqa: FBT001 -- a case
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = world(user(N, allow("*") if admin else [FEDERATE, ASSUME]), role(R, trusts(GUEST)))
    facts = ADMINISTERED if admin else MADE
    assert faults(one, *facts) == ()
    monkeypatch.setattr(deciding, "_is_of_sts", never)
    assert any(f"can assume `{R}`" in fault for fault in faults(one, *facts))


def test_whether_a_deny_to_its_maker_keeps_a_federated_user_out_is_not_known() -> None:
    here = SECRET.replace(PROD, STATE)
    denying = {**deny(READ), "Principal": {"AWS": N}}
    one = replace(
        world(user(N, [FEDERATE, allow(READ)]), user(P)),
        credentials=(Credential(here, P),),
        resources={here: doc(denying, "policy of the secret")},
    )
    assert answer(one) is Answer.UNDECIDED


def test_a_proof_kept_over_a_change_of_the_maker_reckons_with_its_federated_users() -> None:
    before = guarded(FEDERATE)
    kept = Reproof(before, [Rule.of((N,), (f"arn:aws:iam::{PROD}:*",))])
    for more, expected in ((READ, Answer.REFUTED), ("s3:GetObject", Answer.PROVED)):
        changed = guarded(FEDERATE, allow(more)).users[N]
        after = kept.after(replace(before, users={**before.users, N: changed}))
        assert after.proofs.answer is expected
