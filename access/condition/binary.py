"""BinaryEquals: base-64 encoded values, compared byte for byte."""

from base64 import b64decode
from binascii import Error


def same_bytes(requested: str, stated: str) -> bool | None:
    """Whether the two encode the same bytes; `None` if one is not base-64."""
    try:
        return b64decode(requested, validate=True) == b64decode(stated, validate=True)
    except (Error, ValueError):
        return None
