"""The state bucket and its key: made where they lack, set right where they differ."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pipeline.init.calls import Calls, same
from pipeline.init.errors import InitError
from pipeline.init.policies import bucket_policy, key_policy
from pipeline.init.shares import Shares
from pipeline.init.site import ALIAS, Site

_TAG: Final = ("iam-profiles", "state")
_UNKNOWN: Final = "00000000-0000-0000-0000-000000000000"
"""Stands for the id of a key that a dry run did not make."""
_PRIVATE: Final = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_OWNERSHIP: Final = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def ensure_state(calls: Calls, site: Site, shares: Shares, administrators: Sequence[str]) -> None:
    """Make the key and the bucket, or see to it that they are as they ought to be.

    Nothing is ever deleted. Whoever was interrupted goes on with it by calling it again.

    Raises:
        InitError: AWS refuses, or the bucket's name is somebody else's.
    """
    key = _ensure_key(calls, site, shares, administrators)
    _ensure_bucket(calls, site)
    _ensure_policy(calls, site, shares, administrators, key)


def _ensure_key(calls: Calls, site: Site, shares: Shares, administrators: Sequence[str]) -> str:
    """Make the key and its alias, or set their policy and rotation right; return the key's ARN.

    Raises:
        InitError: AWS refuses, or the key cannot be used.
    """
    policy = key_policy(site, shares, administrators)
    known = _key(calls)
    if known is None:
        made = calls.change(
            "kms",
            "create_key",
            Description="Encrypts the engine's state of iam-profiles",
            Policy=policy,
            Tags=[{"TagKey": _TAG[0], "TagValue": _TAG[1]}],
        )
        known = made.get("KeyMetadata") or {"Arn": site.keys.replace("*", _UNKNOWN)}
    elif known["KeyState"] != "Enabled":
        said = (
            f"account `{calls.account}`: the state's key `{known['Arn']}` is `{known['KeyState']}`"
        )
        raise InitError([f"{said}; `aws kms cancel-key-deletion`, `enable-key`, then this again"])
    arn = str(known["Arn"])
    there = calls.ask("kms", "get_key_policy", KeyId=arn, PolicyName="default")
    if there is not None and not same(there["Policy"], policy):
        calls.change("kms", "put_key_policy", KeyId=arn, PolicyName="default", Policy=policy)
    rotates = calls.ask("kms", "get_key_rotation_status", KeyId=arn) or {}
    if not rotates.get("KeyRotationEnabled"):
        calls.change("kms", "enable_key_rotation", KeyId=arn)
    if calls.ask("kms", "describe_key", KeyId=ALIAS) is None:
        calls.change("kms", "create_alias", AliasName=ALIAS, TargetKeyId=arn)
    return arn


def _ensure_policy(
    calls: Calls, site: Site, shares: Shares, administrators: Sequence[str], key: str
) -> None:
    """Set the bucket's policy right.

    Raises:
        InitError: AWS refuses.
    """
    policy = bucket_policy(site, shares, administrators, key)
    given = {"Bucket": site.bucket, "ExpectedBucketOwner": site.account}
    there = calls.ask("s3", "get_bucket_policy", **given)
    if there is None or not same(there["Policy"], policy):
        calls.change("s3", "put_bucket_policy", **given, Policy=policy)
    encryption = _encryption(key)
    known = calls.ask("s3", "get_bucket_encryption", **given) or {}
    rules: list[Any] = known.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    if [one["ApplyServerSideEncryptionByDefault"] for one in rules] != [encryption]:
        configuration = {"Rules": [{"ApplyServerSideEncryptionByDefault": encryption}]}
        calls.change(
            "s3",
            "put_bucket_encryption",
            **given,
            ServerSideEncryptionConfiguration=configuration,
        )


def _ensure_bucket(calls: Calls, site: Site) -> None:
    given = {"Bucket": site.bucket, "ExpectedBucketOwner": site.account}
    if calls.ask("s3", "head_bucket", **given) is None:
        home = {"LocationConstraint": site.region}
        where = {} if site.region == "us-east-1" else {"CreateBucketConfiguration": home}
        calls.change("s3", "create_bucket", Bucket=site.bucket, **where)
    for part, value in _settings(calls, given):
        calls.change("s3", f"put_{part}", **given, **value)


def _settings(calls: Calls, given: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is not as it ought to be, with what it ought to be."""
    private = calls.ask("s3", "get_public_access_block", **given) or {}
    if private.get("PublicAccessBlockConfiguration") != _PRIVATE:
        yield "public_access_block", {"PublicAccessBlockConfiguration": _PRIVATE}
    owned = calls.ask("s3", "get_bucket_ownership_controls", **given) or {}
    if owned.get("OwnershipControls") != _OWNERSHIP:
        yield "bucket_ownership_controls", {"OwnershipControls": _OWNERSHIP}
    versions = calls.ask("s3", "get_bucket_versioning", **given) or {}
    if versions.get("Status") != "Enabled":
        yield "bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}


def _encryption(key: str) -> dict[str, str]:
    return {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}


def _key(calls: Calls) -> dict[str, Any] | None:
    """Return the key of the alias, or one that an interrupted run made and has not named yet."""
    named = calls.ask("kms", "describe_key", KeyId=ALIAS)
    if named is not None:
        return named["KeyMetadata"]
    for page in calls.pages("kms", "list_keys"):
        for one in page["Keys"]:
            tags = calls.ask("kms", "list_resource_tags", KeyId=one["KeyId"]) or {}
            if {"TagKey": _TAG[0], "TagValue": _TAG[1]} in tags.get("Tags", ()):
                found = calls.ask("kms", "describe_key", KeyId=one["KeyId"])
                if found is not None and found["KeyMetadata"]["KeyState"] == "Enabled":
                    return found["KeyMetadata"]
    return None
