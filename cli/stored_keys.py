"""The service users' keys in the state account, as `profiles/` and the account's stack say."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import click

from cli.options import PROJECT
from cli.stack_config import profile_of
from credentials.aws import Aws
from credentials.errors import CredentialsError
from credentials.ledger import Ledger, examine
from credentials.ports import Policy, Ports
from credentials.store import StoredKey
from iam_profiles.documents import AccountDocuments, ServiceUserDocuments
from iam_profiles.load import load
from iam_profiles.model import ServiceUser
from iam_profiles.paths import state_account
from iam_profiles.render import render

AT_ONCE = 4
"""Users that are looked at or worked on at the same time; AWS throttles each account."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The service users that a command is about."""

    keyed: tuple[ServiceUserDocuments, ...]
    federated: tuple[ServiceUser, ...]
    """Those that have no key, as their issuer's tokens stand for them."""

    @property
    def names(self) -> tuple[str, ...]:
        """All their names."""
        return tuple(user.name for user in (*self.keyed, *self.federated))


class StoredKeys:
    """Opens the keys and the store of each service user, with the state account's profile."""

    def __init__(
        self, state: AccountDocuments, profile: str | None, federated: Iterable[ServiceUser] = ()
    ) -> None:
        self.account = state.account
        self.users = state.service_users
        self.federated = tuple(federated)
        self._aws = Aws(state.account.id, state.region, profile)

    @staticmethod
    def of_project(folder: Path, project: Path = PROJECT) -> "StoredKeys":
        """Those of the model in `folder`, by the profile that `Pulumi.<state account>.yaml` names.

        AWS is not called yet. Raises: ProfilesError.
        """
        profiles = load(folder)
        state = state_account(profiles.organization).name
        federated = (user for user in profiles.service_users if user.federation is not None)
        return StoredKeys(render(profiles, state), profile_of(state, project), federated)

    def check_account(self) -> None:
        """Make sure that the credentials are the state account's. Raises: CredentialsError."""
        self._aws.check_account()

    def chosen(self, names: Sequence[str]) -> Chosen:
        """The users of these names, each once, or all; AWS is called only if some has a key.

        Raises:
            UsageError: Some are unknown; it names them all.
            CredentialsError: There are no credentials, or they are of another account.
        """
        known = Chosen(self.users, self.federated).names
        if unknown := [name for name in dict.fromkeys(names) if name not in known]:
            raise click.UsageError(f"there is no service user {_list(unknown)}; use {_list(known)}")
        wanted = frozenset(names or known)
        found = Chosen(
            tuple(user for user in self.users if user.name in wanted),
            tuple(user for user in self.federated if user.name in wanted),
        )
        if found.keyed:
            self.check_account()
        return found

    def ports(
        self, user: ServiceUserDocuments, sleep: Callable[[float], None] = time.sleep
    ) -> Ports:
        """What a run on a user's keys needs."""
        store = self._aws.store(user.store)
        return self._aws.ports(user.name, store, user.probe_role_arn, sleep)

    def ledgers(
        self, users: Iterable[ServiceUserDocuments]
    ) -> Iterator[tuple[ServiceUserDocuments, Ledger | CredentialsError]]:
        """Each user with its ledger, or with why there is none."""

        def look(user: ServiceUserDocuments) -> Ledger | CredentialsError:
            ports = self.ports(user)
            # Whoever asks wants to know what there is now, and not to wait for it.
            impatient = replace(ports.timing, visibility=timedelta(0))
            try:
                return examine(replace(ports, timing=impatient), policy_of(user))
            except CredentialsError as error:
                return error

        chosen = tuple(users)
        with ThreadPoolExecutor(max_workers=AT_ONCE) as workers:
            yield from zip(chosen, workers.map(look, chosen), strict=True)

    def fetch(self) -> Iterator[tuple[ServiceUserDocuments, StoredKey]]:
        """Each service user with the key that its secret holds now; held in memory only."""
        for user in self.users:
            store = self._aws.store(user.store)
            current = store.read().current
            if current and current.access_key_id:
                yield user, store.fetch(current)


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def policy_of(user: ServiceUserDocuments) -> Policy:
    """How long the model lets a user's keys live."""
    rotate_after = user.rotate_after_seconds
    return Policy(
        rotate_after=None if rotate_after is None else timedelta(seconds=rotate_after),
        grace=timedelta(seconds=user.grace_seconds),
    )
