"""A KMS key keeps out whom its known policy keeps out, and never anybody by being unknown."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from access.prove import Answer, Refuted, Undecided
from access.rule import Rule
from access.verified import verified
from access.world import Account, Credential, Document, Grants, User, World

HERE = "111111111111"
LOW, HIGH = (f"arn:aws:iam::{HERE}:user/{name}" for name in ("low", "high"))
SECRET = f"arn:aws:secretsmanager:eu-west-1:{HERE}:secret:keys/high-??????"
KEY = f"arn:aws:kms:eu-west-1:{HERE}:key/1"
READ, DECRYPT = "secretsmanager:GetSecretValue", "kms:Decrypt"
RULE = Rule.of((LOW,), (HIGH,))


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def opened_by(principal: str) -> dict[str, Document]:
    """The key's policy lets in one principal."""
    allow = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*"}
    return {KEY: Document("the key's policy", document({**allow, "Resource": "*"}))}


def world(resources: dict[str, Document], key: str, *actions: str) -> World:
    """A user who may do this, and a secret under a key with the credential of another."""
    allowed = document({"Effect": "Allow", "Action": actions, "Resource": "*"})
    own = Grants(inline=(Document("the policy of low", allowed),))
    return World(
        accounts={HERE: Account()},
        users={LOW: User(LOW, own), HIGH: User(HIGH)},
        resources=resources,
        credentials=(Credential(SECRET, HIGH, key),),
    )


@pytest.mark.parametrize(
    ("resources", "reads", "decrypts_too"),
    [
        (opened_by(HIGH), Answer.PROVED, Answer.PROVED),
        (opened_by(f"arn:aws:iam::{HERE}:root"), Answer.PROVED, Answer.REFUTED),
        (opened_by(LOW), Answer.REFUTED, Answer.REFUTED),
    ],
    ids=["others", "the account", "the reader"],
)
def test_a_secret_is_read_by_whom_the_known_policy_of_its_key_lets_decrypt(
    resources: dict[str, Document], reads: Answer, decrypts_too: Answer
) -> None:
    assert verified(world(resources, KEY, READ), (RULE,)).answer is reads
    assert verified(world(resources, KEY, READ, DECRYPT), (RULE,)).answer is decrypts_too


UNKNOWN: dict[str, tuple[dict[str, Document], str]] = {
    "no policy is known": ({}, KEY),
    "it is named by an alias": (opened_by(HIGH), KEY.replace(":key/1", ":alias/keys")),
    "it is named by its id": (opened_by(HIGH), "1"),
    "another key's policy is known": (opened_by(HIGH), KEY.replace("/1", "/2")),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_key_that_is_not_known_keeps_nobody_out(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources, key = UNKNOWN[case]
    for actions in ((READ,), (READ, DECRYPT)):
        assert verified(world(resources, key, *actions), (RULE,)).answer is Answer.REFUTED

    # Without the world's invariant, such a key would be what shuts the secret.
    def nothing_left_out(_: World) -> None: ...

    monkeypatch.setattr(World, "__post_init__", nothing_left_out)
    assert verified(world(resources, key, READ), (RULE,)).answer is Answer.PROVED


def test_a_path_names_the_key_whose_policy_would_tell() -> None:
    unread = {SECRET: Document("the secret's policy", "{")}
    for resources, reads in (({}, READ), (unread, "s3:ListBucket")):
        (result,) = verified(world(resources, KEY, reads), (RULE,)).results
        assert isinstance(result, Undecided if resources else Refuted)
        said = [context for hop in result.path for context in hop.context]
        assert any(f"key `{KEY}` of `{SECRET}` keeping nobody out" in one for one in said)
        if isinstance(result, Undecided):
            assert any(f"`{KEY}`" in why and "lacks its policy" in why for why in result.why)


@pytest.mark.parametrize("text", [None, "{"])
def test_a_key_s_policy_that_cannot_be_read_leaves_the_proof_undecided(text: str | None) -> None:
    name = "the key's policy"
    unread = Document.missing(name, "unknown") if text is None else Document(name, text)
    answer = verified(world({KEY: unread}, KEY, READ), (RULE,)).answer
    assert answer is Answer.UNDECIDED
