"""The one check of where requests may go: to this machine."""

import ipaddress
from urllib.parse import urlsplit

from local.aws.errors import NotLocalError


def require_loopback(service: str, endpoint: str) -> None:
    """Refuse `endpoint` unless its host is a loopback address, or `localhost`.

    Raises:
        NotLocalError: it is anything else, or no URL at all.
    """
    try:
        host = urlsplit(endpoint).hostname or ""
        # No name but `localhost` is resolved: what a name means may change between check and use.
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise NotLocalError(service, endpoint)
