"""Who may write the policy of what is stored reads it; who starts as an account may come by it."""

from dataclasses import replace

import pytest

from access.catalogue import Gain
from access.facts import Fact
from access.prove import Answer, Refuted, Rule, prove
from access.world import Credential, Document, World
from tests.access.small_world import PROD, ROOT, STATE, N, R, allow, doc, role, user, verdict, world
from tests.access.test_checker_steps import faults

GOAL = f"arn:aws:iam::{PROD}:user/goal"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:key-a1b2c3"
OTHER = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:other-a1b2c3"
BUCKET = "arn:aws:s3:::state"
OBJECT = f"{BUCKET}/stack.json"
SHUT = doc({**allow("*"), "Effect": "Deny", "Principal": "*"})


def stored(action: str, on: str, holds: str, policies: dict[str, Document] | None = None) -> World:
    credential = Credential(holds, GOAL, account=STATE)
    return world(
        user(N, allow(action, on)), user(GOAL), credentials=(credential,), resources=policies or {}
    )


@pytest.mark.parametrize(
    ("action", "on", "holds"),
    [
        ("secretsmanager:PutResourcePolicy", SECRET, SECRET),
        ("secretsmanager:PutResourcePolicy", "*", SECRET),
        ("s3:PutBucketPolicy", BUCKET, OBJECT),
    ],
)
@pytest.mark.parametrize("policies", [{}, {SECRET: SHUT, BUCKET: SHUT}], ids=["none", "denying"])
def test_who_may_write_the_policy_of_what_is_stored_reads_it_in_two_steps(
    action: str, on: str, holds: str, policies: dict[str, Document]
) -> None:
    kept = {arn: policy for arn, policy in policies.items() if holds.startswith(arn)}
    if kept:  # a Deny of everything would keep out the writer, too
        kept = {arn: doc({**allow("s3:GetObject"), "Principal": {"AWS": GOAL}}) for arn in kept}
    (result,) = prove(stored(action, on, holds, kept), [Rule.of((N,), (GOAL,))]).results
    assert isinstance(result, Refuted)
    assert [hop.gained.gain.value for hop in result.path] == ["rewrite", "control", "control"]


KEY = f"arn:aws:kms:eu-west-1:{STATE}:key/1"
READ = "secretsmanager:GetSecretValue"
THEIRS = {**allow("kms:*"), "Principal": {"AWS": GOAL}}


def encrypted(*actions: str, key: Document | None = None) -> World:
    one = stored("s3:ListBucket", "*", SECRET, {KEY: key or doc(THEIRS)})
    kept = (Credential(SECRET, GOAL, key=KEY),)
    return replace(one, users={**one.users, N: user(N, allow(list(actions)))}, credentials=kept)


def test_who_may_write_the_policy_of_a_secrets_key_reads_the_secret() -> None:
    letting_write = {**allow("kms:PutKeyPolicy"), "Principal": {"AWS": N}}
    for one in (
        encrypted(READ, "kms:PutKeyPolicy", key=doc([THEIRS, {**ROOT, "Action": "kms:Put*"}])),
        encrypted(READ, key=doc([THEIRS, letting_write])),
    ):
        (result,) = prove(one, [Rule.of((N,), (GOAL,))]).results
        assert isinstance(result, Refuted)
        gains = [(hop.gained.gain.value, hop.gained.of) for hop in result.path]
        assert ("rewrite", KEY) in gains
        assert gains[-1] == ("control", GOAL)


def test_the_key_alone_or_the_secret_alone_is_not_enough() -> None:
    let = doc([THEIRS, {**ROOT, "Action": "kms:Put*"}])
    assert verdict(encrypted("kms:PutKeyPolicy", key=let), never=GOAL) is Answer.PROVED
    assert verdict(encrypted(READ, "kms:PutKeyPolicy"), never=GOAL) is Answer.PROVED
    assert verdict(encrypted(READ, key=let), never=GOAL) is Answer.PROVED


def test_the_checker_demands_what_a_key_with_another_policy_opens() -> None:
    one = encrypted(READ, "kms:PutKeyPolicy", key=doc([THEIRS, {**ROOT, "Action": "kms:Put*"}]))
    needed = {
        Fact(Gain.REWRITE, KEY): "kms-put-key-policy",
        Fact(Gain.CONTROL, KEY): "kms-decrypt",
        Fact(Gain.CONTROL, SECRET): "secretsmanager-get-secret-value",
    }
    for lacking, step in needed.items():
        found = faults(one, *(fact for fact in needed if fact != lacking))
        assert any(f"`{step}`" in fault for fault in found), step


def test_who_may_write_the_policy_of_another_secret_reads_nothing() -> None:
    one = stored("secretsmanager:PutResourcePolicy", OTHER, SECRET)
    assert verdict(one, never=GOAL) is Answer.PROVED


def test_who_is_in_an_account_from_the_start_administers_it_once_one_of_them_does() -> None:
    one = world(user(N, allow("*")), role(R, ROOT))
    for start in (N, f"arn:aws:iam::{STATE}:user/*", f"arn:aws:iam::{STATE}:*"):
        assert verdict(one, start) is Answer.REFUTED, start
