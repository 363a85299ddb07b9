"""From a stored key to a session of one role: two calls, and nothing is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from credentials.calls import call
from credentials.errors import ServiceError, StoreNotFoundError
from credentials.fetch.clients import Clients
from credentials.fetch.errors import NoKeyError, RefusedError, UnreadableValueError
from credentials.fetch.run_context import RunContext
from credentials.secret import Secret
from credentials.store import StoredKey
from iam_profiles.directory import Found

SHORTEST = 900
"""The shortest session that AWS gives, in seconds."""


@dataclass(frozen=True, slots=True)
class RoleSession:
    """Temporary credentials of one role; the two secrets are shown only by name."""

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret
    expires_at: datetime

    def environment(self) -> Mapping[str, str]:
        """Return it as environment variables that every SDK reads."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key.reveal(),
            "AWS_SESSION_TOKEN": self.session_token.reveal(),
        }

    def process_output(self) -> Mapping[str, str | int]:
        """Return it as AWS's `credential_process` expects it.

        Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
        """
        return {
            "Version": 1,
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key.reveal(),
            "SessionToken": self.session_token.reveal(),
            "Expiration": self.expires_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }


def stored_key(found: Found, clients: Clients) -> StoredKey:
    """Read the identity's key from its store, now. Raises: CredentialsError."""
    config = found.listing.store or {}
    name = str(config.get("name"))
    one_call = config.get("kind") == "aws-secrets-manager"
    key = _secret(found, name, clients) if one_call else _opened(config, clients)
    if key is None:
        raise NoKeyError(found.identity, name)
    if not _is_of(key, found):
        raise UnreadableValueError(found.identity, name)
    return key


def _secret(found: Found, name: str, clients: Clients) -> StoredKey | None:
    """What Secrets Manager has as current, without a look at its versions."""
    store = clients.store("secretsmanager")
    try:
        answer = call(store.get_secret_value, SecretId=name)
    except ServiceError as error:
        if error.code == "ResourceNotFoundException":
            raise StoreNotFoundError(name) from None
        raise
    value = Secret(cast("dict[str, Any]", answer).pop("SecretString", ""))
    try:
        return StoredKey.from_json(value)
    except ValueError:
        raise UnreadableValueError(found.identity, name) from None


def _opened(config: Mapping[str, Any], clients: Clients) -> StoredKey | None:
    from credentials.stores import current_key, open_store  # noqa: PLC0415 -- not for the default

    return current_key(open_store(config, clients.store))


def assume(
    found: Found, key: StoredKey, clients: Clients, context: RunContext, seconds: int
) -> RoleSession:
    """Assume the role with the key. Raises: RefusedError, ServiceError."""
    sts = call(clients.sts, key)
    try:
        answer = call(
            sts.assume_role,
            RoleArn=found.role,
            RoleSessionName=context.session_name,
            SourceIdentity=context.source_identity,
            DurationSeconds=seconds,
            Tags=[{"Key": name, "Value": value} for name, value in context.tags.items()],
        )
    except ServiceError as error:
        if error.code == "AccessDenied":
            raise RefusedError(found.identity, found.role, error.code, error.detail) from None
        raise
    return session_of(cast("dict[str, Any]", answer["Credentials"]))


def session_of(credentials: dict[str, Any]) -> RoleSession:
    """Return the session that STS answered with; its secrets are gone from the answer."""
    return RoleSession(
        credentials["AccessKeyId"],
        Secret(credentials.pop("SecretAccessKey")),
        Secret(credentials.pop("SessionToken")),
        credentials["Expiration"],
    )


def _is_of(key: StoredKey, found: Found) -> bool:
    # INVARIANT: a store that gives out somebody else's key is not used, whatever that key may do.
    return (
        key.user_arn.rpartition("/")[2] == found.identity
        and key.user_arn.split(":")[4] == found.home
    )
