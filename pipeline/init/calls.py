"""Calls to AWS in one account; what changes something is shown, and in a dry run not sent."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from boto3 import Session
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.init.errors import InitError

Say = Callable[[str], None]
_ABSENT: Final = frozenset(
    {
        "404",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchEntity",
        "NoSuchKey",
        "NoSuchPublicAccessBlockConfiguration",
        "NotFoundException",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
_SHOWN: Final = 100


@dataclass(frozen=True)
class Calls:
    """One account, as whoever has the session.

    Attributes:
        principal: the ARN of who calls: of a session, its role's.
        dry: whether what would change something is shown, and not sent.
    """

    account: str
    id: str
    principal: str
    session: Session
    say: Say
    dry: bool = False

    def ask(self, service: str, operation: str, **given: Any) -> dict[str, Any] | None:  # noqa: ANN401 -- boto3's parameters
        """Return the answer; nothing if what is asked about is not there.

        Raises:
            InitError: AWS refuses.
        """
        try:
            return getattr(self._client(service), operation)(**given)
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise self._refused(service, operation, error) from error
        except BotoCoreError as error:
            raise self._refused(service, operation, error) from error

    def change(self, service: str, operation: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 -- boto3's parameters
        """Show the call and, unless this is a dry run, send it; return the answer.

        Raises:
            InitError: AWS refuses.
        """
        name = "".join(part.capitalize() for part in operation.split("_"))
        told = ", ".join(f"{key}={_short(value)}" for key, value in given.items())
        self.say(f"{self.account}: {service}:{name} {told}")
        if self.dry:
            return {}
        try:
            return getattr(self._client(service), operation)(**given)
        except (ClientError, BotoCoreError) as error:
            raise self._refused(service, operation, error) from error

    def pages(self, service: str, operation: str, **given: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- boto3's parameters
        """Return all pages of an answer.

        Raises:
            InitError: AWS refuses.
        """
        try:
            return list(self._client(service).get_paginator(operation).paginate(**given))
        except (ClientError, BotoCoreError) as error:
            raise self._refused(service, operation, error) from error

    def _client(self, service: str) -> Any:  # noqa: ANN401 -- boto3 makes its clients at run time
        session: Any = self.session
        return session.client(service)

    def _refused(self, service: str, operation: str, error: Exception) -> InitError:
        said = f"account `{self.account}`: {service} {operation} failed: {error}"
        return InitError([f"{said}; mend that and run the same command again, which goes on"])


def same(one: str, other: str) -> bool:
    """Tell whether two policies say the same in the same order."""
    return json.loads(one) == json.loads(other)


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
