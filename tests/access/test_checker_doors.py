"""Whom the checker takes to be let in, and what each layer of policies shuts."""

from dataclasses import replace
from typing import Any

import pytest

from access.catalogue import Gain
from access.checking import admitted as reading
from access.checking import closed as closing
from access.checking.doors import Actor
from access.facts import Fact
from access.prove import Proof, Rule, prove
from access.world import Account, Credential, World
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
    role,
    trusts,
    user,
    world,
)
from tests.access.test_checker_steps import (
    BOUNDARY,
    FULL,
    HERE,
    KEYS,
    LEADING,
    NEW,
    READ,
    SECRET,
    M,
    faults,
    reading_by,
    stored,
)

FAR = f"arn:aws:secretsmanager:eu-west-1:{PROD}:secret:key"
KEY = f"arn:aws:kms:eu-west-1:{STATE}:key/1"

ADMITTING = {
    "words": world(user(N), role(HERE, trusts(N))),
    "delegated": world(user(N, ASSUME), role(R, ROOT)),
    "anybody": world(user(N, ASSUME), role(R, trusts("*"))),
}
"""Worlds in which somebody is let in, by what of the policy alone."""


def overlook(monkeypatch: pytest.MonkeyPatch, part: str, *, nobody: bool) -> None:
    """Let the checker overlook a part of whom policies let in."""
    admitted = reading.admitted
    nothing: Any = False if nobody else frozenset[str]()

    def mutant(text: str | None) -> reading.Admitted:
        return replace(admitted(text), **{part: nothing})

    monkeypatch.setattr(closing, "admitted", mutant)


