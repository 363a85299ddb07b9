"""Readers: a job's token reads one identity's key, and the isolation rules hold all the same."""

import json
from dataclasses import replace
from typing import Any

import pytest

from access.prove import Answer, Refuted
from access.rule import Rule
from access.verified import verified
from access.world import Document, World
from iam_profiles.documents import ReaderDocuments
from iam_profiles.model import ParameterStore, Profiles, SecretsManager
from iam_profiles.names import AccountName
from iam_profiles.render import render, render_all
from iam_profiles.render_directory import directory
from iam_profiles.world import rules, world
from tests.domain.federated import GITHUB, MAIN, NEXT, WEB
from tests.domain.organisation import (
    NONPROD_MACHINE,
    PROD,
    PROD_MACHINE,
    SANDBOX,
    STATE,
    organisation,
)

READER = f"arn:aws:iam::111111111111:role/PlatformReaders/nonprod/{NONPROD_MACHINE}"
SECRETS = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:iam-profiles"
PARAMETERS = "arn:aws:ssm:eu-west-1:111111111111:parameter/iam-profiles"
KMS = "arn:aws:kms:eu-west-1:111111111111:key"


def read(store: SecretsManager | ParameterStore | None = None) -> Profiles:
    """The smallest organisation, in which jobs read both machines' keys with their own tokens."""
    base = organisation()
    tokens = {NONPROD_MACHINE: MAIN, PROD_MACHINE: NEXT}
    users = tuple(
        user.model_copy(update={"reader": tokens[user.name]}) for user in base.service_users
    )
    organization = base.organization.model_copy(update={"secrets_store": store or SecretsManager()})
    return base.model_copy(update={"service_users": users, "organization": organization})


def statements(profiles: Profiles) -> list[dict[str, Any]]:
    """What the policy of the nonprod machine's reader says."""
    return json.loads(reader(profiles).policy.document)["Statement"]


def reader(profiles: Profiles) -> ReaderDocuments:
    documents = render(profiles, AccountName(STATE))
    return next(one for one in documents.readers if one.name == NONPROD_MACHINE)


def test_a_reader_trusts_exactly_its_jobs_token_and_reads_exactly_one_secret() -> None:
    one = reader(read())
    assert one.arn == READER
    (trust,) = json.loads(one.trust)["Statement"]
    assert trust == {
        "Sid": "AllowReader",
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::111111111111:oidc-provider/{GITHUB}"},
        "Action": [WEB],
        "Condition": {
            "StringEquals": {
                f"{GITHUB}:aud": ["sts.amazonaws.com"],
                f"{GITHUB}:sub": ["repo:example/payments:ref:refs/heads/main"],
            }
        },
    }
    allow, _ = json.loads(one.policy.document)["Statement"]
    assert allow == {
        "Sid": "ReadKeys",
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": [f"{SECRETS}/nonprod/{NONPROD_MACHINE}-??????"],
    }


def test_its_boundary_ends_at_the_classes_own_keys() -> None:
    documents = render(read(), AccountName(STATE))
    (boundary,) = (one for one in documents.boundaries if one.name == "boundary-readers-nonprod")
    assert reader(read()).boundary_arn == boundary.arn
    allow, decrypt = json.loads(boundary.document)["Statement"]
    assert allow["Resource"] == [f"{SECRETS}/nonprod/*"]
    encrypted = decrypt["Condition"]["StringLike"]["kms:EncryptionContext:SecretARN"]
    assert encrypted == [f"{SECRETS}/nonprod/*"]


def test_with_a_key_of_the_classes_own_it_decrypts_through_the_store_only() -> None:
    read_keys, decrypt = statements(read())
    assert decrypt["Action"] == ["kms:Decrypt"]
    assert decrypt["Resource"] == [f"{KMS}/*"]
    assert decrypt["Condition"] == {
        "StringEquals": {"kms:ViaService": ["secretsmanager.eu-west-1.amazonaws.com"]},
        "StringLike": {"kms:EncryptionContext:SecretARN": read_keys["Resource"]},
    }


@pytest.mark.parametrize(
    ("store", "key"),
    [
        ({}, None),
        ({"customer_key": True, "keepers": ("DeployRole",)}, f"{KMS}/*"),
        ({"kms_key": "alias/keys"}, f"{KMS}/*"),
        ({"kms_key": f"{KMS}/1234"}, f"{KMS}/1234"),
        ({"kms_key": KMS.replace(":key", ":alias/keys")}, f"{KMS}/*"),
    ],
)
def test_in_parameter_store_it_lists_one_path_and_decrypts_only_what_is_below_it(
    store: dict[str, Any], key: str | None
) -> None:
    profiles = read(ParameterStore(**store))
    lists, *decrypts = statements(profiles)
    mine = f"{PARAMETERS}/nonprod/{NONPROD_MACHINE}"
    assert (lists["Action"], lists["Resource"]) == (["ssm:GetParametersByPath"], [mine])
    assert [one["Resource"] for one in decrypts] == ([] if key is None else [[key]])
    for decrypt in decrypts:
        assert decrypt["Condition"] == {
            "StringEquals": {"kms:ViaService": ["ssm.eu-west-1.amazonaws.com"]},
            "StringLike": {"kms:EncryptionContext:PARAMETER_ARN": [f"{mine}/*"]},
        }
    documents = render(profiles, AccountName(STATE))
    (boundary,) = (one for one in documents.boundaries if one.name == "boundary-readers-nonprod")
    most, *_ = json.loads(boundary.document)["Statement"]
    assert most["Resource"] == [f"{PARAMETERS}/nonprod/*"]


