"""Who can read a class's secrets by their own and their KMS key's policy, whoever is allowed."""

import json

import pytest

from access.context import Absent, Context, Exactly
from access.decide import Policies, decide
from access.document import parse
from access.principal import Caller
from access.request import Request
from access.verdict import Allowed, Denied, Verdict
from iam_profiles.model import Organization, ParameterStore, SecretsManager
from iam_profiles.names import IdentityClass
from iam_profiles.render_stores import keepers, key_policy, secret_policy, store_keys
from tests.domain.example import EXAMPLE

STATE = "111111111111"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{STATE}:secret:iam-profiles/nonprod/payments-AbCdEf"
KEY = f"arn:aws:kms:eu-west-1:{STATE}:key/1234abcd"
VIA = "secretsmanager.eu-west-1.amazonaws.com"
SSM = "ssm.eu-west-1.amazonaws.com"
BREAK_GLASS = f"arn:aws:iam::{STATE}:role/BreakGlass"
EVERYTHING = parse(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)


def organization(*named: str) -> Organization:
    """The example, with these keepers."""
    store = SecretsManager(keepers=named)
    return EXAMPLE.organization.model_copy(update={"secrets_store": store})


def policy(*named: str) -> str:
    """The policy of a secret of class nonprod."""
    found = secret_policy(organization(*named), IdentityClass.NONPROD)
    assert found is not None
    return found


def asked(role: str, action: str, document: str) -> Verdict:
    """What a role gets that is allowed everything elsewhere."""
    caller = Caller.session_of(f"arn:aws:iam::{STATE}:role/{role}", "run")
    request = Request(caller, f"secretsmanager:{action}", SECRET, STATE, Context())
    return decide(request, Policies(identity=(EVERYTHING,), resource=parse(document)))


def keyed(role: str, action: str, via: str | None, document: str) -> Verdict:
    """What a role gets of the KMS key: its policy is all that speaks of it."""
    service = Exactly((via,)) if via else Absent()
    facts = {"kms:viaservice": service, "kms:calleraccount": Exactly((STATE,))}
    caller = Caller.session_of(f"arn:aws:iam::{STATE}:role/{role}", "run")
    request = Request(caller, f"kms:{action}", KEY, STATE, Context().given(facts))
    return decide(request, Policies(identity=(), resource=parse(document)))


@pytest.mark.parametrize(
    ("role", "action", "may"),
    [
        ("PlatformReaders/nonprod/payments", "GetSecretValue", True),
        ("PlatformRoles/IamProfilesRole", "GetSecretValue", True),
        ("PlatformRoles/IamProfilesRole", "PutSecretValue", True),
        ("PlatformRoles/IamProfilesRole", "PutResourcePolicy", True),
        ("BreakGlass", "DeleteResourcePolicy", True),
        ("PlatformReaders/prod/payments", "GetSecretValue", False),
        ("PlatformReaders/prod/payments", "BatchGetSecretValue", False),
        ("PlatformReaders/nonprod/payments", "PutSecretValue", False),
        ("PlatformReaders/nonprod/payments", "UpdateSecretVersionStage", False),
        ("PlatformReaders/nonprod/payments", "PutResourcePolicy", False),
        ("PlatformReaders/nonprodish/payments", "GetSecretValue", False),
        ("PlatformRoles/IamProfilesRole2", "GetSecretValue", False),
        ("Admin", "GetSecretValue", False),
        ("Admin", "DeleteResourcePolicy", False),
        ("Admin", "ReplicateSecretToRegions", False),
    ],
)
def test_a_secret_is_read_by_its_own_class_whatever_is_allowed_elsewhere(
    role: str, action: str, *, may: bool
) -> None:
    assert isinstance(
        asked(role, action, policy("IamProfilesRole", BREAK_GLASS)), Allowed if may else Denied
    )


@pytest.mark.parametrize(
    ("sid", "role", "action"),
    [
        ("NobodyElseReads", "PlatformReaders/prod/payments", "GetSecretValue"),
        ("NobodyElseWrites", "PlatformReaders/nonprod/payments", "PutSecretValue"),
        ("NobodyElseOpensIt", "Admin", "PutResourcePolicy"),
    ],
)
def test_each_deny_is_what_keeps_the_others_out(sid: str, role: str, action: str) -> None:
    document = json.loads(policy("IamProfilesRole", BREAK_GLASS))
    document["Statement"] = [one for one in document["Statement"] if one["Sid"] != sid]
    assert isinstance(asked(role, action, json.dumps(document)), Allowed)


def test_keepers_are_roles_of_state_by_name_and_others_by_their_arn() -> None:
    role = f"arn:aws:iam::{STATE}:role/PlatformRoles/IamProfilesRole"
    assert keepers(organization(BREAK_GLASS, "IamProfilesRole")) == (BREAK_GLASS, role)


@pytest.mark.parametrize(
    ("role", "action", "may"),
    [
        ("Admin", "GetSecretValue", True),
        ("Admin", "PutResourcePolicy", True),
        ("PlatformReaders/nonprod/payments", "GetSecretValue", True),
        ("PlatformReaders/prod/payments", "GetSecretValue", False),
        ("PlatformReaders/prod/payments", "PutSecretValue", False),
        ("PlatformReaders/people/ana", "DeleteResourcePolicy", False),
    ],
)
def test_without_keepers_a_secret_denies_readers_of_other_classes_and_locks_nobody_out(
    role: str, action: str, *, may: bool
) -> None:
    assert isinstance(asked(role, action, policy()), Allowed if may else Denied)


