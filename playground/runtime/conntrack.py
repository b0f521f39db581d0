"""Forgetting the connections of an address, by the kernel's netlink interface to its tracking.

Addresses are given out again. Without this, what a server still sends to a sandbox that is gone
would come to the next one of the same address, and dead connections would count for days.

Numbers are those of ``include/uapi/linux/netfilter/nfnetlink_conntrack.h`` and ``netlink.h``; the
filter (``CTA_FILTER``) came with Linux 5.8.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address

_NETLINK_NETFILTER = 12
_GET = 1 << 8 | 1  # NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET
_DELETE = 1 << 8 | 2  # …, IPCTNL_MSG_CT_DELETE
_REQUEST, _ACK, _DUMP = 0x1, 0x4, 0x300
_ERROR, _DONE = 2, 3
_TUPLE_ORIG, _TUPLE_IP, _IP_V4_SRC, _ZONE = 1, 1, 1, 18
_FILTER, _FILTER_ORIG, _FILTER_REPLY = 25, 1, 2
_BY_SOURCE = struct.pack("=I", 1 << 0)  # CTA_FILTER_F_CTA_IP_SRC
_NESTED = 0x8000
_HEADER = struct.Struct("=IHHII")
_FAMILY = struct.pack("=BBH", socket.AF_INET, 0, 0)  # struct nfgenmsg
#: A part of an answer is at most this long (NLMSG_GOODSIZE), in bytes.
_PART = 64 << 10


def forget(source: IPv4Address) -> int:
    """Drop every tracked connection that ``source`` has opened; return how many there were.

    In the network namespace of the calling thread. Raises ``OSError``.
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as kernel:
        kernel.settimeout(10)
        found = list(_connections(kernel, source))
        for attributes in found:
            kernel.sendall(_message(_DELETE, _REQUEST | _ACK, attributes))
            for _ in _answers(kernel):
                pass
    return len(found)


def _connections(kernel: socket.socket, source: IPv4Address) -> Iterator[bytes]:
    """What names each connection: its first packet's tuple, and its zone if it has one."""
    wanted = _attribute(
        _TUPLE_ORIG | _NESTED,
        _attribute(_TUPLE_IP | _NESTED, _attribute(_IP_V4_SRC, source.packed)),
    ) + _attribute(
        _FILTER | _NESTED,
        _attribute(_FILTER_ORIG, _BY_SOURCE) + _attribute(_FILTER_REPLY, bytes(4)),
    )
    kernel.sendall(_message(_GET, _REQUEST | _DUMP, wanted))
    for body in _answers(kernel):
        names = [(kind, value) for kind, value in _attributes(body[4:])]
        yield b"".join(_attribute(k, v) for k, v in names if k & ~_NESTED in (_TUPLE_ORIG, _ZONE))


def _answers(kernel: socket.socket) -> Iterator[bytes]:
    """The bodies of all parts of an answer; a connection that ended meanwhile is no error."""
    while True:
        part = kernel.recv(_PART)
        while part:
            length, kind, _, _, _ = _HEADER.unpack_from(part)
            body = part[_HEADER.size : length]
            part = part[-(-length // 4) * 4 :]
            if kind == _DONE:
                return
            if kind == _ERROR:
                number = -int(struct.unpack_from("=i", body)[0])
                if number in (0, 2):  # ENOENT
                    return
                raise OSError(number, "connection tracking")
            yield body


def _attribute(kind: int, value: bytes) -> bytes:
    padding = bytes(-len(value) % 4)
    return struct.pack("=HH", 4 + len(value), kind) + value + padding


def _attributes(body: bytes) -> Iterator[tuple[int, bytes]]:
    while len(body) >= 4:
        length, kind = struct.unpack_from("=HH", body)
        yield kind, body[4:length]
        body = body[-(-length // 4) * 4 :]


def _message(kind: int, flags: int, attributes: bytes) -> bytes:
    body = _FAMILY + attributes
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, 1, 0) + body
