"""What AWS's inventory lacks, read from the local cloud: in the form of a stack's state."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from cli.drift_beside import Place, no_people, read_beside
from iam_profiles.model import ParameterStore
from local.home import LocalHome
from local.totp import code
from pipeline.drift.inventory import Item, Kind
from tests.cli.test_prove_deployed import seen_by
from tests.policies.worlds import profiles, rendered

IAM = "arn:aws:iam::111111111111"
CI, ANA = f"{IAM}:user/PlatformServiceUsers/nonprod/ci", f"{IAM}:user/PlatformPeople/ana"
POLICY = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*"}]})
ALIAS = "arn:aws:kms:eu-west-1:111111111111:alias/iam-profiles/prod"


def unstubbed(session: Any, service: str) -> Any:
    return session.client(service)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, fresh_cloud: LocalHome) -> boto3.Session:
    """The state account, with one of everything."""
    seen_by(monkeypatch, fresh_cloud)
    made = boto3.Session(profile_name="iam-profiles-state", region_name="eu-west-1")
    iam = made.client("iam")
    iam.create_open_id_connect_provider(
        Url="https://issuer.example", ClientIDList=["b", "a"], ThumbprintList=["a" * 40]
    )
    for name, path in (("ci", "/PlatformServiceUsers/nonprod/"), ("ana", "/PlatformPeople/")):
        iam.create_user(UserName=name, Path=path)
        iam.create_login_profile(UserName=name, Password="By-Hand-1!")
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        seed, now = device.get("Base32StringSeed", b"").decode(), datetime.now(UTC)
        iam.enable_mfa_device(
            UserName=name,
            SerialNumber=device["SerialNumber"],
            AuthenticationCode1=code(seed, now - timedelta(seconds=30)),
            AuthenticationCode2=code(seed, now),
        )
    ssm = unstubbed(made, "ssm")
    for name in ("/iam-profiles/prod/ci/000001", "/iam-profiles/prod/strange", "/else/x"):
        ssm.put_parameter(Name=name, Value="x", Type="String")
    return made


def test_the_examples_audit_role_may_read_all_of_it_and_what_it_may_not_is_told(
    session: boto3.Session,
) -> None:
    [role] = (one for one in rendered("state").roles if one.name == "AuditRole")
    [policy] = (one.document for one in role.policies)
    iam = session.client("iam")
    iam.create_user(UserName="auditor")
    key = iam.create_access_key(UserName="auditor")["AccessKey"]
    auditor = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="eu-west-1")
    organization = profiles().organization
    place = Place(rendered("state").account, organization, auditor, users=(CI,))
    unread: dict[str, list[str]] = {}
    for action in ("", "iam:ListSAMLProviders", "iam:GetLoginProfile", "kms:ListAliases"):
        less = policy.replace(f'"{action}"', '"iam:GetUser"')
        iam.put_user_policy(UserName="auditor", PolicyName="audit", PolicyDocument=less)
        unread[action] = [one.kind.value for one in read_beside([place]).unread]
    assert unread == {
        "": [],
        "iam:ListSAMLProviders": ["SAML provider"],
        "iam:GetLoginProfile": ["console password"],
        "kms:ListAliases": ["alias of a KMS key"],
    }


def test_each_is_read_as_a_state_would_have_it(session: boto3.Session) -> None:
    kms = unstubbed(session, "kms")
    key = kms.create_key(Policy=POLICY)["KeyMetadata"]
    for alias in ("alias/iam-profiles/prod", "alias/else"):
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    organization = profiles().organization.model_copy(update={"secrets_store": ParameterStore()})
    place = Place(
        rendered("state").account,
        organization,
        session,
        users=no_people((CI, ANA), organization),
        keys=(key["Arn"], f"{key['Arn'][:-4]}gone"),
        owned=frozenset({"iam-profiles/prod/ci"}),
    )
    read = read_beside([place])
    assert read.unread == ()
    assert read.found["state"] == {
        Item(f"{IAM}:oidc-provider/issuer.example", Kind.IDENTITY_PROVIDER): "a, b",
        Item(CI, Kind.PASSWORD): "",
        Item(CI, Kind.DEVICE, f"{IAM}:mfa/ci"): "",
        Item(ALIAS, Kind.KEY_ALIAS): key["KeyId"],
        Item(key["Arn"], Kind.KEY_POLICY): POLICY,
        Item(
            "arn:aws:ssm:eu-west-1:111111111111:parameter/iam-profiles/prod/strange",
            Kind.PARAMETER,
        ): "",
    }