def test_without_keepers_a_secret_denies_identities_themselves() -> None:
    for user in ("PlatformServiceUsers/nonprod/payments", "PlatformPeople/ana"):
        caller = Caller.of(f"arn:aws:iam::{STATE}:user/{user}")
        request = Request(caller, "secretsmanager:GetSecretValue", SECRET, STATE, Context())
        policies = Policies(identity=(EVERYTHING,), resource=parse(policy()))
        assert isinstance(decide(request, policies), Denied)


@pytest.mark.parametrize(
    ("role", "action", "via", "may"),
    [
        ("PlatformReaders/nonprod/payments", "Decrypt", VIA, True),
        ("PlatformRoles/IamProfilesRole", "Decrypt", VIA, True),
        ("PlatformRoles/IamProfilesRole", "GenerateDataKey", VIA, True),
        ("PlatformRoles/IamProfilesRole", "PutKeyPolicy", None, True),
        ("PlatformReaders/nonprod/payments", "Decrypt", None, False),
        ("PlatformReaders/nonprod/payments", "Decrypt", SSM, False),
        ("PlatformReaders/nonprod/payments", "GenerateDataKey", VIA, False),
        ("PlatformReaders/nonprod/payments", "PutKeyPolicy", None, False),
        ("PlatformReaders/prod/payments", "Decrypt", VIA, False),
        ("PlatformRoles/IamProfilesRole", "Decrypt", None, False),
        ("PlatformRoles/IamProfilesRole", "CreateGrant", None, False),
        ("Admin", "Decrypt", VIA, False),
        ("Admin", "PutKeyPolicy", None, False),
        ("Admin", "GetKeyPolicy", None, False),
    ],
)
def test_a_key_decrypts_for_its_own_class_and_through_the_store_only(
    role: str, action: str, via: str | None, *, may: bool
) -> None:
    document = key_policy(organization("IamProfilesRole"), IdentityClass.NONPROD)
    assert isinstance(keyed(role, action, via, document), Allowed) is may


@pytest.mark.parametrize(
    ("role", "action", "via", "may"),
    [
        ("Admin", "Decrypt", VIA, True),
        ("Admin", "GenerateDataKey", VIA, True),
        ("Admin", "Decrypt", None, False),
        ("Admin", "Decrypt", SSM, False),
        ("Admin", "PutKeyPolicy", None, False),
        ("PlatformReaders/nonprod/payments", "Decrypt", VIA, True),
        ("PlatformReaders/prod/payments", "Decrypt", VIA, False),
    ],
)
def test_without_keepers_a_key_decrypts_for_whoever_reads_secrets_but_for_other_classes(
    role: str, action: str, via: str | None, *, may: bool
) -> None:
    document = key_policy(organization(), IdentityClass.NONPROD)
    assert isinstance(keyed(role, action, via, document), Allowed) is may


@pytest.mark.parametrize(
    ("named", "action", "may"),
    [
        ((), "PutKeyPolicy", True),
        ((), "CreateGrant", False),
        (("IamProfilesRole",), "GetKeyPolicy", True),
        (("IamProfilesRole",), "PutKeyPolicy", False),
    ],
)
def test_the_accounts_own_policies_manage_a_key_without_keepers_and_look_at_any(
    named: tuple[str, ...], action: str, *, may: bool
) -> None:
    document = key_policy(organization(*named), IdentityClass.NONPROD)
    facts = {"kms:viaservice": Absent(), "kms:calleraccount": Exactly((STATE,))}
    caller = Caller.session_of(f"arn:aws:iam::{STATE}:role/Admin", "run")
    request = Request(caller, f"kms:{action}", KEY, STATE, Context().given(facts))
    policies = Policies(identity=(EVERYTHING,), resource=parse(document))
    # As KMS decides: an Allow of the caller's own counts where the key's policy hands it on.
    handed_on = any(
        "AWS" in one["Principal"] and f"kms:{action}" in one["Action"]
        for one in json.loads(document)["Statement"]
        if one["Principal"] != "*"
    )
    assert (handed_on and isinstance(decide(request, policies), Allowed)) is may


def test_a_key_of_parameters_decrypts_through_parameter_store_only() -> None:
    store = ParameterStore(keepers=("IamProfilesRole",), customer_key=True)
    keeping = EXAMPLE.organization.model_copy(update={"secrets_store": store})
    document = key_policy(keeping, IdentityClass.PROD)
    reader = "PlatformReaders/prod/payments"
    assert isinstance(keyed(reader, "Decrypt", SSM, document), Allowed)
    assert not isinstance(keyed(reader, "Decrypt", VIA, document), Allowed)


def test_each_class_has_a_key_if_the_organisation_wants_keys_of_its_own() -> None:
    update = {"organization": organization("IamProfilesRole")}
    keys = store_keys(EXAMPLE.model_copy(update=update))
    assert [key.alias for key in keys] == [
        "alias/iam-profiles/nonprod",
        "alias/iam-profiles/prod",
    ]
    # A class that loses its last user keeps its key.
    left = tuple(one for one in EXAMPLE.service_users if one.identity_class == IdentityClass.PROD)
    assert store_keys(EXAMPLE.model_copy(update={**update, "service_users": left})) == keys
    assert store_keys(EXAMPLE.model_copy(update={**update, "service_users": ()})) == ()
    none = SecretsManager(keepers=("IamProfilesRole",), customer_key=False)
    without = EXAMPLE.organization.model_copy(update={"secrets_store": none})
    assert store_keys(EXAMPLE.model_copy(update={"organization": without})) == ()
    assert SecretsManager().customer_key


def test_the_example_names_who_keeps_its_keys_and_has_keys_of_its_own() -> None:
    assert EXAMPLE.organization.secrets_store == SecretsManager(keepers=("IamProfilesRole",))