def test_readers_and_their_issuer_are_in_state_alone() -> None:
    rendered = render_all(read()).documents
    for name in (SANDBOX, PROD):
        documents = rendered[AccountName(name)]
        assert (documents.readers, documents.identity_providers) == ((), ())
    (issuer,) = rendered[AccountName(STATE)].identity_providers
    assert (issuer.name, issuer.audiences) == (GITHUB, ("sts.amazonaws.com",))


def test_an_organisation_without_readers_has_nothing_of_them() -> None:
    documents = render(organisation(), AccountName(STATE))
    assert documents.readers == ()
    assert [one.name for one in documents.boundaries if "readers" in one.name] == []


def test_the_directory_says_by_which_role_the_store_is_read() -> None:
    listed = json.loads(directory(read()).to_json())["identities"][NONPROD_MACHINE]
    assert listed["reader"] == {
        "role": READER,
        "kind": "github",
        "issuer": f"https://{GITHUB}",
        "audience": "sts.amazonaws.com",
        "variable": None,
    }
    assert listed["store"]["kind"] == "aws-secrets-manager"


def model(profiles: Profiles) -> World:
    return world(render_all(profiles).documents.values())


def answer(found: World, of: tuple[Rule, ...]) -> Answer:
    return verified(found, of).answer


def test_readers_of_parameters_are_proved_too_and_refuted_where_they_list_a_class() -> None:
    profiles = read(ParameterStore())
    assert answer(model(profiles), rules(profiles)) is Answer.PROVED
    everything = {"Action": "ssm:GetParametersByPath", "Resource": PARAMETERS}
    assert answer(wider(everything, profiles=profiles), rules(profiles)) is Answer.REFUTED


def test_with_readers_the_rules_start_from_their_tokens_and_are_proved() -> None:
    (rule,) = rules(read())
    assert READER in map(str, rule.apart_from)
    assert any("refs/heads/main" in str(one) for one in rule.from_)
    assert not any("refs/heads/next" in str(one) for one in rule.from_)
    assert answer(model(read()), rules(read())) is Answer.PROVED


def test_were_the_reader_not_spared_state_would_count_as_reached() -> None:
    (rule,) = rules(read())
    strict = replace(rule, apart_from=rule.apart_from[:1])
    assert answer(model(read()), (strict,)) is Answer.REFUTED


def wider(
    allow: dict[str, Any], *, unbounded: bool = True, profiles: Profiles | None = None
) -> World:
    """The organisation whose nonprod reader may do something else, bounded or not."""
    found, one = model(profiles or read()), reader(profiles or read())
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **allow}]}
    arn = one.policy.arn
    policies = {**found.policies, arn: Document.of(document, name=f"policy `{arn}`")}
    role = replace(found.roles[READER], boundary=None if unbounded else one.boundary_arn)
    return replace(found, policies=policies, roles={**found.roles, READER: role})


PRODS_KEY = {"Action": "secretsmanager:GetSecretValue", "Resource": f"{SECRETS}/prod/*"}


@pytest.mark.parametrize(
    "allow",
    [
        PRODS_KEY,
        {"Action": "secretsmanager:*", "Resource": "*"},
        {"Action": "iam:CreateAccessKey", "Resource": "*"},
        {"Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/*"},
    ],
)
def test_a_reader_that_may_do_more_is_held_by_its_boundary_and_refuted_without(
    allow: dict[str, Any],
) -> None:
    # Each by itself: secrets have policies of their own as well, which are left out here.
    bounded, unbounded = (
        replace(wider(allow, unbounded=one), resources={}) for one in (False, True)
    )
    assert answer(bounded, rules(read())) is Answer.PROVED
    if "AssumeRole" not in allow["Action"]:  # no trust admits a reader's sessions
        assert answer(unbounded, rules(read())) is Answer.REFUTED
    if "secretsmanager" in allow["Action"]:
        assert answer(wider(allow), rules(read())) is Answer.PROVED


def test_a_reader_of_prod_that_trusts_the_nonprod_jobs_token_is_refuted_by_its_path() -> None:
    found = model(read())
    prods = READER.replace("/nonprod/", "/prod/").replace(NONPROD_MACHINE, PROD_MACHINE)
    roles = {**found.roles, prods: replace(found.roles[prods], trust=found.roles[READER].trust)}
    (result,) = verified(replace(found, roles=roles), rules(read())).results
    assert isinstance(result, Refuted)
    assert result.path[0].json()["from"].startswith(f"web identity of {GITHUB}")
