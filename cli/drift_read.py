"""Reads for `iam-profiles drift`: the accounts, and all that their users and stores hold."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from access.export import world
from access.world import World
from cli.deployed import deployed_exports
from cli.drift_beside import Beside, Place, no_people, read_beside
from cli.errors import AccountUnreadableError
from cli.stack_config import profile_of
from cli.stored_keys import StoredKeys
from credentials.ledger import Ledger, Standing
from credentials.patience import READING
from iam_profiles.documents import AccountDocuments
from iam_profiles.model import Account, Profiles
from iam_profiles.render import render_all
from pipeline.checkpoints import State, states_of
from pipeline.command import EngineCommand
from pipeline.drift.beside import declared_keys, stored_names
from pipeline.drift.inventory import Keys
from pipeline.job import StackJob

_AT_ONCE = 4
_MANAGED = frozenset({Standing.CURRENT, Standing.PREVIOUS, Standing.PENDING})


@dataclass(frozen=True, slots=True)
class Live:
    """What is in the accounts: every account's IAM, the secrets' policies, the users' keys."""

    world: World
    keys: Keys


def read_live(profiles: Profiles, project: Path) -> Live:
    """Return what is in all accounts now.

    Raises:
        AccountUnreadableError: an account refuses, cannot be reached, or is another one.
        ExportInvalidError: an account answers with what is no inventory.
    """
    exports = deployed_exports(profiles, project)
    found = world(
        exports.details,
        resource_policies=exports.resource_policies,
        credentials=exports.credentials,
    )
    keys: dict[str, tuple[str, ...]] = {}
    for account in profiles.organization.accounts:
        session = _session(account, profiles.organization.region, project)
        keys.update(_keys(account, _users(found, account), session))
    return Live(found, keys)


def read_more(
    profiles: Profiles, project: Path, live: Live, recorded: Mapping[str, State]
) -> Beside:
    """Return what the accounts have beside that; the states say what else to ask about.

    Raises:
        AccountUnreadableError: an account's profile cannot be used.
    """
    organization = profiles.organization
    documents = render_all(profiles).documents
    places: list[Place] = []
    for account in organization.accounts:
        session = _session(account, organization.region, project)
        place = _place(profiles, documents[account.name], session, recorded[str(account.name)])
        users = no_people(_users(live.world, account), organization)
        places.append(replace(place, users=users))
    return read_beside(places)


def _users(found: World, account: Account) -> list[str]:
    return [arn for arn in found.users if arn.split(":")[4] == account.id]


def _place(
    profiles: Profiles, documents: AccountDocuments, session: boto3.Session, state: State
) -> Place:
    known = frozenset(user.secret_name for user in documents.service_users)
    stack = state.deployed.settled if state.deployed is not None else None
    return Place(
        documents.account,
        profiles.organization,
        session,
        keys=declared_keys(stack) if stack else (),
        known=known,
        owned=known | (stored_names(stack) if stack else frozenset[str]()),
    )


def states(profiles: Profiles, project: Path) -> dict[str, State]:
    """Return every stack's state.

    Raises:
        StackUnreadableError: a state cannot be read.
        EngineMissingError: there is no engine to read it with.
    """
    names = (str(account.name) for account in profiles.organization.accounts)
    return states_of([StackJob(name, project) for name in names], EngineCommand())


def rotated(
    documents: AccountDocuments, recorded: Keys, live: Keys, project: Path
) -> dict[str, tuple[str, ...]]:
    """Return the recorded keys as their stores have them, where a rotation left the state behind.

    Only users whose keys are others than recorded are looked at; of one whose store cannot be read,
    the state's word stands.
    """
    moved = [
        user
        for user in documents.service_users
        if user.arn in live
        and recorded.get(user.arn)
        and set(live[user.arn]) != set(recorded[user.arn])
    ]
    if not moved:
        return dict(recorded)
    stored = StoredKeys(documents, profile_of(str(documents.account.name), project))
    known = {
        user.arn: tuple(str(key.access_key_id) for key in found.keys if key.standing in _MANAGED)
        for user, found in stored.ledgers(moved)
        if isinstance(found, Ledger) and found.current is not None
    }
    return {**recorded, **known}


def _session(account: Account, region: str, project: Path) -> boto3.Session:
    profile = profile_of(str(account.name), project)
    try:
        return boto3.Session(profile_name=profile, region_name=region)
    except BotoCoreError as error:
        raise AccountUnreadableError(str(account.name), str(error)) from error


def _keys(
    account: Account, users: Iterable[str], session: boto3.Session
) -> Mapping[str, tuple[str, ...]]:
    """Return the ids of each user's access keys, of whichever status."""
    names = {arn: arn.rpartition("/")[2] for arn in users}
    if not names:
        return {}
    try:
        client = session.client("iam", config=READING)

        def of(name: str) -> tuple[str, ...]:
            pages = client.get_paginator("list_access_keys").paginate(UserName=name)
            listed = (key.get("AccessKeyId") for page in pages for key in page["AccessKeyMetadata"])
            return tuple(sorted(filter(None, listed)))

        with ThreadPoolExecutor(max_workers=_AT_ONCE) as workers:
            return dict(zip(names, workers.map(of, names.values()), strict=True))
    except (BotoCoreError, ClientError) as error:
        raise AccountUnreadableError(str(account.name), str(error)) from error
