"""Streams to a sandbox's ports, from a real hub's entrance into a real sandbox."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from playground.hub import ports, tickets
from playground.hub.ports import Ports, listening
from tests.support import Host

pytestmark = pytest.mark.sandbox
KEY = "key"
_connected: list[asyncio.StreamWriter] = []

#: What the server in the sandbox does with a connection depends on the first line that it gets.
SERVER = r"""
import socket, threading, time
def serve(c):
    f = c.makefile("rb")
    word = f.readline().strip()
    if word == b"echo":
        while data := f.read1(65536):
            c.sendall(data)
        c.sendall(b"[end]")
    elif word == b"flood":
        sent = 0
        try:
            while sent < 400 << 20:
                c.sendall(b"x" * 65536)
                sent += 65536
        except OSError:
            pass
        open("/tmp/flood", "w").write(str(sent))
    elif word == b"slow":
        time.sleep(1)
        total = 0
        while data := f.read1(65536):
            total += len(data)
        c.sendall(str(total).encode())
    elif word == b"hang":
        time.sleep(3600)
    elif word == b"watch":
        f.read()
        open("/tmp/left", "w").write("left")
    c.close()
def greet(c):
    c.sendall(b"220 hello\n")
    c.shutdown(socket.SHUT_WR)
    c.recv(10)
def listen(port, what):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", port))
    s.listen(200)
    while True:
        c, _ = s.accept()
        threading.Thread(target=what, args=(c,), daemon=True).start()
