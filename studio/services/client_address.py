"""Who sends too much: the part of a network address that stands for one household or machine."""

from __future__ import annotations

import ipaddress


def rate_limit_key(address: str) -> str:
    """The address; for IPv6 its /64, which one household has whole."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64] or "unknown"
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)
