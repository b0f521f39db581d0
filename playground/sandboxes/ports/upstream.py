"""The way to a student's server: a stream from the hub for each request."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import aiohttp
from django.conf import settings

from playground.hub import ports, tickets
from playground.sandboxes import gateway
from playground.sandboxes.ports import tls
from playground.sandboxes.ports.access import Pass
from playground.telemetry import ids

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler

#: The hub gives the port ten seconds.
_ANSWER_WITHIN = 15.0
_MOST_ANSWER = 512
#: Bytes of an answer that wait here before the server is not read any more.
_BUFFER = 64 << 10
#: Bytes of one header, of all of an answer's; twice what servers allow by default.
_MOST_HEADER = 16 << 10
_SEPARATOR = "."


class NoStream(Exception):
    """There is no way to the port; ``code`` is one of :mod:`playground.hub.ports`."""

    def __init__(self, code: bytes, listening: list[int] | None = None) -> None:
        super().__init__(code.decode())
        self.code = code
        #: Ports that something listens on.
        self.listening = listening or []


class NoHub(NoStream):
    """The hub does not answer."""


async def open_stream(leave: Pass) -> socket.socket:
    """A connection that is the port's; raises ``NoStream``."""
    loop = asyncio.get_running_loop()
    ticket = tickets.Ticket(
        sandbox=leave.sandbox, purpose="port", port=leave.port, request_id=ids.current()
    )
    node = await gateway.node_of(leave.sandbox)
    line = tickets.issue(settings.SECRET_KEY, ticket).encode() + b"\n"
    if node is not None and node.ports:
        try:
            stream = await asyncio.wait_for(tls.open_stream(node), _ANSWER_WITHIN)
        except (OSError, asyncio.TimeoutError):
            raise NoHub(ports.REFUSED) from None
    else:
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.setblocking(False)

    async def ask() -> bytes:
        if node is None or not node.ports:
            await loop.sock_connect(stream, settings.PORTS_SOCKET)
        await loop.sock_sendall(stream, line)
        return await loop.sock_recv(stream, 1)  # no more: what follows is the server's

    try:
        answer = await asyncio.wait_for(ask(), _ANSWER_WITHIN)
        if answer == ports.CONNECTED:
            return stream
        if not answer:
            raise NoHub(ports.REFUSED)
        named = await asyncio.wait_for(loop.sock_recv(stream, _MOST_ANSWER), _ANSWER_WITHIN)
        words = named.decode("ascii", errors="replace").split()
        raise NoStream(answer, [int(each) for each in words if each.isdigit()])
    except (OSError, asyncio.TimeoutError):
        stream.close()
        raise NoHub(ports.REFUSED) from None
    except BaseException:
        stream.close()
        raise


class _Connector(aiohttp.BaseConnector):
    """Connects through the hub; which port is meant stands in the address's host.

    Each request has a connection of its own (``force_close``): whatever a student's server makes of
    where a request ends, nothing of it can become part of another. As aiohttp's own connectors this
    one fills in ``_create_connection``.
    """

    def __init__(self) -> None:
        super().__init__(force_close=True, limit=0)

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: object, timeout: object
    ) -> ResponseHandler:
        port, _, sandbox = (req.url.host or "").partition(_SEPARATOR)
        stream = await open_stream(Pass(sandbox, int(port)))
        try:
            _, protocol = await self._loop.create_unix_connection(self._factory, sock=stream)
        except BaseException:
            stream.close()
            raise
        return protocol


_sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}


def session() -> aiohttp.ClientSession:
    """The event loop's client: bytes as they are, no cookies kept, no proxies."""
    loop = asyncio.get_running_loop()
    if loop not in _sessions:
        _sessions[loop] = aiohttp.ClientSession(
            connector=_Connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            auto_decompress=False,
            read_bufsize=_BUFFER,
            max_line_size=_MOST_HEADER,
            max_field_size=_MOST_HEADER,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
    return _sessions[loop]


def address(leave: Pass, target: bytes) -> str:
    """What stands for a port in an address that :func:`session` understands."""
    return f"http://{leave.port}{_SEPARATOR}{leave.sandbox}{target.decode('ascii')}"
