"""Where a page comes from, as far as sandboxes are counted by it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

#: What one household or school gets of IPv6 at the least (RFC 6177); a machine in it can take any
#: of the addresses.
_IPV6_PREFIX = 64


def network_of(client: Sequence[object] | None) -> str:
    """The network of an ASGI scope's ``client``: an IPv4 address or an IPv6 /64.

    ``""`` where it is not known, as behind a unix socket. Behind a proxy the server has put the
    address there that a trusted proxy named.
    """
    try:
        address = ipaddress.ip_address(str(client[0]).partition("%")[0] if client else "")
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)
