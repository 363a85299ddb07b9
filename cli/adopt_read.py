"""Reads for `iam-profiles adopt`: the accounts' inventory, and what no inventory has."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from access.arn import account_of
from cli.drift_read import read_live
from cli.errors import AccountUnreadableError
from cli.stack_config import profile_of
from iam_profiles.documents import AccountDocuments
from iam_profiles.model import Account, Profiles
from iam_profiles.paths import state_account
from pipeline.adopt.counterparts import ALIAS, ISSUER, KEY, SECRET
from pipeline.adopt.found import Details, Found, name_of

_AT_ONCE = 4
_NOT_THERE = frozenset({"ResourceNotFoundException", "NotFoundException"})


def read_found(profiles: Profiles, project: Path) -> Found:
    """Return what is in all accounts now.

    Raises:
        AccountUnreadableError: an account refuses, cannot be reached, or is another one.
        ExportInvalidError: an account answers with what is no inventory.
    """
    live = read_live(profiles, project)
    sessions: dict[str, int] = {}
    purposes: dict[str, str] = {}
    for account in profiles.organization.accounts:
        for arn, seconds, purpose in _roles(profiles, account, project):
            sessions[arn], purposes[arn] = seconds, purpose
    state = state_account(profiles.organization)
    users = [arn for arn in live.world.users if account_of(arn) == state.id]
    keys = [key for arn in users for key in live.keys.get(arn, ())]
    devices, unused = _of_users(profiles, state, users, keys, project)
    return Found(live.world, Details(sessions, purposes, live.keys, unused, devices))


def read_others(
    profiles: Profiles, documents: AccountDocuments, project: Path
) -> dict[tuple[str, str], str]:
    """Return `{(type, name): id}` of an account's secrets, keys and issuers that are declared.

    Raises:
        AccountUnreadableError: the account refuses, or cannot be reached.
    """
    session = _session(profiles, documents.account, project)
    try:
        return {
            (type_, name): id_
            for read in (_secrets, _keys, _issuers)
            for type_, name, id_ in read(session, documents)
        }
    except (BotoCoreError, ClientError) as error:
        raise AccountUnreadableError(str(documents.account.name), str(error)) from error


def _session(profiles: Profiles, account: Account, project: Path) -> boto3.Session:
    profile = profile_of(str(account.name), project)
    return boto3.Session(profile_name=profile, region_name=profiles.organization.region)


def _roles(profiles: Profiles, account: Account, project: Path) -> Iterator[tuple[str, int, str]]:
    """Yield each role's ARN, longest session and description: an inventory has neither."""
    try:
        client = _session(profiles, account, project).client("iam")
        for page in client.get_paginator("list_roles").paginate():
            for role in page["Roles"]:
                yield role["Arn"], role.get("MaxSessionDuration", 0), role.get("Description", "")
    except (BotoCoreError, ClientError) as error:
        raise AccountUnreadableError(str(account.name), str(error)) from error


def _of_users(
    profiles: Profiles, account: Account, users: list[str], keys: list[str], project: Path
) -> tuple[Mapping[str, tuple[str, ...]], frozenset[str]]:
    """Return each user's MFA devices, and those of the keys that were never used."""
    try:
        client = _session(profiles, account, project).client("iam")

        def devices(arn: str) -> tuple[str, ...]:
            pages = client.get_paginator("list_mfa_devices").paginate(UserName=name_of(arn))
            return tuple(
                sorted(one["SerialNumber"] for page in pages for one in page["MFADevices"])
            )

        def used(key: str) -> bool:
            answer = client.get_access_key_last_used(AccessKeyId=key)
            return "LastUsedDate" in answer.get("AccessKeyLastUsed", {})

        with ThreadPoolExecutor(max_workers=_AT_ONCE) as workers:
            found = dict(zip(users, workers.map(devices, users), strict=True))
            worked = zip(keys, workers.map(used, keys), strict=True)
            return found, frozenset(key for key, was in worked if not was)
    except (BotoCoreError, ClientError) as error:
        raise AccountUnreadableError(str(account.name), str(error)) from error


def _secrets(session: boto3.Session, documents: AccountDocuments) -> Iterator[tuple[str, str, str]]:
    names = [
        user.secret_name
        for user in documents.service_users
        if user.store["kind"] == "aws-secrets-manager"
    ]
    if not names:
        return
    client = session.client("secretsmanager")
    for name in names:
        try:
            found = client.describe_secret(SecretId=name)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _NOT_THERE:
                raise
            continue
        if "DeletedDate" not in found:
            yield SECRET, name, found["ARN"]


def _keys(session: boto3.Session, documents: AccountDocuments) -> Iterator[tuple[str, str, str]]:
    wanted = {one.alias for one in documents.store_keys}
    if not wanted:
        return
    kms = cast("Any", session.client("kms"))  # whose types are not installed
    pages = kms.get_paginator("list_aliases").paginate()
    aliases: list[dict[str, str]] = [alias for page in pages for alias in page["Aliases"]]
    for alias in aliases:
        name, key = alias.get("AliasName", ""), alias.get("TargetKeyId")
        if name in wanted and key:
            yield ALIAS, name, name
            yield KEY, name, key


def _issuers(session: boto3.Session, documents: AccountDocuments) -> Iterator[tuple[str, str, str]]:
    wanted = {str(one.arn): one.url for one in documents.identity_providers}
    if not wanted:
        return
    listed = session.client("iam").list_open_id_connect_providers()
    for one in listed["OpenIDConnectProviderList"]:
        if (arn := one.get("Arn", "")) in wanted:
            yield ISSUER, wanted[arn], arn
