"""What the secrets store says of each service user's key: everything but the secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from credentials.aws import Aws
from credentials.store import StoredKey
from iam_profiles.documents import AccountDocuments, ServiceUserDocuments


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """Where a service user's key is, and which it is."""

    user: str
    secret_name: str
    secret_arn: str
    version: str
    access_key_id: str | None
    """None while no key was minted yet."""
    created_at: datetime | None


class StoredKeys:
    """Reads the state account's secrets store; fetches a key only when asked for that one."""

    def __init__(self, state: AccountDocuments, profile: str) -> None:
        self._users = state.service_users
        self._aws = Aws(state.account.id, state.region, profile)

    def records(self) -> Iterator[KeyRecord]:
        """Each service user's record."""
        for user in self._users:
            snapshot = self._aws.store(user.secret_name).read()
            current = snapshot.current
            yield KeyRecord(
                user=user.name,
                secret_name=user.secret_name,
                secret_arn=snapshot.arn,
                version=current.id if current else "",
                access_key_id=current.access_key_id if current else None,
                created_at=current.created_at if current else None,
            )

    def fetch(self) -> Iterator[tuple[ServiceUserDocuments, StoredKey]]:
        """Each service user with the key that its secret holds now; held in memory only."""
        for user in self._users:
            store = self._aws.store(user.secret_name)
            current = store.read().current
            if current and current.access_key_id:
                yield user, store.fetch(current)
