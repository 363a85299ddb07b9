"""IpAddress and NotIpAddress: an address in the request, an address or a range in the policy."""

from ipaddress import ip_address, ip_network


def in_range(requested: str, stated: str) -> bool | None:
    """Whether the address `requested` is in the CIDR range `stated`; `None` if one is malformed."""
    try:
        return ip_address(requested) in ip_network(stated, strict=False)
    except ValueError:
        return None
