"""The node's nftables rules: one table of its own, written as text.

The rules know the interfaces by their prefix, so one that is not yet (or no longer) in ``sources``
passes nothing. Whatever the rules accept, another table of the machine may still drop. An exception
for a network does not open the machine's own addresses in it: those must be named one by one.

Where the kernel asks the table (nftables' hooks), in a packet's order:

- *prerouting*, before the machine's own address translation: who sends, and where to;
- *forward* or *input*: the same again for what the machine has translated by then, and the limits;
- *output*: only answers of the machine go to sandboxes, no connection of its own;
- *postrouting*: the machine's address in the sandbox's stead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

from playground.runtime.egress import BLOCKED, MAIL_PORTS, Egress, Permit

_DNS = 53
#: What a bandwidth limit lets through at once beyond a second's worth (net/netfilter/nft_limit.c:
#: a bucket holds rate and burst), in bytes. Segmentation offload hands packets of up to 64 KiB
#: from one end of a veth to the other; a smaller bucket would let none of them pass.
_BURST = 64 << 10

_RULES = """\
table inet {table} {{
    comment "{comment}"
    set sources {{
        type ifname . ipv4_addr
        {sources}
    }}
    set blocked {{
        type ipv4_addr
        flags interval
        elements = {{ {blocked} }}
    }}
    set openings {{
        type ifname
        size 65535
        flags dynamic,timeout
        timeout 1m
    }}
    set connections {{
        type ifname
        size 65535
        flags dynamic
    }}
    set upload {{
        type ifname
        size 65535
        flags dynamic,timeout
        timeout 1m
    }}
    set download {{
        type ifname
        size 65535
        flags dynamic,timeout
        timeout 1m
    }}
    chain permitted_hosts {{
        {hosts}
    }}
    chain permitted_networks {{
        {networks}
    }}
    chain refused {{
        ip daddr {subnet} drop
        tcp dport {{ {mail} }} drop
        jump permitted_hosts
        fib daddr type != unicast drop
        jump permitted_networks
        ip daddr @blocked drop
    }}
    chain limited {{
        ct state invalid drop
        ct state new update @openings {{ iifname limit rate over {rate}/second burst {rate} packets }} drop
        ct state new add @connections {{ iifname ct count over {connections} }} drop
        update @upload {{ iifname limit rate over {bytes} bytes/second burst {burst} bytes }} drop
    }}
    chain prerouting {{
        type filter hook prerouting priority raw; policy accept;
        iifname != "{prefix}*" accept
        meta nfproto != ipv4 drop
        meta l4proto != {{ tcp, udp, icmp }} drop
        iifname . ip saddr != @sources drop
        jump refused
    }}
    chain input {{
        type filter hook input priority filter - 1; policy accept;
        iifname != "{prefix}*" accept
        jump limited
        jump permitted_hosts
        drop
    }}
    chain outgoing {{
        oifname "{prefix}*" drop
        jump limited
        jump refused
        accept
    }}
    chain incoming {{
        meta nfproto != ipv4 drop
        ct state != {{ established, related }} drop
        ct direction original drop
        ct state related meta l4proto != icmp drop
        update @download {{ oifname limit rate over {bytes} bytes/second burst {burst} bytes }} drop
        accept
    }}
    chain forward {{
        type filter hook forward priority filter - 1; policy accept;
        iifname "{prefix}*" goto outgoing
        oifname "{prefix}*" goto incoming
    }}
    chain output {{
        type filter hook output priority filter - 1; policy accept;
        oifname != "{prefix}*" accept
        ct state {{ established, related }} accept
        drop
    }}
    chain postrouting {{
        type nat hook postrouting priority srcnat; policy accept;
        iifname "{prefix}*" ip saddr {subnet} masquerade
    }}
}}
"""  # noqa: E501 - nftables has no line continuation inside a statement


@dataclass(frozen=True)
class PacketFilter:
    """The rules of one node: its table's name, its interfaces' prefix, its settings."""

    table: str
    prefix: str
    egress: Egress
    resolvers: tuple[IPv4Address, ...]

    @property
    def comment(self) -> str:
        """What the table says of itself: other settings make another comment."""
        return "rules " + hashlib.sha256(self._text("", ()).encode()).hexdigest()[:16]

    def ruleset(self, sources: Iterable[tuple[str, IPv4Address]]) -> str:
        """Text for ``nft -f``: puts the table in place of the one that is there, in one step.

        ``sources`` are the interfaces that exist, each with the only address that it may send from.
        """
        replaced = f"add table inet {self.table}\ndelete table inet {self.table}\n"
        return replaced + self._text(self.comment, sources)

    def admit(self, interface: str, address: IPv4Address) -> str:
        """Text for ``nft -f``: from now on the interface may send from this address."""
        return f"add element inet {self.table} sources {{ {_source(interface, address)} }}\n"

    def dismiss(self, interface: str, address: IPv4Address) -> str:
        """Text for ``nft -f``: the interface may send nothing any more."""
        return f"delete element inet {self.table} sources {{ {_source(interface, address)} }}\n"

    def removal(self) -> str:
        """Text for ``nft -f``: remove the table, whether or not it is there."""
        return f"add table inet {self.table}\ndelete table inet {self.table}\n"

    def _text(self, comment: str, sources: Iterable[tuple[str, IPv4Address]]) -> str:
        egress = self.egress
        elements = ", ".join(_source(*each) for each in sources)
        return _RULES.format(
            table=self.table,
            prefix=self.prefix,
            comment=comment,
            sources=f"elements = {{ {elements} }}" if elements else "",
            blocked=", ".join(map(str, collapse_addresses((*BLOCKED, *egress.block)))),
            hosts=_permits(each for each in self._exceptions() if each.is_host),
            networks=_permits(each for each in self._exceptions() if not each.is_host),
            subnet=egress.subnet,
            mail=", ".join(map(str, MAIL_PORTS)),
            rate=egress.rate,
            connections=egress.connections,
            bytes=egress.kbit * 1000 // 8,
            burst=_BURST,
        )

    def _exceptions(self) -> list[Permit]:
        servers = [Permit(IPv4Network(address), _DNS) for address in self.resolvers]
        return [*servers, *self.egress.allow]


def _source(interface: str, address: IPv4Address) -> str:
    return f'"{interface}" . {address}'


def _permits(permits: Iterable[Permit]) -> str:
    lines = []
    for each in permits:
        port = f"th dport {each.port} " if each.port else ""
        lines.append(f"ip daddr {each.network} meta l4proto {{ tcp, udp }} {port}accept")
    return "\n        ".join(lines)