@pytest.mark.parametrize("by", ADMITTING)
def test_whom_a_policy_names_is_let_in(by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = ADMITTING[by]
    assert faults(one)
    overlook(monkeypatch, by, nobody=by == "anybody")
    assert faults(one) == ()


def test_a_session_named_by_its_arn_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    here = role(HERE, trusts(N))
    named = f"arn:aws:sts::{STATE}:assumed-role/here/s"
    one = stored(world(user(N), user(M), here), reading_by(named))
    assert faults(one, Fact(Gain.CONTROL, HERE))
    overlook(monkeypatch, "accounts", nobody=False)
    assert faults(one, Fact(Gain.CONTROL, HERE)) == ()


def test_what_names_a_user_follows_it_to_a_new_name(monkeypatch: pytest.MonkeyPatch) -> None:
    one = LEADING[Gain.RENAME]
    assert faults(one.world, one.fact, *one.facts)
    of = Actor.of

    def under_its_own_name(label: str, *, renamed: bool) -> Actor:
        return of(label, renamed=renamed and not label)

    monkeypatch.setattr(Actor, "of", under_its_own_name)
    assert faults(one.world, one.fact, *one.facts) == ()


def encrypted(key_policy: dict[str, Any]) -> World:
    here = world(user(N, [READ, allow("kms:Decrypt")]), user(M))
    return replace(
        here, credentials=(Credential(SECRET, M, KEY),), resources={KEY: doc(key_policy, "key")}
    )


def test_a_secret_is_read_only_with_its_key() -> None:
    whole = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{STATE}:root"}}
    read, decrypted = Fact(Gain.CONTROL, SECRET), Fact(Gain.CONTROL, KEY)
    assert any("kms-decrypt" in fault for fault in faults(encrypted(whole), read))
    assert any("can be read" in fault for fault in faults(encrypted(whole), read, decrypted))
    others = {**whole, "Principal": {"AWS": M}}
    assert faults(encrypted(others), read) == ()


def test_a_secret_whose_policy_is_written_is_read_by_who_is_allowed_nothing_else() -> None:
    one = stored(world(user(N, allow("secretsmanager:PutResourcePolicy")), user(M)))
    (result,) = prove(one, [Rule.of((N,), (M,))]).results
    assert not isinstance(result, Proof)
    rewritten = Fact(Gain.REWRITE, SECRET)
    assert any("secretsmanager-get-secret-value" in fault for fault in faults(one, rewritten))


def across(**far: Any) -> World:
    here = {STATE: Account("o-1"), PROD: Account("o-1", **far)}
    return stored(world(user(N, READ), user(M), accounts=here), reading_by(N), FAR)


def test_each_layer_of_policies_shuts_what_is_open_without_it() -> None:
    limit = {**deny("secretsmanager:*"), "Principal": "*"}
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    rcps = ((doc(everybody, "full"), doc(limit, "RCP")),)
    assert faults(across())
    assert faults(across(rcps=rcps)) == ()
    scps = ((FULL, doc(deny("iam:*"), "SCP")),)
    for shut in (
        world(user(N, KEYS), user(M), accounts={STATE: Account(scps=scps)}),
        world(user(N, [KEYS, deny("iam:*")]), user(M)),
        world(user(N, KEYS, boundary=BOUNDARY), user(M), policies={BOUNDARY: doc(allow("s3:*"))}),
    ):
        assert faults(shut) == ()
    assert faults(world(user(N, KEYS), user(M)))


def test_an_scp_with_a_condition_or_of_some_resources_denies_nothing_outright() -> None:
    for denied in (
        deny("iam:*", StringEquals={"aws:PrincipalTag/a": "b"}),
        deny("iam:*", HERE),
        {"Effect": "Deny", "NotAction": "s3:*", "Resource": HERE},
    ):
        scps = ((FULL, doc(denied, "SCP")),)
        assert faults(world(user(N, KEYS), user(M), accounts={STATE: Account(scps=scps)}))


def test_a_service_linked_role_is_limited_by_no_scp() -> None:
    linked = f"arn:aws:iam::{STATE}:role/aws-service-role/x.amazonaws.com/X"
    scps = ((FULL, doc(deny("iam:*"), "SCP")),)
    one = world(
        user(N), user(M), role(linked, trusts(N), KEYS), accounts={STATE: Account(scps=scps)}
    )
    assert any(f"`{linked}` can" in fault for fault in faults(one, Fact(Gain.CONTROL, linked)))


def test_one_of_the_principals_that_may_be_made_is_taken_over_by_its_name() -> None:
    one = world(user(N, allow("iam:CreateAccessKey", f"{NEW}-1")))
    assert any(
        "iam-create-access-key" in fault for fault in faults(one, Fact(Gain.MINT, f"{NEW}*"))
    )


@pytest.mark.parametrize("account", [None, STATE])
def test_an_object_is_read_by_whom_its_bucket_lets_in(account: str | None) -> None:
    policy = {"s3": {**allow("s3:GetObject"), "Principal": {"AWS": N}}}
    stored_there = (Credential("arn:aws:s3:::b/k", M, account=account),)
    shut = replace(world(user(N), user(M)), credentials=stored_there)
    assert faults(shut) == ()
    assert faults(replace(shut, resources={"arn:aws:s3:::b": doc(policy["s3"])}))


def test_a_secrets_policy_speaks_of_no_other_service() -> None:
    one = stored(world(user(N), user(M)), {**reading_by(N), "Action": "*"})
    read = Fact(Gain.CONTROL, SECRET), Fact(Gain.CONTROL, M), Fact(Gain.REWRITE, SECRET)
    assert faults(one, *read) == ()


def bucket(*actions: str) -> dict[str, Any]:
    return {**allow(list(actions), "arn:aws:s3:::b"), "Principal": {"AWS": N}}


def test_the_policy_of_a_bucket_in_another_account_is_written_by_whom_it_lets() -> None:
    writes = world(user(N, allow("s3:PutBucketPolicy", "arn:aws:s3:::b")), user(M))
    one = replace(writes, credentials=(Credential("arn:aws:s3:::b/k", M, account=PROD),))
    opened = replace(one, resources={"arn:aws:s3:::b": doc(bucket("s3:PutBucketPolicy"))})
    assert any("s3-put-bucket-policy" in fault for fault in faults(opened))
    assert faults(replace(one, resources={"arn:aws:s3:::b": doc(bucket("s3:ListBucket"))})) == ()


def test_a_secret_known_by_a_pattern_is_read_by_its_name_from_another_account() -> None:
    one = stored(world(user(N, allow(READ["Action"], FAR)), user(M)), reading_by(N), FAR)
    known = replace(one, credentials=(Credential(f"{FAR[:-1]}?", M),))
    assert any("secretsmanager-get-secret-value" in fault for fault in faults(known))


def test_a_role_of_another_account_is_assumed_by_who_may_assume_it_by_name() -> None:
    assert faults(world(user(N, allow("sts:AssumeRole", R)), role(R, ROOT)))


def test_a_role_pinned_to_a_principals_arn_is_assumed_by_that_principal() -> None:
    pinned = trusts(f"arn:aws:iam::{STATE}:root", ArnEquals={"aws:PrincipalArn": N})
    assert faults(world(user(N, ASSUME), role(R, pinned)))


def test_a_federated_user_pinned_by_its_arn_is_let_in() -> None:
    guests = f"arn:aws:sts::{STATE}:federated-user/*"
    pinned = {"ArnEquals": {"aws:PrincipalArn": f"{guests[:-1]}guest"}}
    one = stored(world(user(N), user(M)), {**reading_by("*"), "Condition": pinned})
    made = Fact(Gain.MINT, guests), Fact(Gain.CONTROL, guests)
    assert any("secretsmanager-get-secret-value" in fault for fault in faults(one, *made))


def test_a_principal_with_wildcards_may_be_anybody() -> None:
    assert faults(world(user(N, ASSUME), role(R, trusts(f"arn:aws:iam::{STATE}:user/n*"))))


def test_one_of_a_pattern_may_have_the_arn_that_a_trust_policy_is_pinned_to() -> None:
    team = f"arn:aws:iam::{STATE}:user/team/*"
    pinned = trusts(f"arn:aws:iam::{STATE}:root", ArnLike={"aws:PrincipalArn": f"{team[:-1]}a*"})
    facts = (Fact(gain, team) for gain in (Gain.MINT, Gain.CONTROL, Gain.GRANT))
    found = faults(world(user(N), role(R, pinned)), *facts)
    assert any(f"`{team}` can assume `{R}`" in fault for fault in found)
