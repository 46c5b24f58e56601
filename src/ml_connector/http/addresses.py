"""An address is public when it belongs to the internet at large, and to nobody's own network.

A host is taken in its one plain spelling only: a name of letters, digits and hyphens, four decimal
numbers, or IPv6 in brackets. Whatever two programs could read in two ways is no host for us.
"""

from __future__ import annotations

import ipaddress
import re

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_TUNNELS = (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32"))
"""6to4 and Teredo: what stands in such an address is where a relay sends it to."""
_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that was ever given out; outside of it lie site-local addresses and the like."""
_RESERVED = (ipaddress.ip_network("3fff::/20"), ipaddress.ip_network("192.0.0.0/24"))
"""Documentation (RFC 9637) and protocol assignments (RFC 6890), of which Python knows parts."""

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")
"""A last part like this makes of the whole an IPv4 address, oddly spelled (URL Standard, 3.5)."""

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_ip(host: str) -> IpAddress | None:
    """The address that a URL's host spells out, or None where the host is a name."""
    try:
        return ipaddress.ip_address(host.strip("[]").split("%", 1)[0])
    except ValueError:
        return None


def is_plain(host: str) -> bool:
    """Whether the host is spelled in the one way that everybody reads alike.

    `127.1`, `0x7f.1`, `2130706433`, `017700000001`, a dot at the end, an escaped or a non-ASCII
    letter are not; internationalised names are plain in their `xn--` form.
    """
    if ":" in host:
        return parse_ip(host) is not None and "%" not in host
    if parse_ip(host) is not None:
        return True
    name = host.lower()
    is_odd_number = _NUMBER.match(name.rpartition(".")[2]) is not None
    return _NAME.fullmatch(name) is not None and not is_odd_number


def is_this_machine(host: str) -> bool:
    """Whether the name means the very machine that asks (RFC 6761)."""
    name = host.lower()
    return name in ("localhost", "localhost.localdomain") or name.endswith(".localhost")


def is_public(address: IpAddress) -> bool:
    """False for loopback, private, shared, link-local (cloud metadata), multicast and reserved, and
    for tunnels.

    An IPv4 address that travels inside an IPv6 one is judged as what it is.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
        if address not in _UNICAST or any(address in tunnel for tunnel in _TUNNELS):
            return False
    if any(address in network for network in _RESERVED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_loopback(address: IpAddress) -> bool:
    """Whether the address is this very machine."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address in a mapped or a NAT64 address, which is how a network without IPv4 reaches
    the internet."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