threading.Thread(target=listen, args=(7001, greet), daemon=True).start()
listen(7000, serve)
"""


@pytest.fixture(scope="module")
def served(host: Host) -> Host:
    host.sh(
        "docker run -d --name server --network host -v /tmp:/tmp python python3 -c "
        f"'{SERVER.replace(chr(39), chr(34))}'"
    )
    host.sh(
        "for i in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/7000) 2>/dev/null && exit 0; "
        "sleep 0.1; done; docker logs server; exit 1"
    )
    return host


@pytest.fixture
async def entrance(served: Host, tmp_path: Path) -> AsyncIterator[tuple[Ports, Path]]:
    path = tmp_path / "ports.sock"
    made = Ports(served.sandbox.node, KEY, most=1000, idle=2.0)
    server = await asyncio.get_running_loop().create_unix_server(made.entrance, str(path))
    yield made, path
    while _connected:
        await close(_connected.pop())
    server.close()
    for _ in range(100):
        if not made.open:
            break
        await asyncio.sleep(0.05)
    assert not made.open


def line(host: Host, port: int = 7000, purpose: str = "port", key: str = KEY) -> bytes:
    ticket = tickets.Ticket(sandbox=host.sandbox.id, purpose=purpose, port=port)
    return tickets.issue(key, ticket).encode() + b"\n"


async def connect(
    path: Path, said: bytes, word: bytes = b""
) -> tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_unix_connection(str(path))
    _connected.append(writer)
    writer.write(said)
    answer = await asyncio.wait_for(reader.read(1), 20)
    if word:
        writer.write(word + b"\n")
    return answer, reader, writer


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def test_bytes_both_ways_and_half_a_close(served: Host, entrance: tuple[Ports, Path]) -> None:
    answer, reader, writer = await connect(entrance[1], line(served), b"echo")
    assert answer == ports.CONNECTED
    data = bytes(range(256)) * 8192
    writer.write(data)
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(-1), 20) == data + b"[end]"
    await close(writer)


async def test_a_server_that_speaks_first(served: Host, entrance: tuple[Ports, Path]) -> None:
    for _ in range(20):
        answer, reader, writer = await connect(entrance[1], line(served, 7001))
        assert answer == ports.CONNECTED
        assert await asyncio.wait_for(reader.read(-1), 20) == b"220 hello\n"
        await close(writer)


async def test_one_who_does_not_read_stops_the_server(
    served: Host, entrance: tuple[Ports, Path]
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    entrance[0].idle = 30
    stream = socket.socket(socket.AF_UNIX)
    stream.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(stream, str(entrance[1]))
    await loop.sock_sendall(stream, line(served))
    assert await loop.sock_recv(stream, 1) == ports.CONNECTED
    await loop.sock_sendall(stream, b"flood\n")
    await asyncio.sleep(2)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 << 10  # in kB
    stream.close()
    for _ in range(100):
        if sent := served.try_sh("cat /tmp/flood").stdout:
            break
        await asyncio.sleep(0.1)
    assert 0 < int(sent) < 16 << 20


async def test_a_server_that_does_not_read_stops_the_sender(
    served: Host, entrance: tuple[Ports, Path]
) -> None:
    _, reader, writer = await connect(entrance[1], line(served), b"slow")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    piece = b"y" * 65536
    for _ in range(800):
        writer.write(piece)
        await writer.drain()
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(-1), 20) == str(800 * 65536).encode()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 << 10
    await close(writer)


async def test_what_is_refused(
    served: Host, entrance: tuple[Ports, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = entrance[1]
    gone = tickets.Ticket(sandbox="s-0123456789", purpose="port", port=80)
    for said, due in (
        (line(served, key="another"), ports.REFUSED),
        (line(served, purpose="terminal"), ports.REFUSED),
        (line(served, 0), ports.REFUSED),
        (line(served, 65536), ports.REFUSED),
        (line(served, -1), ports.REFUSED),
        (b"nonsense\n", ports.REFUSED),
        (b"\xff\xfe\n", ports.REFUSED),
        (tickets.issue(KEY, gone).encode() + b"\n", ports.GONE),
        (line(served, 9), ports.SILENT),
        (line(served) + b"GET / before it is asked", b""),
        (b"x" * 5000, b""),
    ):
        answer = b""
        with suppress(OSError):
            answer, reader, writer = await connect(path, said)
            rest = await reader.read(-1)
            if due == ports.SILENT:
                assert {"7000", "7001"} <= set(rest.decode().split())
            await close(writer)
        assert answer == due, said
    monkeypatch.setattr(tickets, "LIFETIME", -1)
    assert (await connect(path, line(served)))[0] == ports.REFUSED


async def test_a_port_number_that_is_none(served: Host, entrance: tuple[Ports, Path]) -> None:
    for port in ("7000", None, 7000.5, [7000], True):
        ticket = tickets.Ticket(sandbox=served.sandbox.id, purpose="port", port=port)  # type: ignore[arg-type]
        answer, _, writer = await connect(entrance[1], tickets.issue(KEY, ticket).encode() + b"\n")
        assert answer == ports.REFUSED, port
        await close(writer)


async def test_only_so_many_at_once(
    served: Host, entrance: tuple[Ports, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "MOST_EACH", 3)
    held = [await connect(entrance[1], line(served), b"echo") for _ in range(3)]
    assert (await connect(entrance[1], line(served)))[0] == ports.BUSY
    await close(held[0][2])
    await asyncio.sleep(0.3)
    answer, _, writer = await connect(entrance[1], line(served))
    assert answer == ports.CONNECTED
    for each in (*(writer for _, _, writer in held), writer):
        await close(each)


async def test_a_silent_connection_ends(served: Host, entrance: tuple[Ports, Path]) -> None:
    _, reader, writer = await connect(entrance[1], line(served), b"hang")
    with suppress(OSError):
        assert await asyncio.wait_for(reader.read(-1), 6) == b""
    await close(writer)


async def test_the_server_hears_that_the_browser_has_left(
    served: Host, entrance: tuple[Ports, Path]
) -> None:
    served.sh("rm -f /tmp/left")
    _, _, writer = await connect(entrance[1], line(served), b"watch")
    await close(writer)
    for _ in range(50):
        if served.try_sh("cat /tmp/left").stdout == b"left":
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it was never told")


async def test_a_frozen_host_goes_on(served: Host, entrance: tuple[Ports, Path]) -> None:
    await asyncio.to_thread(served.sandbox.freeze)
    answer, _, writer = await connect(entrance[1], line(served), b"echo")
    assert answer == ports.CONNECTED
    await close(writer)


def test_which_ports_are_listened_on(served: Host) -> None:
    assert {7000, 7001} <= set(listening(served.sandbox))
