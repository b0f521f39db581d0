"""What sandboxes may reach outside: the settings, and the addresses that follow from them.

Nothing, unless ``PLAYGROUND_EGRESS`` is on. :mod:`packet_filter` makes rules of this and
:mod:`network` the interfaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from pathlib import Path

from playground.runtime.errors import MachineUnfit

#: No sandbox reaches these. The IANA IPv4 Special-Purpose Address Registry (RFC 6890), whole:
#: private networks, the cloud's metadata (169.254.169.254, 100.100.100.200, 192.0.0.192) among
#: them; multicast (RFC 5771); and Azure's WireServer, a public address that answers each machine
#: (learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
BLOCKED = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",
    )
)  # fmt: skip

#: smtp, submissions and submission in IANA's Service Name and Port Number Registry: nobody sends
#: mail from a sandbox.
MAIL_PORTS = (25, 465, 587)

#: systemd-resolved's own list of name servers, where /etc/resolv.conf names only its stub on
#: 127.0.0.53 (systemd-resolved.service(8)).
_RESOLV_CONF = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))
#: As many name servers as resolv.conf(5) reads (MAXNS).
_MAX_RESOLVERS = 3

#: Part of what RFC 6598 sets aside for networks behind a translator, away from the 100.100.100.100
#: and 100.100.100.200 that others use in it.
_SUBNET = IPv4Network("100.127.0.0/16")


@dataclass(frozen=True)
class Permit:
    """An exception from what is blocked: TCP and UDP to a network, to one port or (0) to all."""

    network: IPv4Network
    port: int = 0

    @property
    def is_host(self) -> bool:
        """Whether it names one address, which then may be the machine's own."""
        return self.network.prefixlen == self.network.max_prefixlen

    @classmethod
    def parse(cls, text: str) -> Permit:
        """Read ``10.0.0.5``, ``10.0.0.0/24`` or ``10.0.0.5:5000``; raises ``ValueError``."""
        network, _, port = text.partition(":")
        permit = cls(_network(network), int(port or 0))
        if not 0 <= permit.port <= 65535:
            raise ValueError(f"{port} is no port")
        return permit


@dataclass(frozen=True)
class Egress:
    """The settings. ``dns`` holds addresses with commas, or ``host`` for the machine's own."""

    on: bool = False
    subnet: IPv4Network = _SUBNET
    dns: str = "1.1.1.1,9.9.9.9"
    block: tuple[IPv4Network, ...] = ()
    allow: tuple[Permit, ...] = ()
    #: New connections a second of one sandbox; unanswered UDP packets count as well.
    rate: int = 50
    #: Connections of one sandbox at once, as the kernel tracks them.
    connections: int = 512
    #: Kilobits (1,000 bits) a second of one sandbox, each way.
    kbit: int = 20_000

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Egress:
        """Read ``PLAYGROUND_EGRESS`` and its like; raises ``ValueError``, the name in it."""
        given: dict[str, object] = {}
        for name, read in _READERS.items():
            key = "PLAYGROUND_EGRESS" if name == "on" else f"PLAYGROUND_EGRESS_{name.upper()}"
            if text := environ.get(key, "").strip():
                try:
                    given[name] = read(text)
                except ValueError as error:
                    raise ValueError(f"{key}={text!r}: {error}") from None
        return cls(**given)  # type: ignore[arg-type]

    def addresses(self, slot: int) -> tuple[IPv4Address, IPv4Address]:
        """The two ends of a sandbox's link, a /31 (RFC 3021): the machine's and the sandbox's.

        Raises ``MachineUnfit`` if the subnet has no room for that many sandboxes.
        """
        if 2 * slot + 1 >= self.subnet.num_addresses:
            raise MachineUnfit(
                f"{self.subnet} has addresses for {self.subnet.num_addresses // 2} sandboxes only",
                "Set PLAYGROUND_EGRESS_SUBNET to a larger one",
            )
        return self.subnet[2 * slot], self.subnet[2 * slot + 1]

    def resolvers(self) -> tuple[IPv4Address, ...]:
        """The name servers that sandboxes use; raises ``MachineUnfit`` if there is none."""
        if self.dns != "host":
            return _servers(self.dns.split(","))
        for path in _RESOLV_CONF:
            if path.is_file() and (found := _usable(path.read_text(errors="replace"))):
                return found
        raise MachineUnfit(
            "The machine's name servers cannot be reached from sandboxes: "
            f"{' and '.join(map(str, _RESOLV_CONF))} name none but loopback or IPv6 ones",
            "Name reachable ones with PLAYGROUND_EGRESS_DNS",
        )

    def resolv_conf(self) -> bytes:
        """The text of ``/etc/resolv.conf`` inside; the engine hands it on to containers."""
        return b"".join(b"nameserver %b\n" % str(each).encode() for each in self.resolvers())


def _usable(resolv_conf: str) -> tuple[IPv4Address, ...]:
    """The name servers of a resolv.conf(5) that something else than the machine can reach."""
    found = []
    for words in map(str.split, resolv_conf.splitlines()):
        if len(words) > 1 and words[0] == "nameserver":
            try:
                address = IPv4Address(words[1])
            except AddressValueError:
                continue
            if not address.is_loopback and not address.is_unspecified:
                found.append(address)
    return tuple(found[:_MAX_RESOLVERS])


def _network(text: str) -> IPv4Network:
    try:
        return IPv4Network(text.strip())
    except (AddressValueError, NetmaskValueError, ValueError):
        raise ValueError(f"{text.strip()!r} is no IPv4 network (IPv6 is dropped whole)") from None


def _servers(texts: list[str]) -> tuple[IPv4Address, ...]:
    return tuple(IPv4Address(text.strip()) for text in texts[:_MAX_RESOLVERS])


def _dns(text: str) -> str:
    if text != "host":
        for address in _servers(text.split(",")):
            if address.is_loopback or address.is_unspecified:
                raise ValueError("a sandbox cannot reach the machine's loopback")
    return text


def _subnet(text: str) -> IPv4Network:
    subnet = _network(text)
    if subnet.prefixlen > 31:
        raise ValueError("a sandbox takes two addresses")
    return subnet


_FLAGS = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(
    ("0", "false", "no", "off"), False
)


def _flag(text: str) -> bool:
    if text.lower() not in _FLAGS:
        raise ValueError("0 or 1 is meant")
    return _FLAGS[text.lower()]


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1 << 31):
        raise ValueError("a whole number above zero is meant")
    return int(text)


_READERS = {
    "on": _flag,
    "subnet": _subnet,
    "dns": _dns,
    "block": lambda text: tuple(_network(each) for each in text.split(",")),
    "allow": lambda text: tuple(Permit.parse(each) for each in text.split(",")),
    "rate": _positive,
    "connections": _positive,
    "kbit": _positive,
}
