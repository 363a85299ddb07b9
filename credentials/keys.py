"""The access keys of one IAM user: what AWS tells of them, and the port to ask it through."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

from credentials.secret import Secret
from iam_profiles.names import Arn, UserName

AccessKeyId = NewType("AccessKeyId", str)
"""`AKIA…`: names a key and is not secret."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key as AWS lists it."""

    id: AccessKeyId
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as AWS hands it out, once."""

    id: AccessKeyId
    secret: Secret
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LastUse:
    """When a key was last used, and for which service; `at` is None if it never was."""

    at: datetime | None
    service: str = "N/A"


class Keys(Protocol):
    """The keys of one user.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
    """

    @property
    def user(self) -> UserName:
        """The user's name."""
        ...

    def user_arn(self) -> Arn:
        """The user's ARN. Raises: UserNotFoundError."""
        ...

    def list(self) -> tuple[AccessKey, ...]:
        """All keys that AWS shows by now. Raises: UserNotFoundError."""
        ...

    def create(self) -> NewKey:
        """Mint a key, with one call and never a second try. Raises: KeyLimitError, ServiceError."""
        ...

    def deactivate(self, key: AccessKeyId) -> None:
        """Make the key unusable, reversibly; well if it is gone."""
        ...

    def delete(self, key: AccessKeyId) -> None:
        """Delete the key; well if it is gone."""
        ...

    def last_use(self, key: AccessKeyId) -> LastUse:
        """When the key was last used."""
        ...
