"""Who may write the policy of what is stored reads it; who starts as an account may come by it."""

import pytest

from access.prove import Answer, Refuted, Rule, prove
from access.world import Credential, Document, World
from tests.access.small_world import PROD, ROOT, STATE, N, R, allow, doc, role, user, verdict, world

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


def test_who_may_write_the_policy_of_another_secret_reads_nothing() -> None:
    one = stored("secretsmanager:PutResourcePolicy", OTHER, SECRET)
    assert verdict(one, never=GOAL) is Answer.PROVED


def test_who_is_in_an_account_from_the_start_administers_it_once_one_of_them_does() -> None:
    one = world(user(N, allow("*")), role(R, ROOT))
    for start in (N, f"arn:aws:iam::{STATE}:user/*", f"arn:aws:iam::{STATE}:*"):
        assert verdict(one, start) is Answer.REFUTED, start
