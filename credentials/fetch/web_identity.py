"""From a CI system's token to a session of one role: one call, and there is no key to keep.

Sources of the tokens:
    https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
    https://circleci.com/docs/openid-connect-tokens/
    https://docs.gitlab.com/ci/secrets/id_token_authentication/
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from credentials.calls import call
from credentials.errors import ServiceError
from credentials.fetch.clients import Clients
from credentials.fetch.errors import NoTokenError, TokenRefusedError
from credentials.fetch.run_context import RunContext
from credentials.fetch.session import RoleSession, session_of
from credentials.secret import Secret
from iam_profiles.directory import Found

_REQUEST_URL: Final = "ACTIONS_ID_TOKEN_REQUEST_URL"
_REQUEST_TOKEN: Final = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 -- a variable's name
_FILE: Final = "AWS_WEB_IDENTITY_TOKEN_FILE"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})
_MOST: Final = 20_000
"""AWS takes no longer token."""

_REFUSALS: Final = frozenset(
    {
        *("AccessDenied", "ExpiredTokenException", "IDPCommunicationError", "IDPRejectedClaim"),
        *("InvalidIdentityToken", "ExpiredToken"),
    }
)
# Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html

_MISSING: Final = {
    "github": "give the job `permissions: {id-token: write}`, or name a file with `--token-file`",
    "circleci": "run it in a job of CircleCI, or name a file with `--token-file`",
    "gitlab": "give the job `id_tokens: {%s: {aud: %s}}`, or name a file with `--token-file`",
    "oidc": f"name a file with `--token-file` or in {_FILE}",
}


def token(found: Found, environment: Mapping[str, str], token_file: Path | None = None) -> Secret:
    """Return the identity's token: from the file that is named, or as its CI system gives it.

    Raises:
        NoTokenError: there is none; it says how the job gets one.
    """
    federation = found.listing.federation or {}
    named = environment.get(str(federation.get("variable") or ""))
    if token_file is not None:
        return _read(found, token_file)
    if federation.get("kind") == "github" and environment.get(_REQUEST_URL):
        return _requested(found, environment)
    if named:
        return Secret(named.strip())
    if environment.get(_FILE):
        return _read(found, Path(environment[_FILE]))
    raise NoTokenError(found.identity, _remedy(federation))


def assume_with_token(
    found: Found, given: Secret, clients: Clients, context: RunContext, seconds: int
) -> RoleSession:
    """Assume the role with the token. Raises: TokenRefusedError, ServiceError.

    The session's name alone tells the run: tags and a source identity would have to be in the
    token, and roles refuse one that has any.
    """
    sts = call(clients.sts)
    try:
        answer = call(
            sts.assume_role_with_web_identity,
            RoleArn=found.role,
            RoleSessionName=context.session_name,
            DurationSeconds=seconds,
            WebIdentityToken=given.reveal(),
        )
    except ServiceError as error:
        if error.code in _REFUSALS:
            raise TokenRefusedError(found.identity, found.role, error.code) from None
        raise
    return session_of(cast("dict[str, Any]", answer["Credentials"]))


def _remedy(federation: Mapping[str, Any]) -> str:
    kind = str(federation.get("kind"))
    words = _MISSING.get(kind, _MISSING["oidc"])
    if kind == "gitlab":
        return words % (federation.get("variable"), federation.get("audience"))
    return words


def _read(found: Found, path: Path) -> Secret:
    try:
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "no token"
        raise NoTokenError(found.identity, f"put it into `{path}` ({why})") from None
    if not text or len(text) > _MOST:
        raise NoTokenError(found.identity, f"put it into `{path}`, and nothing else")
    return Secret(text)


def _requested(found: Found, environment: Mapping[str, str]) -> Secret:
    """Ask GitHub for a token for the identity's audience."""
    url = urlsplit(environment[_REQUEST_URL])
    if url.scheme != "https" and url.hostname not in _LOOPBACK:
        raise NoTokenError(found.identity, f"{_REQUEST_URL} is no `https` address: unset it")
    audience = (found.listing.federation or {}).get("audience")
    query = urlencode([*parse_qsl(url.query), ("audience", str(audience))])
    given = _asked(urlunsplit(url._replace(query=query)), environment.get(_REQUEST_TOKEN, ""))
    if given is None:
        raise NoTokenError(found.identity, f"GitHub gives the job none: {_MISSING['github']}")
    return given


def _asked(url: str, bearer: str) -> Secret | None:
    """Neither the answer nor an error leaves this frame: both may hold a token."""
    import urllib3  # noqa: PLC0415 -- needed by jobs of GitHub alone

    retries = urllib3.Retry(total=3, backoff_factor=0.5, status_forcelist=(500, 502, 503, 504))
    try:
        with urllib3.PoolManager(timeout=10.0, retries=retries) as pool:
            answer = pool.request("GET", url, headers={"Authorization": f"Bearer {bearer}"})
        value: object = json.loads(answer.data)["value"] if answer.status == HTTPStatus.OK else None
    except (urllib3.exceptions.HTTPError, ValueError, LookupError, TypeError):
        return None
    return Secret(value) if isinstance(value, str) and value else None
