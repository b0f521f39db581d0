"""Streams to the ports of sandboxes: what the web process may not open, as it cannot enter them.

A second socket beside the gateway's. The web process sends one line with a ticket. The answer is
one byte, :data:`CONNECTED` or why not, and after :data:`CONNECTED` the connection is the port's:
plain bytes both ways, so that TLS can go around it where a node is another machine. After
:data:`SILENT` come, until the end, the ports that something listens on, with spaces.

A side that does not read stops the other side's reading; nothing is gathered here beyond a buffer
of fixed size for each direction. A side that has ended its sending can still receive.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from typing import cast

from playground.hub import tickets
from playground.hub.thawing import thaw
from playground.hub.together import wait_for_event
from playground.runtime import inside
from playground.runtime.errors import SandboxError
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox
from playground.telemetry import ids, metrics

log = logging.getLogger(__name__)

CONNECTED, SILENT, GONE, BUSY, REFUSED = b"+", b"s", b"g", b"b", b"t"
_ANSWERS = {SILENT: "silent", GONE: "gone", BUSY: "busy", REFUSED: "refused"}

#: Connections to one sandbox at once. A browser opens six to a host name, and websockets besides.
MOST_EACH = 64
#: Bytes that wait in one direction before the other side is not read any more.
_BUFFER = 64 << 10
_MOST_LINE = 2048
_LINE_WITHIN = 5.0
_CONNECT_WITHIN = 10.0
#: Seconds without a byte after which a connection ends, and after one side has ended its sending.
IDLE, IDLE_HALF = 30 * 60.0, 30.0
#: Ports that are named at most where nothing answers.
_MOST_NAMED = 20
_MOST_TABLE = 256 << 10


class Ports:
    """The streams of one node."""

    def __init__(self, node: Node, key: str, most: int, idle: float = IDLE) -> None:
        self.node, self.key, self.most, self.idle = node, key, most, idle
        self.open: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    def entrance(self) -> asyncio.Protocol:
        """What a new connection from the web process meets."""
        return _Entrance(self)

    def admit(self, transport: asyncio.Transport, line: bytes) -> None:
        """Begin to serve a connection that has shown its ticket."""
        task = asyncio.create_task(self._serve(transport, line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, web: asyncio.Transport, line: bytes) -> None:
        try:
            ticket = tickets.read(self.key, line.decode("ascii", errors="replace").strip())
            # A truth value is an int too, and no port.
            if ticket.purpose != "port" or type(ticket.port) is not int:
                raise tickets.BadTicket("a ticket for something else")
            ids.bind(ticket.request_id)
            if not 0 < ticket.port < 1 << 16:
                raise tickets.BadTicket("no port")
            if self.open[ticket.sandbox] >= MOST_EACH or self.open.total() >= self.most:
                _answer(web, BUSY)
                return
            self.open[ticket.sandbox] += 1
            try:
                with metrics.PORT_STREAMS.track_inprogress():
                    await self._connect(web, ticket)
            finally:
                self.open[ticket.sandbox] -= 1
                if not self.open[ticket.sandbox]:
                    del self.open[ticket.sandbox]
        except tickets.BadTicket as error:
            log.warning("refused: a port: %s", error)
            _answer(web, REFUSED)
        except SandboxError:
            _answer(web, GONE)
        finally:
            if not web.is_closing():
                web.close()

    async def _connect(self, web: asyncio.Transport, ticket: tickets.Ticket) -> None:
        sandbox = self.node.get(ticket.sandbox)
        if not sandbox.is_alive():
            raise SandboxError("The sandbox has ended")
        await asyncio.to_thread(thaw, sandbox)
        loop = asyncio.get_running_loop()
        pipe = _Pipe(self.idle)
        try:
            socket = await asyncio.to_thread(inside.open_socket, sandbox.pid)
            socket.setblocking(False)
            try:
                # Here and not in the thread: a port that never answers holds no thread up.
                address = ("127.0.0.1", ticket.port)
                await asyncio.wait_for(loop.sock_connect(socket, address), _CONNECT_WITHIN)
            except BaseException:
                socket.close()
                raise
        except (OSError, asyncio.TimeoutError):
            named = await asyncio.to_thread(listening, sandbox)
            _answer(web, SILENT + " ".join(map(str, named)).encode())
            return
        if web.is_closing():
            socket.close()
            return
        # The web's end is first, as some servers speak before they are spoken to. It is still not
        # read: that begins with the port's end.
        web.set_protocol(pipe.web)
        pipe.web.connection_made(web)
        web.write(CONNECTED)
        metrics.PORT_ANSWERS.labels("connected").inc()
        log.info("a port of sandbox %s opens", sandbox.id, extra={"sandbox": sandbox.id})
        try:
            await loop.create_connection(lambda: pipe.port, sock=socket)
            if not pipe.web.closed:
                await pipe.wait()
        finally:
            pipe.close()
            if pipe.port.transport is None:
                socket.close()


class _Entrance(asyncio.Protocol):
    """Waits for the line with the ticket, not for long."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._line = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        loop = asyncio.get_running_loop()
        self._late = loop.call_later(_LINE_WITHIN, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        self._line += data
        if b"\n" in data:
            self._late.cancel()
            self._transport.pause_reading()
            if self._line.endswith(b"\n"):
                self._ports.admit(self._transport, bytes(self._line))
            else:  # it speaks before it was answered
                self._transport.abort()
        elif len(self._line) > _MOST_LINE:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._late.cancel()


class _Pipe:
    """Two ends of which each writes what the other one reads."""

    def __init__(self, idle: float) -> None:
        loop = asyncio.get_running_loop()
        self.web, self.port = _End(self, "in"), _End(self, "out")
        self.web.other, self.port.other = self.port, self.web
        self.moved = loop.time()
        self._idle = idle
        self._clock = loop.time
        self._over = asyncio.Event()

    async def wait(self) -> None:
        """Return once both ends are closed, or nothing has moved for too long."""
        try:
            while not self._over.is_set():
                half = self.web.ended or self.port.ended
                allowed = min(self._idle, IDLE_HALF) if half else self._idle
                left = self.moved + allowed - self._clock()
                if left <= 0:
                    break
                await wait_for_event(self._over, min(left, IDLE_HALF))
        finally:
            self.close()

    def close(self) -> None:
        """Cut both ends."""
        for end in (self.web, self.port):
            if end.transport:
                end.transport.abort()

    def lost(self) -> None:
        """An end has closed: what it sent still goes out, and then the other one closes too."""
        for end in (self.web, self.port):
            if end.transport and not end.transport.is_closing():
                end.transport.close()
        if self.web.closed and self.port.closed:
            self._over.set()


class _End(asyncio.Protocol):
    """One end of a pipe."""

    other: _End

    def __init__(self, pipe: _Pipe, way: str) -> None:
        self._pipe = pipe
        self._bytes = metrics.PORT_BYTES.labels(way)
        self.transport: asyncio.Transport | None = None
        self.ended = self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=_BUFFER)
        if self.other.transport:
            self.other.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._pipe.moved = self._pipe._clock()
        self._bytes.inc(len(data))
        if self.other.transport:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        self.ended = True
        if self.other.ended:
            self._pipe.lost()
        elif self.other.transport and not self.other.transport.is_closing():
            if self.other.transport.can_write_eof():
                self.other.transport.write_eof()
            else:  # TLS: what is buffered goes out, and both directions end
                self.other.transport.close()
        return True

    def pause_writing(self) -> None:
        if self.other.transport and not self.other.transport.is_closing():
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other.transport and not self.other.transport.is_closing():
            self.other.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if error and self.other.transport:
            self.other.transport.abort()  # what was on its way to a broken end is void
        self._pipe.lost()


def listening(sandbox: Sandbox) -> list[int]:
    """TCP ports on all addresses of the host that something listens on, as its kernel says."""
    found: set[int] = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError), open(f"/proc/{sandbox.pid}/net/{table}", "rb") as file:  # noqa: PTH123
            for line in file.read(_MOST_TABLE).decode("ascii", errors="replace").split("\n")[1:]:
                words = line.split()
                # 0A is LISTEN (include/net/tcp_states.h); addresses are in hexadecimal.
                if len(words) > 3 and words[3] == "0A":
                    address, _, port = words[1].partition(":")
                    if not address.strip("0"):
                        found.add(int(port, 16))
    return sorted(found)[:_MOST_NAMED]


def _answer(web: asyncio.Transport, answer: bytes) -> None:
    metrics.PORT_ANSWERS.labels(_ANSWERS[answer[:1]]).inc()
    if not web.is_closing():
        web.write(answer)
