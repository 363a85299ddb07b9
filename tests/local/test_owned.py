"""Buckets and keys, of one's own account and of another: both policies decide."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.engine import client
from tests.local.world import World, allow, code_of, document, root, trust


def on(principal: str, action: str | list[str], *resources: str) -> dict[str, object]:
    """Return a resource policy's Allow."""
    said = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action}
    return {**said, "Resource": list(resources) or "*"}


def session(world: World, name: str, *actions: str) -> dict[str, str]:
    """Return a session in `nonprod` of a role that is allowed these actions."""
    world.user(name, allow("sts:AssumeRole"))
    role = world.role("nonprod", name, trust(root("state")))
    if actions:
        world.allow_role("nonprod", name, allow(list(actions)))
    return world.assume(world.key(name), role)


def test_another_account_s_bucket_opens_only_if_both_policies_say_so(
    world: World, name: str
) -> None:
    bucket = f"bucket-{name}".lower()
    admin = client(world.home, "s3", "state")
    home = {"LocationConstraint": "eu-west-1"}
    admin.create_bucket(Bucket=bucket, CreateBucketConfiguration=home)
    admin.put_object(Bucket=bucket, Key="a/b.json", Body=b"x=y&z")
    key = session(world, name, "s3:GetObject", "s3:ListBucket")
    read = {"Bucket": bucket, "Key": "a/b.json"}
    assert world.error(key, "s3", "get_object", **read) == "AccessDenied"
    arn = f"arn:aws:s3:::{bucket}"
    policy = document(on(root("nonprod"), "s3:*", arn, f"{arn}/a/*"))
    admin.put_bucket_policy(Bucket=bucket, Policy=policy)
    opened = client(world.home, "s3", key=key)
    assert opened.get_object(**read)["Body"].read() == b"x=y&z"
    assert [one["Key"] for one in opened.list_objects_v2(Bucket=bucket)["Contents"]] == ["a/b.json"]
    assert world.error(key, "s3", "put_object", **read, Body=b"") == "AccessDenied"
    assert world.error(key, "s3", "get_object", Bucket=bucket, Key="c") == "AccessDenied"
    # What a call needs is not known here: nobody but an administrator makes it.
    assert world.error(key, "s3", "get_bucket_tagging", Bucket=bucket) == "AccessDenied"


def test_a_bucket_s_policy_holds_for_its_own_administrators_too(world: World, name: str) -> None:
    bucket = f"own-{name}".lower()
    admin = client(world.home, "s3", "state")
    home = {"LocationConstraint": "eu-west-1"}
    admin.create_bucket(Bucket=bucket, CreateBucketConfiguration=home)
    denies = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject"}
    policy = document({**denies, "Resource": f"arn:aws:s3:::{bucket}/*"})
    admin.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert json.loads(admin.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    with pytest.raises(ClientError) as caught:
        admin.put_object(Bucket=bucket, Key="a", Body=b"")
    assert code_of(caught.value) == "AccessDenied"


def test_another_account_s_key_is_used_as_its_policy_says_and_by_its_alias_s_arn(
    world: World, name: str
) -> None:
    kms = client(world.home, "kms", "state")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    alias = f"alias/{name}"
    kms.create_alias(AliasName=alias, TargetKeyId=arn)
    key = session(world, name, "kms:*")
    named = f"{arn.rpartition(':')[0]}:{alias}"
    asked = {"KeyId": named, "Plaintext": b"x"}
    assert world.error(key, "kms", "encrypt", **asked) == "AccessDeniedException"
    statements = (on(root("state"), "kms:*"), on(root("nonprod"), ["kms:Encrypt", "kms:Decrypt"]))
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=document(*statements))
    opened = client(world.home, "kms", key=key)
    sealed = opened.encrypt(**asked)["CiphertextBlob"]
    assert opened.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    assert world.error(key, "kms", "encrypt", KeyId=alias, Plaintext=b"x") == "NotFoundException"
    assert world.error(key, "kms", "disable_key", KeyId=arn) == "AccessDeniedException"


def test_a_key_s_policy_may_ask_for_the_encryption_context_and_for_an_alias(
    world: World, name: str
) -> None:
    kms = client(world.home, "kms", "state")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    key = session(world, name, "kms:Encrypt")
    asked = {"KeyId": arn, "Plaintext": b"x"}
    conditions = {
        "StringEquals": {"kms:EncryptionContext:stack": "nonprod"},
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": [f"alias/{name}"]},
    }
    for_stack = {**on(root("nonprod"), "kms:Encrypt"), "Condition": conditions}
    policy = document(on(root("state"), "kms:*"), for_stack)
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=policy)
    nonprod, prod = ({"EncryptionContext": {"stack": one}} for one in ("nonprod", "prod"))
    assert world.error(key, "kms", "encrypt", **asked, **nonprod) == "AccessDeniedException"
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=arn)
    assert world.error(key, "kms", "encrypt", **asked, **prod) == "AccessDeniedException"
    assert world.error(key, "kms", "encrypt", **asked) == "AccessDeniedException"
    assert client(world.home, "kms", key=key).encrypt(**asked, **nonprod)["KeyId"] == arn
