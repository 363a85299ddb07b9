"""Buckets and KMS keys as targets of a call: whose they are, and the policy that is on them.

Both may be another account's: the caller's policies and the resource's own decide together.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from moto.kms.models import Key, kms_backends
from moto.s3.models import s3_backends

from local.answers import AwsError
from local.authorization import Context, Target
from local.emulator import Document
from local.signature import SignedRequest

_OBJECT = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_BUCKET = {"": "ListBucket", "versions": "ListBucketVersions", "location": "GetBucketLocation"}
_SETTINGS = {
    "encryption": "EncryptionConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "versioning": "BucketVersioning",
}
_LISTING = {"list-type", "prefix", "delimiter", "max-keys", "start-after", "encoding-type"} | {
    "continuation-token",
    "marker",
    "fetch-owner",
}
_ENCRYPTION = ("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")
"""Headers that are condition keys as well."""
_KEY_ID_BYTES = 36
"""A ciphertext of the emulator's begins with the id of its key."""


@dataclass(frozen=True, slots=True)
class Put:
    """One action that a call needs, what it is on, and what AWS knows of it besides."""

    action: str
    target: Target
    context: Context


def object_calls(caller_account: str, request: SignedRequest) -> Iterator[Put]:
    """Yield what a call to S3 needs; the buckets are addressed by path.

    Raises:
        AwsError: only an administrator may do this here: what it needs is not known.
    """
    url = urlsplit(request.url)
    bucket, _, key = unquote(url.path).removeprefix("/").partition("/")
    asked = dict(parse_qsl(url.query, keep_blank_values=True))
    if key:
        if request.method not in _OBJECT or not asked.keys() <= {"x-id", "versionId"}:
            raise _unknown(request)
        version = "Version" if "versionId" in asked else ""
        given = {f"s3:{name}": text for name in _ENCRYPTION if (text := request.headers.get(name))}
        context: Context = {**given} if request.method == "PUT" else {}
        action = f"{_OBJECT[request.method]}{version}"
        yield _on(caller_account, action, bucket, key, context=context)
        if source := unquote(request.headers.get("x-amz-copy-source", "")):
            place, _, name = source.removeprefix("/").partition("/")
            yield _on(caller_account, "GetObject", place, name)
        return
    setting = next(iter(asked.keys() & _SETTINGS.keys()), "")
    if setting and asked.keys() == {setting} and request.method in {"GET", "PUT"}:
        verb = request.method.capitalize()
        yield _on(caller_account, f"{verb}{_SETTINGS[setting]}", bucket)
        return
    if request.method == "PUT" and not asked:
        yield _on(caller_account, "CreateBucket", bucket)
        return
    part = next(iter(asked.keys() & _BUCKET.keys()), "")
    if request.method not in {"GET", "HEAD"} or not asked.keys() <= _LISTING | {part}:
        raise _unknown(request)
    named: Context = {"s3:prefix": asked.get("prefix", "")} if request.method == "GET" else {}
    yield _on(caller_account, _BUCKET[part], bucket, context=named)


def is_others(caller_account: str, request: SignedRequest) -> bool:
    """Tell whether a call is about a bucket with a policy, or about another account's."""
    bucket = unquote(urlsplit(request.url).path).removeprefix("/").partition("/")[0]
    owner, policy = _bucket(caller_account, bucket)
    return policy is not None or owner != caller_account


def key_of(caller_account: str, region: str, body: bytes) -> tuple[Target, Context] | None:
    """Return the KMS key that a call names, or whose ciphertext it brings, and the call's context.

    None if there is no such key. A call that names no key is about all of the account's own.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    given: Mapping[str, Any] = json.loads(body or b"{}")
    named: str = given.get("KeyId") or given.get("TargetKeyId") or _key_id(given)
    if not named:
        return Target("*", caller_account), {}
    account = named.split(":")[4] if named.startswith("arn:") else caller_account
    key = _find(account, region, named.rpartition(":key/")[2]) or _find_anywhere(region, named)
    if key is None:
        return None
    encryption: Mapping[str, str] = given.get("EncryptionContext") or {}
    context: Context = {f"kms:EncryptionContext:{name}": encryption[name] for name in encryption}
    context["kms:CallerAccount"] = caller_account
    if key.aliases:
        context["kms:ResourceAliases"] = sorted(key.aliases)
    return Target(key.arn, key.account_id, json.loads(key.policy)), context


def _key_id(given: Mapping[str, Any]) -> str:
    blob = base64.b64decode(given.get("CiphertextBlob", ""))
    return blob[:_KEY_ID_BYTES].decode("ascii", "replace")


def _find(account: str, region: str, name: str) -> Key | None:
    backend = kms_backends[account][region]
    alias = name if name.startswith("alias/") else f"alias/{name.rpartition(':alias/')[2]}"
    return backend.keys.get(backend.get_key_id_from_alias(alias) or name)


def _find_anywhere(region: str, key_id: str) -> Key | None:
    """Return the key with this id, whoever's it is: ids are given once."""
    if not key_id or key_id.startswith(("arn:", "alias/")):
        return None
    found = (regions[region].keys.get(key_id) for regions in kms_backends.values())
    return next(filter(None, found), None)


def _on(
    caller_account: str, action: str, bucket: str, key: str = "", context: Context | None = None
) -> Put:
    owner, policy = _bucket(caller_account, bucket)
    arn = f"arn:aws:s3:::{bucket}{f'/{key}' if key else ''}"
    return Put(f"s3:{action}", Target(arn, owner, policy), context or {})


def _bucket(caller_account: str, name: str) -> tuple[str, Document | None]:
    """Return whose a bucket is, and its policy; one that is not there is the caller's to make."""
    partition, owner = s3_backends.bucket_accounts.get(name, ("aws", caller_account))
    bucket = s3_backends[owner][partition].buckets.get(name)
    policy = bucket.policy if bucket else None
    return owner, json.loads(policy) if policy else None


def _unknown(request: SignedRequest) -> AwsError:
    path = urlsplit(request.url)
    return AwsError(
        "AccessDenied",
        f"The local cloud lets administrators alone {request.method} {path.path}?{path.query}",
        HTTPStatus.FORBIDDEN,
    )
