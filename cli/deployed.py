"""Reads what is deployed: every account's IAM, and the policies of the secrets that hold keys."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from access.export import Source
from cli.errors import AccountUnreadableError
from cli.stack_config import profile_of
from cli.worlds import Exports
from credentials.patience import READING
from iam_profiles.documents import AccountDocuments
from iam_profiles.model import Account, Profiles
from iam_profiles.render import render_all
from iam_profiles.store_config import stored_at

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_AT_ONCE = 4
_NOT_THERE = ("ResourceNotFoundException", "InvalidRequestException")
"""Not deployed yet, or waiting to be deleted."""


def deployed_exports(profiles: Profiles, project: Path) -> Exports:
    """Return what the organisation's accounts have now, each read with its stack's AWS profile.

    Args:
        profiles: the organisation, and whose keys are kept in which secrets.
        project: the folder with the stacks' configuration, `Pulumi.<account>.yaml`.

    Raises:
        AccountUnreadableError: an account refuses, cannot be reached, or is another one.
    """
    region = profiles.organization.region
    accounts = profiles.organization.accounts
    # A session is made in one thread after the other; only the calls run side by side.
    sessions = [_session(account, region, project) for account in accounts]
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as workers:
        details = tuple(workers.map(_details, accounts, sessions))
    policies: dict[str, str] = {}
    credentials: list[dict[str, str]] = []
    documents = render_all(profiles).documents
    for account, session in zip(accounts, sessions, strict=True):
        for secret, principal, policy in _secrets(documents[account.name], session):
            # A key outlives its user in the store, and is then nobody's.
            if any(json.dumps(principal) in source.text for source in details):
                credentials.append({"secret": secret, "principal": principal})
            if policy is not None:
                policies[secret] = policy
    return Exports(
        details,
        (Source("the secrets' own policies", json.dumps(policies)),),
        (Source("the secrets", json.dumps({"credentials": credentials})),),
    )


def _session(account: Account, region: str, project: Path) -> boto3.Session:
    """Return a session by the profile of the account's stack."""
    profile = profile_of(account.name, project)
    try:
        return boto3.Session(profile_name=profile, region_name=region)
    except BotoCoreError as error:
        raise AccountUnreadableError(account.name, str(error)) from error


def _details(account: Account, session: boto3.Session) -> Source:
    try:
        found = session.client("sts", config=READING).get_caller_identity()["Account"]
        if found != account.id:
            why = f"the credentials are of account `{found}`, not of `{account.id}`"
            raise AccountUnreadableError(account.name, why)
        pages = session.client("iam", config=READING).get_paginator(
            "get_account_authorization_details"
        )
        text = "\n".join(json.dumps(_plain(page), default=str) for page in pages.paginate())
    except (BotoCoreError, ClientError) as error:
        raise AccountUnreadableError(account.name, str(error)) from error
    return Source(f"account {account.name}", text, account.id)


def _plain(page: Any) -> dict[str, Any]:  # noqa: ANN401 -- boto3's answer
    return {key: value for key, value in page.items() if key != "ResponseMetadata"}


def _secrets(
    documents: AccountDocuments, session: boto3.Session
) -> Iterator[tuple[str, str, str | None]]:
    """Yield by what each service user's key is read, whose it is, and a secret's own policy."""
    if not documents.service_users:
        return
    client = session.client("secretsmanager", config=READING)
    place = (documents.partition, documents.region, documents.account.id)
    for user in documents.service_users:
        if user.store["kind"] != "aws-secrets-manager":
            yield from ((pattern, user.arn, None) for pattern in stored_at(user.store, *place))
            continue
        try:
            yield from _secret(client, user.secret_name, user.arn)
        except (BotoCoreError, ClientError) as error:
            raise AccountUnreadableError(documents.account.name, str(error)) from error


def _secret(
    client: "SecretsManagerClient", name: str, principal: str
) -> Iterator[tuple[str, str, str | None]]:
    try:
        answer = client.get_resource_policy(SecretId=name)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_THERE:
            return
        raise
    yield answer["ARN"], principal, answer.get("ResourcePolicy")
