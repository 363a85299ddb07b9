"""What AWS's inventory lacks is compared as the rest is, and what was not read is not compared."""

import json
from dataclasses import replace

from iam_profiles.documents import IdentityProviderDocuments
from iam_profiles.names import Arn
from pipeline.drift.beside import (
    Unread,
    audiences,
    declared_keys,
    live_beside,
    modelled_beside,
    recorded_beside,
    stored_names,
)
from pipeline.drift.compare import Change, Three, drift
from pipeline.drift.inventory import Inventory, Item, Kind
from policies.known_types import IDENTITY_PROVIDER, KMS_ALIAS, KMS_KEY, SECRET, STORED_ACCESS_KEY
from policies.registered import UNKNOWN, Registered, Resource, Value
from tests.policies.worlds import profiles, rendered

HOME = "arn:aws:{}:eu-west-1:111111111111:{}"
PATTERN = HOME.format("secretsmanager", "secret:iam-profiles/prod/payments-prod-??????")
SECRET_ARN = PATTERN.replace("??????", "aB3dE6")
STRANGE = HOME.format("secretsmanager", "secret:iam-profiles/prod/strange-aB3dE6")
ISSUER = "arn:aws:iam::111111111111:oidc-provider/token.example"
KEY = HOME.format("kms", "key/1234")
ALIAS = HOME.format("kms", "alias/iam-profiles/prod")
POLICY = json.dumps({"Statement": [{"Effect": "Deny", "Action": "kms:*"}]})
OPEN = json.dumps({"Statement": [{"Effect": "Allow", "Action": "kms:*"}]})
ACCOUNT = rendered("state").account


def resource(type_: str, arn: str | None = None, **inputs: Value) -> Resource:
    outputs = {} if arn is None else {"arn": arn}
    return Resource(f"urn:pulumi:state::x::{type_}::one", type_, inputs, outputs, None)


STACK = Registered(
    (
        resource(SECRET, SECRET_ARN, name="iam-profiles/prod/payments-prod"),
        resource(IDENTITY_PROVIDER, ISSUER, clientIdLists=("b", "a")),
        resource(KMS_KEY, KEY, policy=POLICY),
        resource(KMS_ALIAS, ALIAS, targetKeyId=KEY),
        resource(STORED_ACCESS_KEY, store={"kind": "aws-secrets-manager", "name": "kept"}),
    )
)
LIVE: Inventory = {
    Item(SECRET_ARN, Kind.SECRET): "",
    Item(ISSUER, Kind.IDENTITY_PROVIDER): "a, b",
    Item(KEY, Kind.KEY_POLICY): POLICY,
    Item(ALIAS, Kind.KEY_ALIAS): "1234",
}
"""As the stack has it."""


def seen(live: Inventory, *unread: Kind) -> list[tuple[Change, Kind, str]]:
    recorded = recorded_beside(STACK, profiles().organization, ACCOUNT)
    three = Three("state", *live_beside(live, unread, recorded, {}))
    return [(one.change, one.item.kind, one.item.of) for one in drift(three)]


def test_what_is_as_recorded_is_no_drift() -> None:
    assert seen(LIVE) == []


def test_whatever_nobody_declared_is_told() -> None:
    strange = {
        Item(STRANGE, Kind.SECRET): "",
        Item(STRANGE, Kind.SECRET_POLICY): OPEN,
        Item("arn:aws:iam::111111111111:saml-provider/x", Kind.SAML_PROVIDER): "",
        Item("arn:aws:iam::111111111111:instance-profile/x", Kind.INSTANCE_PROFILE): "",
        Item("arn:aws:iam::111111111111:user/ci", Kind.PASSWORD): "",
        Item("arn:aws:iam::111111111111:user/ci", Kind.DEVICE, "serial"): "",
        Item(HOME.format("ssm", "parameter/iam-profiles/x"), Kind.PARAMETER): "",
    }
    told = {(item.kind, item.of) for item in strange if item.kind is not Kind.SECRET_POLICY}
    assert seen({**LIVE, **strange}) == [
        (Change.UNMANAGED, kind, of)
        for kind, of in sorted(told, key=lambda one: (one[1], one[0].value))
    ]


def test_another_audience_policy_or_key_is_a_change() -> None:
    live = {
        **LIVE,
        Item(ISSUER, Kind.IDENTITY_PROVIDER): audiences(("a", "b", "c")),
        Item(KEY, Kind.KEY_POLICY): OPEN,
        Item(ALIAS, Kind.KEY_ALIAS): "5678",
    }
    assert {one[:2] for one in seen(live)} == {
        (Change.CHANGED, Kind.IDENTITY_PROVIDER),
        (Change.CHANGED, Kind.KEY_POLICY),
        (Change.CHANGED, Kind.KEY_ALIAS),
    }


def test_what_is_gone_is_missing_and_what_was_not_read_is_neither() -> None:
    kinds = {Kind.SECRET, Kind.IDENTITY_PROVIDER, Kind.KEY_POLICY, Kind.KEY_ALIAS}
    assert {one[:2] for one in seen({})} == {(Change.MISSING, kind) for kind in kinds}
    assert seen({}, *kinds) == []


def test_what_a_state_does_not_say_is_unknown() -> None:
    [provider] = recorded_beside(
        Registered((resource(IDENTITY_PROVIDER, ISSUER, clientIdLists=UNKNOWN),)),
        profiles().organization,
        ACCOUNT,
    ).items()
    assert provider == (Item(ISSUER, Kind.IDENTITY_PROVIDER), None)


def test_the_model_has_its_secrets_and_issuers() -> None:
    issuer = IdentityProviderDocuments(
        "token.example", Arn(ISSUER), "https://token.example", ("a",)
    )
    model = modelled_beside(replace(rendered("state"), identity_providers=(issuer,)))
    assert model[Item(ISSUER, Kind.IDENTITY_PROVIDER)] == "a"
    assert Item(PATTERN, Kind.SECRET) in model


def test_a_stack_says_which_keys_there_are_to_ask_about() -> None:
    assert declared_keys(STACK) == (KEY,)
    assert stored_names(STACK) == {"kept"}


def test_what_was_not_read_says_what_and_who_could_read_it() -> None:
    said = str(Unread("prod", Kind.PASSWORD, "AccessDenied"))
    assert said.startswith("whether a user's console password drifted in account `prod` is not")
    assert "AuditRole" in said
