"""A stream to another node's ports, with TLS around it.

The clients for HTTP and websockets take a socket. They get one end of a pair; its other end is
copied to and from the TLS stream here, at most a buffer in each direction ahead.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from django.conf import settings

from playground.hub import certificates
from playground.hub.together import until_first
from playground.sandboxes.models import NodeRecord

_PIECE = 64 << 10
#: Copies that are under way; the event loop itself would forget them.
_copies: set[asyncio.Task[None]] = set()


async def open_stream(node: NodeRecord) -> socket.socket:
    """Connect to the node's entrance for ports; raises ``OSError``."""
    host, _, port = node.ports.rpartition(":")
    context = certificates.web_context(settings.CERTIFICATES_DIR)
    reader, writer = await asyncio.open_connection(
        host, int(port), ssl=context, server_hostname=node.name, limit=_PIECE
    )
    ours, theirs = socket.socketpair()
    for each in (ours, theirs):
        each.setblocking(False)
    copy = asyncio.create_task(_copy_both(ours, reader, writer))
    _copies.add(copy)
    copy.add_done_callback(_copies.discard)
    return theirs


async def _copy_both(
    ours: socket.socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Copy until either side ends; TLS as asyncio has it cannot end one direction alone."""
    try:
        with suppress(OSError):
            await until_first(_out(ours, writer), _in(reader, ours))
    finally:
        ours.close()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _out(ours: socket.socket, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    while data := await loop.sock_recv(ours, _PIECE):
        writer.write(data)
        await writer.drain()


async def _in(reader: asyncio.StreamReader, ours: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while data := await reader.read(_PIECE):
        await loop.sock_sendall(ours, data)
