"""A session of a role, by whatever the identity has: a stored key, or its job's own token."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from credentials.errors import ServiceError
from credentials.fetch.clients import Clients
from credentials.fetch.errors import NobodyReadsError, NoReadersTokenError, NoTokenError
from credentials.fetch.run_context import RunContext, run_context
from credentials.fetch.session import SHORTEST, RoleSession, assume, stored_key
from iam_profiles.directory import Found
from iam_profiles.names import Arn

_NOBODY = frozenset({"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"})
"""What botocore calls it."""

_Where = tuple[Mapping[str, str], Path | None]
"""Where a token may be: the job's environment, and the file that was named."""


def begin(
    found: Found,
    clients: Clients,
    seconds: int,
    environment: Mapping[str, str],
    token_file: Path | None = None,
) -> RoleSession:
    """Begin a session, named after the pipeline's run. Raises: CredentialsError."""
    context = run_context(found.identity, environment)
    if found.listing.federation is not None:
        return _by_token(found, clients, context, seconds, (environment, token_file))
    reading = _reading(found, clients, context, (environment, token_file))
    try:
        key = stored_key(found, reading)
    except ServiceError as error:
        if error.code in _NOBODY:
            raise NobodyReadsError(found.identity, error.code) from None
        raise
    return assume(found, key, clients, context, seconds)


def _reading(
    found: Found,
    clients: Clients,
    context: RunContext,
    where: _Where,
) -> Clients:
    """Return who reads the store: the identity's reader, unless the user asked for another.

    A job without its token is told how it gets one: whose credentials lie about in its environment
    must not decide who reads a key.
    """
    reader = found.listing.reader
    if reader is None or clients.asked_for:
        return clients
    listing = replace(found.listing, federation=reader)
    by_reader = replace(found, role=Arn(str(reader["role"])), listing=listing)
    try:
        session = _by_token(by_reader, clients, context, SHORTEST, where)
    except NoTokenError as error:
        raise NoReadersTokenError(found.identity, error.remedy) from None
    return clients.acting_as(
        session.access_key_id, session.secret_access_key, session.session_token
    )


def _by_token(
    found: Found,
    clients: Clients,
    context: RunContext,
    seconds: int,
    where: _Where,
) -> RoleSession:
    from credentials.fetch.web_identity import (  # noqa: PLC0415 -- not for those with a key alone
        assume_with_token,
        token,
    )

    return assume_with_token(found, token(found, *where), clients, context, seconds)
