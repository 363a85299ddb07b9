"""Who signed an AWS request: Signature Version 4, computed again and compared.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_CLOCK_SKEW = timedelta(minutes=15)
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,]+)/(?P<day>\d{8})/(?P<region>[\w-]+)"
    r"/(?P<service>[\w-]+)/aws4_request, ?SignedHeaders=(?P<signed>[\w;-]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_MUST_BE_SIGNED = {"host", "x-amz-date"}


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request and what its Authorization header says of it."""

    method: str
    url: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    key: str
    day: str
    region: str
    service: str
    signed: tuple[str, ...]
    signature: str


def read(method: str, url: str, headers: Mapping[str, str], body: bytes) -> SignedRequest | None:
    """Return the signed request, or None where the header is missing or none of AWS's."""
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", "").strip())
    if found is None:
        return None
    return SignedRequest(
        method,
        url,
        headers,
        body,
        found["key"],
        found["day"],
        found["region"],
        found["service"],
        tuple(found["signed"].split(";")),
        found["signature"],
    )


def is_genuine(request: SignedRequest, secret: str, token: str | None, now: datetime) -> bool:
    """Tell whether who knows `secret` signed exactly this request, and lately.

    `token` is the session's, and None for a long-term key; it has to be the one that was sent.
    """
    if not _MUST_BE_SIGNED.issubset(request.signed) or not _is_recent(request, now):
        return False
    sent_token = request.headers.get("x-amz-security-token")
    if (token or "") != (sent_token or "") or (
        token and "x-amz-security-token" not in request.signed
    ):
        return False
    digest = request.headers.get("x-amz-content-sha256")
    if digest is not None and digest != hashlib.sha256(request.body).hexdigest():
        return False
    headers = {name: value for name, value in request.headers.items() if name in request.signed}
    again = AWSRequest(request.method, request.url, headers, request.body)
    again.context["timestamp"] = request.headers["x-amz-date"]
    kind = S3SigV4Auth if request.service == "s3" else SigV4Auth  # S3 encodes a path only once
    signer = kind(Credentials(request.key, secret), request.service, request.region)
    text = signer.string_to_sign(again, signer.canonical_request(again))
    return hmac.compare_digest(signer.signature(text, again), request.signature)


def _is_recent(request: SignedRequest, now: datetime) -> bool:
    sent = request.headers.get("x-amz-date", "")
    if not sent.startswith(request.day):
        return False
    try:
        at = datetime.strptime(sent, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(now - at) <= _CLOCK_SKEW
