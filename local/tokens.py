"""Tokens of OpenID Connect issuers, verified as AWS verifies them: issuer, signature, time.

An issuer is asked for its keys where `issuers.json` of the local home says, on this machine: the
local cloud reaches no other.
"""

import base64
import json
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from local.answers import AwsError

_PARTS = 3
_SECONDS = 5
_MOST = 20_000
_SKEW = timedelta(minutes=5)
_DISCOVERY = "/.well-known/openid-configuration"

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Issuers:
    """The issuers that the local cloud knows, as `file` has them: `{issuer: its address here}`."""

    file: Path

    def verified(self, token: str, now: datetime) -> Claims:
        """Return the claims of a token that its issuer has signed, and that holds now.

        Raises:
            AwsError: it is none, or not any more, or its issuer is not known.
        """
        header, claims, signature = _parsed(token)
        issuer = claims.get("iss")
        if header.get("alg") != "RS256" or not isinstance(issuer, str):
            raise _invalid("The ID Token provided is not a valid JWT of a supported algorithm")
        key = self._key(issuer, header.get("kid"))
        try:
            signed = token.rpartition(".")[0].encode()
            key.public_key().verify(signature, signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise _invalid("The ID Token's signature is not its issuer's") from None
        _check_time(claims, now)
        return claims

    def _key(self, issuer: str, kid: object) -> RSAPublicNumbers:
        try:
            known = cast("dict[str, str]", json.loads(self.file.read_text("utf-8")))
            address = known[issuer]
            keys = _fetched(_fetched(address + _DISCOVERY)["jwks_uri"])["keys"]
            found = next(one for one in keys if one["kid"] == kid and one["kty"] == "RSA")
            return RSAPublicNumbers(_number(found["e"]), _number(found["n"]))
        except (OSError, ValueError, LookupError, TypeError, StopIteration):
            raise _invalid(
                "Couldn't retrieve verification key from your identity provider, please reference "
                "AssumeRoleWithWebIdentity documentation for requirements"
            ) from None


def _parsed(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    parts = token.split(".")
    if len(parts) == _PARTS and len(token) <= _MOST:
        with suppress(ValueError):
            header, claims = (json.loads(_decoded(part)) for part in parts[:2])
            if isinstance(header, dict) and isinstance(claims, dict):
                found = cast("tuple[dict[str, Any], dict[str, Any]]", (header, claims))
                return *found, _decoded(parts[2])
    raise _invalid("The ID Token provided is not a valid JWT.")


def _check_time(claims: Claims, now: datetime) -> None:
    try:
        until = datetime.fromtimestamp(claims["exp"], UTC)
        since = datetime.fromtimestamp(claims.get("nbf", claims["iat"]), UTC)
    except (LookupError, TypeError, ValueError, OverflowError):
        raise _invalid("Missing a required claim: exp or iat") from None
    if now >= until:
        message = (
            f"Token expired: current date/time {now.timestamp():.0f} must be before the "
            f"expiration date/time {until.timestamp():.0f}"
        )
        raise AwsError("ExpiredTokenException", message, HTTPStatus.BAD_REQUEST)
    if now + _SKEW < since:
        raise _invalid("The ID Token is not valid yet")


def _fetched(address: str) -> dict[str, Any]:
    # INVARIANT: nothing is asked of another machine.
    url = urlsplit(address)
    if url.scheme != "http" or not ip_address(url.hostname or "").is_loopback:
        raise ValueError(address)
    with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310 -- checked above
        return cast("dict[str, Any]", json.load(answer))


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _number(text: str) -> int:
    return int.from_bytes(_decoded(text))


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidIdentityToken", message, HTTPStatus.BAD_REQUEST)
