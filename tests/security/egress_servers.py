"""Servers of the network that the tests of egress make; run by its path inside a namespace.

Usage: egress_servers.py LOG PORT…   Every port speaks HTTP over TCP: ``/big`` is 4 MB, ``/held``
never ends, all else is the client's address. UDP 53 answers each name with 93.184.216.34; what
comes to UDP 7777 is written to LOG, a line each: the sender's address and the text.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ANSWER = "93.184.216.34"


def _http(connection: socket.socket, peer: str) -> None:
    with connection:
        asked = connection.recv(4096)
        body = bytes(4_000_000) if b"/big" in asked else peer.encode()
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        if b"/held" in asked:
            time.sleep(60)
        connection.sendall(body)


def _quietly(work: Callable[..., None], *arguments: Any) -> None:
    try:
        work(*arguments)
    except OSError:
        pass


def _tcp(listener: socket.socket) -> None:
    while True:
        connection, peer = listener.accept()
        _start(_quietly, _http, connection, peer[0])


def _dns(server: socket.socket) -> None:
    """Answer as RFC 1035 has it: the question again, and one A record that points back at it."""
    while True:
        asked, peer = server.recvfrom(512)
        end = asked.index(0, 12) + 5
        is_a = asked[end - 4 : end - 2] == b"\0\1"
        header = asked[:2] + struct.pack(">HHHHH", 0x8180, 1, int(is_a), 0, 0)
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(ANSWER)
        server.sendto(header + asked[12:end] + (record if is_a else b""), peer)


def _record(server: socket.socket, log: Path) -> None:
    with log.open("a", buffering=1) as file:
        while True:
            said, peer = server.recvfrom(512)
            file.write(f"{peer[0]} {said.decode(errors='replace')}\n")


def _start(work: Callable[..., None], *arguments: Any) -> None:
    threading.Thread(target=work, args=arguments, daemon=True).start()


def _udp(address: str, port: int) -> socket.socket:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    server.bind((address, port))
    return server


def main() -> None:
    log, ports = Path(sys.argv[1]), [int(port) for port in sys.argv[2:]]
    for port in ports:
        _start(_tcp, socket.create_server(("0.0.0.0", port), backlog=256))
    # An answer must come from where the question went, so this one has an address of its own.
    for address in ("1.1.1.1", "10.0.0.53"):
        try:
            _start(_dns, _udp(address, 53))
        except OSError:
            continue  # the namespace that is the host has neither
    _start(_record, _udp("0.0.0.0", 7777), log)
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
