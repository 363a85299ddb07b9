"""The codes of a virtual MFA device (RFC 6238), as AWS and every authenticator app compute them."""

import base64
import hashlib
import hmac
import struct
from datetime import datetime, timedelta

_STEP_SECONDS = 30


def code(seed: str, at: datetime) -> str:
    """Return the six digits that the device with this base32 seed shows at a time."""
    counter = struct.pack(">Q", int(at.timestamp()) // _STEP_SECONDS)
    digest = hmac.digest(base64.b32decode(seed, casefold=True), counter, hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def is_valid(seed: str, given: str, now: datetime) -> bool:
    """Tell whether a code is of now, or of the half minute before or after."""
    steps = (timedelta(seconds=_STEP_SECONDS * away) for away in (-1, 0, 1))
    return any(hmac.compare_digest(code(seed, now + step), given) for step in steps)
