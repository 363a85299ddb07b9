"""Secrets' own policies: the model's exactly, as a rule judges them and as the proof reads them."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from iam_profiles.model import Profiles, SecretsManager
from iam_profiles.names import IdentityClass
from iam_profiles.render_stores import secret_policy, store_keys
from policies.account_world import account_world
from policies.every_account import every_account
from policies.finding import Finding
from policies.known_types import KMS_ALIAS, KMS_KEY, SECRET
from policies.registered import Registered
from policies.secret_policies import secret_policies
from tests.policies.checkpoints import as_deployed
from tests.policies.test_every_account import EVERYTHING, NONPROD_GROUP, add, found, storing
from tests.policies.worlds import UNKNOWN_INPUT, World, profiles

PROD = "platform-prod"
NONPROD_USER = "arn:aws:iam::111111111111:user/PlatformServiceUsers/nonprod/platform-nonprod"


@cache
def keeping(*, keepers: tuple[str, ...] = ("IamProfilesRole",), keys: bool = True) -> Profiles:
    """The example organisation, whose secrets are locked to their readers and keepers."""
    kept = SecretsManager(keepers=keepers, customer_key=keys)
    organization = profiles().organization.model_copy(update={"secrets_store": kept})
    return profiles().model_copy(update={"organization": organization})


def rendered(identity_class: IdentityClass) -> str:
    policy = secret_policy(keeping().organization, identity_class)
    assert policy is not None
    return policy


def locked(world: World) -> World:
    """The state stack, with each secret's policy as the model has it."""
    for user in keeping().service_users:
        alias = f"alias/iam-profiles/{user.identity_class}"
        world.change(SECRET, user.name, policy=rendered(user.identity_class), kmsKeyId=alias)
    for key in store_keys(keeping()):
        world.add(KMS_KEY, key.name, policy=key.policy, enableKeyRotation=True)
        world.add(KMS_ALIAS, key.name, name=key.alias, targetKeyId=UNKNOWN_INPUT)
    return world


def judged(world: World, model: Profiles | None = None, **targets: str) -> list[Finding]:
    """What is found in the stack, each alias of which is made with the key of its own name.

    `targets` gives one, `store_prod`, the key of another.
    """

    def made(stack: Registered) -> Registered:
        of = {world.urn(KMS_ALIAS, key.name): key.name for key in store_keys(keeping())}
        sources = {
            alias: {"targetKeyId": (world.urn(KMS_KEY, targets.get(key.replace("-", "_"), key)),)}
            for alias, key in of.items()
        }
        return Registered(
            tuple(replace(one, sources=sources.get(one.urn, {})) for one in stack.resources)
        )

    return list(secret_policies(made(world.registered()), model or keeping()))


def edited(change: Callable[[dict[str, Any]], None], policy: str | None = None) -> str:
    """A policy, the prod class's secrets' unless given, with one change."""
    document = json.loads(policy or rendered(IdentityClass.PROD))
    change(document)
    return json.dumps(document)


def _first(document: dict[str, Any]) -> dict[str, Any]:
    return document["Statement"][0]


def _said(document: dict[str, Any], sid: str) -> dict[str, Any]:
    return next(one for one in document["Statement"] if one["Sid"] == sid)


MUTANTS: dict[str, object] = {
    "there is none": None,
    "it is unknown": UNKNOWN_INPUT,
    "the class nonprod reads": rendered(IdentityClass.NONPROD),
    "readers of every class read": edited(
        lambda document: _first(document)["Condition"]["ArnNotLike"]["aws:PrincipalArn"].append(
            "arn:aws:iam::111111111111:role/PlatformReaders/*"
        )
    ),
    "nobody is denied reading": edited(lambda document: document["Statement"].pop(0)),
    "a user of class nonprod is let in": edited(
        lambda document: document["Statement"].append(
            {
                "Effect": "Allow",
                "Principal": {"AWS": NONPROD_USER},
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "*",
            }
        )
    ),
}


def test_the_models_own_policies_pass_however_they_are_laid_out() -> None:
    world = locked(World("state"))
    world.change(SECRET, PROD, policy=edited(lambda _: None))
    assert judged(world) == []


@pytest.mark.parametrize("mutant", MUTANTS)
def test_any_other_policy_of_a_secret_is_refused(mutant: str) -> None:
    world = locked(World("state"))
    world.change(SECRET, PROD, policy=MUTANTS[mutant])
    [finding] = judged(world)
    assert finding.urn == world.urn(SECRET, PROD)
    assert "is not the model's" in finding.found


KEY_MUTANTS: dict[str, object] = {
    "the account's own": None,
    "it is unknown": UNKNOWN_INPUT,
    "the class nonprod decrypts": edited(
        lambda document: _said(document, "ReadersDecrypt")["Condition"]["ArnLike"][
            "aws:PrincipalArn"
        ].append("arn:aws:iam::111111111111:role/PlatformReaders/nonprod/*"),
        store_keys(keeping())[1].policy,
    ),
    "nobody is denied decrypting": edited(
        lambda document: document["Statement"].remove(_said(document, "NobodyElseDecrypts")),
        store_keys(keeping())[1].policy,
    ),
}


@pytest.mark.parametrize("mutant", KEY_MUTANTS)
def test_any_other_policy_of_a_key_is_refused(mutant: str) -> None:
    world = locked(World("state"))
    world.change(KMS_KEY, "store-prod", policy=KEY_MUTANTS[mutant])
    [finding] = judged(world)
    assert finding.urn == world.urn(KMS_KEY, "store-prod")
    assert "is not the model's" in finding.found


