"""From nothing to four deployed stacks with their state in S3, and nobody's role left behind."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import started
from tests.engine import ACCOUNTS, REGION, client
from tests.local.world import code_of
from tests.pipeline.buckets import ALIAS, BUCKET, PLACE
from tests.pipeline.init.beginning import ADMINS, ASKED, Beginning, beginning

pytestmark = pytest.mark.engine

ROLE = "iam-profiles-bootstrap"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beginning]:
    """A project with the files of an organisation, and a cloud in which nothing is."""
    root = tmp_path_factory.mktemp("begun")
    with started(root / "cloud") as home:
        found = beginning(home, root)
        found.init(*ASKED).checked()
        yield found


def test_credentials_of_another_account_are_refused_before_any_write(begun: Beginning) -> None:
    swapped = begun.config.read_text("utf-8")
    file = begun.config.with_name("aws-credentials")
    before = file.read_text("utf-8")
    file.write_text(before.replace("[admin-prod]", "[x]").replace("[admin-state]", "[admin-prod]"))
    try:
        said = begun.init("--bootstrap", "--make-role", *ADMINS).checked(65)
    finally:
        file.write_text(before)
    assert "account `prod`: the credentials are of account `111111111111`, not of" in said.stderr
    assert "account `state`: there are no credentials" in said.stderr
    assert swapped == begun.config.read_text("utf-8")
    assert not roles(begun, "prod")


def test_an_organisation_is_bootstrapped_deployed_and_left_alone(begun: Beginning) -> None:
    dry = begun.bootstrap("--dry-run").checked()
    assert "21 changes, none of them made" in dry.stdout
    assert not roles(begun, "state")
    begun.bootstrap().checked()
    again = begun.bootstrap().checked()
    assert "all is in order; nothing was changed" in again.stdout
    assert_as_it_ought_to_be(begun)
    refused = begun.init("--finish", *ADMINS).checked(1)
    assert "nothing was removed" in refused.stderr
    assert roles(begun, "prod")
    begun.site.preview().checked()
    assert "4 stacks as planned" in begun.site.up().checked().stdout
    done = begun.init("--finish", *ADMINS).checked()
    assert "the temporary role is gone from state, sandbox, nonprod, prod" in done.stdout
    assert not any(roles(begun, account) for account in ACCOUNTS)
    assert ROLE not in policies(begun)
    assert "nothing was changed" in begun.init("--finish", *ADMINS).checked().stdout
    assert_lower_accounts_are_kept_out(begun)
    assert_the_lower_accounts_pipeline_applies_what_it_cannot_prove(begun)


def assert_as_it_ought_to_be(begun: Beginning) -> None:
    """Versions, no public access, the key, TLS: as AWS would say."""
    s3, kms = (client(begun.site.project.home, name, "state") for name in ("s3", "kms"))
    blocked = s3_admin(begun).get_public_access_block(Bucket=BUCKET)
    assert set(blocked["PublicAccessBlockConfiguration"].values()) == {True}
    key = kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["Arn"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    with pytest.raises(ClientError) as caught:  # an administrator who is none of the bucket's
        s3.list_objects_v2(Bucket=BUCKET)
    assert code_of(caught.value) == "AccessDenied"
    default = s3_admin(begun).get_bucket_encryption(Bucket=BUCKET)
    rule = default["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key
    assert s3_admin(begun).get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    for account in ACCOUNTS:
        said = (begun.site.folder / f"Pulumi.{account}.yaml").read_text("utf-8")
        assert f"context_stack={account}" in said
        assert f"aws:profile: iam-profiles-{account}" in said


def assert_lower_accounts_are_kept_out(begun: Beginning) -> None:
    """Whoever deploys sandbox gets at its state, and at no state of prod: by the policies there."""
    for account, stack, opens in (
        ("sandbox", "sandbox", True),
        ("sandbox", "nonprod", True),
        ("sandbox", "prod", False),
        ("nonprod", "state", False),
        ("prod", "sandbox", True),
        ("prod", "state", True),
    ):
        s3 = client(begun.site.project.home, "s3", key=deployer(begun, account))
        key = f"{PLACE}/{stack}.json"
        for ask in (
            lambda s3=s3, key=key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(),
            lambda s3=s3, key=key: s3.put_object(Bucket=BUCKET, Key=f"{key}.bak", Body=b"{}"),
        ):
            assert (refusal(ask) is None) is opens, (account, stack)


def assert_the_lower_accounts_pipeline_applies_what_it_cannot_prove(begun: Beginning) -> None:
    """Who previews reads all states, who applies its own: of the others, that none has moved."""
    site = begun.site
    act(begun, "platform-preview", "AuditRole", ("state", *ACCOUNTS))
    site.edit("profiles/roles/AuditRole.yaml", "session: 2h", "session: 1h")
    said = site.preview("sandbox", "nonprod").checked().stdout
    digest = said[said.index("sha256:") :].split()[0]
    act(begun, "platform-nonprod", "IamProfilesRole", ("sandbox", "sandbox", "nonprod"))
    withheld = site.run("preview", "--stack", "sandbox").checked(69)
    assert "stack `state`: its state may not be read" in withheld.stderr
    unsaid = site.up().checked(1)
    assert "may not read the state of `state`, `prod`" in unsaid.stderr
    assert "give the digest that `iam-profiles preview` printed" in unsaid.stderr
    prod = client(site.project.home, "s3", key=session_of(begun, "platform-prod", "prod"))
    key = f"{PLACE}/prod.json"
    there = prod.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    prod.put_object(Bucket=BUCKET, Key=key, Body=there + b"\n")
    stale = site.up(None, "--digest", digest).checked(1)
    assert "since the preview changed `the state of stack prod`" in stale.stderr
    prod.put_object(Bucket=BUCKET, Key=key, Body=there)
    applied = site.up(None, "--digest", digest).checked()
    assert "state, prod: not to be read here, nor moved since the proof" in applied.stdout
    assert "2 stacks as planned" in applied.stdout
    for account, seconds in (("sandbox", 3600), ("nonprod", 3600), ("prod", 7200)):
        role = client(site.project.home, "iam", account).get_role(RoleName="AuditRole")["Role"]
        assert role["MaxSessionDuration"] == seconds


def act(begun: Beginning, identity: str, role: str, accounts: tuple[str, ...]) -> None:
    """Have all that follows act as one identity: in the backend by the first account."""
    backend, *others = accounts
    profiles = {"iam-profiles-backend": backend, **{f"iam-profiles-{one}": one for one in others}}
    begun.use({name: session_of(begun, identity, at, role) for name, at in profiles.items()})


def refusal(ask: Any) -> str | None:
    try:
        ask()
    except ClientError as error:
        return code_of(error)
    return None


def deployer(begun: Beginning, account: str) -> dict[str, str]:
    """Return a session of the deploying role, as its service user gets it."""
    identity = "platform-prod" if account in {"prod", "state"} else "platform-nonprod"
    return session_of(begun, identity, account)


def session_of(
    begun: Beginning, identity: str, account: str, role: str = "IamProfilesRole"
) -> dict[str, str]:
    """Return a session of a service user's, by the key in the store."""
    home = begun.site.project.home
    kind = "nonprod" if identity == "platform-nonprod" else "prod"
    name = f"iam-profiles/{kind}/{identity}"
    stored = client(home, "secretsmanager", "state").get_secret_value(SecretId=name)
    key = json.loads(stored["SecretString"])
    sts = client(
        home,
        "sts",
        key={
            "AccessKeyId": key["access_key_id"],
            "SecretAccessKey": key["secret_access_key"],
        },
    )
    arn = f"arn:aws:iam::{ACCOUNTS[account]}:role/PlatformRoles/{role}"
    return sts.assume_role(RoleArn=arn, RoleSessionName="deployer")["Credentials"]


def roles(begun: Beginning, account: str) -> bool:
    """Tell whether an account has the temporary role."""
    found = client(begun.site.project.home, "iam", account).list_roles()["Roles"]
    return any(one["RoleName"] == ROLE for one in found)


def s3_admin(begun: Beginning) -> Any:
    """Return the bucket as the temporary role sees it."""
    sts = client(begun.site.project.home, "sts", "state")
    arn = f"arn:aws:iam::{ACCOUNTS['state']}:role/{ROLE}"
    key = sts.assume_role(RoleArn=arn, RoleSessionName="look")["Credentials"]
    return client(begun.site.project.home, "s3", key=key)


def policies(begun: Beginning) -> str:
    """Return the key's policy and the bucket's, as they are there in the end."""
    kms = client(begun.site.project.home, "kms", "state")
    key = kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["Arn"]
    assert key.split(":")[3] == REGION
    return str(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