@pytest.mark.parametrize("key", [None, "alias/iam-profiles/nonprod", UNKNOWN_INPUT])
def test_a_secret_under_another_key_is_refused(key: object) -> None:
    world = locked(World("state"))
    world.change(SECRET, PROD, kmsKeyId=key)
    [finding] = judged(world)
    assert "is not encrypted with the model's key" in finding.found


def test_an_alias_beside_the_model_is_refused() -> None:
    world = locked(World("state"))
    world.add(KMS_ALIAS, "other", name="alias/other", targetKeyId="k")
    [finding] = judged(world)
    assert finding.urn == world.urn(KMS_ALIAS, "other")


def test_an_alias_that_names_another_key_is_refused_made_or_to_be_made() -> None:
    alias, another = World("state").urn(KMS_ALIAS, "store-prod"), "the alias names another key"
    [finding] = judged(locked(World("state")), store_prod="store-nonprod")
    assert (finding.urn, finding.found.startswith(another)) == (alias, True)
    [finding] = judged(locked(World("state")), store_prod="nowhere")
    assert finding.urn == alias
    for target, own in (("key-of-prod", True), ("key-of-nonprod", False), ("elsewhere", False)):
        world = locked(World("state"))
        world.change(KMS_ALIAS, "store-prod", targetKeyId=target)
        ids = {
            world.urn(KMS_KEY, f"store-{one}"): {"keyId": f"key-of-{one}"}
            for one in ("nonprod", "prod")
        }
        there = Registered(
            tuple(
                replace(one, outputs=ids.get(one.urn, {}))
                for one in world.registered().resources
                if one.urn != world.urn(KMS_ALIAS, "store-nonprod")
            )
        )
        found_there = [one.urn for one in secret_policies(there, keeping())]
        assert found_there == ([] if own else [alias]), target


def test_what_the_model_does_not_have_is_refused() -> None:
    world = locked(World("state"))
    others = judged(world, keeping(keepers=(), keys=False))
    # Each secret for its policy and its key; each key and each alias.
    assert len(others) == 2 * len(profiles().service_users) + 2 * len(store_keys(keeping()))


def test_a_policy_that_keeps_out_no_more_than_other_classes_is_refused_where_keepers_are() -> None:
    world = locked(World("state"))
    weaker = secret_policy(keeping(keepers=()).organization, IdentityClass.PROD)
    world.change(SECRET, PROD, policy=weaker)
    assert [one.urn for one in judged(world)] == [world.urn(SECRET, PROD)]


def leaking() -> World:
    """A state stack in which the nonprod class is allowed to read every secret."""
    world = storing()
    world.rewrite("Policy", "boundary-nonprod", "policy", add(EVERYTHING, only=True))
    reading = {**EVERYTHING, "Action": "secretsmanager:GetSecretValue"}
    world.rewrite("Policy", NONPROD_GROUP, "policy", add(reading))
    return world


def test_a_secrets_own_policy_keeps_out_whoever_is_allowed_elsewhere() -> None:
    assert len(found(leaking())) == 1
    there = as_deployed(*map(World, ("sandbox", "nonprod", "prod")), locked(storing()))
    opened = locked(leaking())
    proved = every_account(opened.registered(), profiles(), opened.account, there)
    assert proved.findings == ()


@pytest.mark.parametrize("mutant", ["nobody is denied reading", "it is unknown", "there is none"])
def test_the_proof_refutes_a_policy_that_lets_nonprod_read_prods_key(mutant: str) -> None:
    world = locked(leaking())
    world.change(SECRET, PROD, policy=MUTANTS[mutant])
    assert any("secretsmanager:GetSecretValue" in one.found for one in found(world))


def test_the_proof_refutes_a_policy_that_names_a_user_of_class_nonprod() -> None:
    world = storing()
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": NONPROD_USER},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    world.change(SECRET, PROD, policy=json.dumps(document))
    [finding] = found(world)
    assert "secretsmanager:GetSecretValue" in finding.found
    assert finding.urn == world.urn(SECRET, PROD)


NOBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}],
    }
)


@pytest.mark.parametrize("taken", [False, True])
def test_the_proof_counts_on_no_kms_key_whatever_its_policy_says(*, taken: bool) -> None:
    """Which key encrypts a secret, AWS resolves from an alias, when it is read: nobody knows yet.

    Were the key's policy `taken` for the secret's own, nobody would be seen to read it.
    """

    def encrypted(world: World) -> World:
        for key in store_keys(keeping()):
            locked(world).change(KMS_KEY, key.name, policy=NOBODY)
        world.change(SECRET, PROD, policy=NOBODY if taken else None, kmsKeyId=UNKNOWN_INPUT)
        return world

    there = as_deployed(*map(World, ("sandbox", "nonprod", "prod")), encrypted(storing()))
    opened = encrypted(leaking())
    proved = every_account(opened.registered(), profiles(), opened.account, there)
    reads = ["secretsmanager:GetSecretValue" in one.found for one in proved.findings]
    assert reads == ([] if taken else [True])


@pytest.mark.parametrize("store", [UNKNOWN_INPUT, None, {"kind": UNKNOWN_INPUT, "name": "x"}])
def test_a_key_that_is_kept_nobody_knows_where_leaves_the_proof_undecided(store: object) -> None:
    world = storing()
    world.change("iamprofiles:index:StoredAccessKey", PROD, store=store)
    assert any("where its key is kept" in one.found for one in found(world))


def test_a_key_whose_state_an_earlier_version_wrote_is_where_its_secret_is() -> None:
    world, key = storing(), ("iamprofiles:index:StoredAccessKey", PROD)
    now = account_world(world.registered(), profiles(), world.account)
    inputs = world.resources[key]
    inputs["secretName"] = inputs.pop("store")["name"]
    earlier = account_world(world.registered(), profiles(), world.account)
    assert (earlier.credentials, earlier.missing) == (now.credentials, now.missing)
