"""One page that looks at a terminal: bytes both ways, at the page's own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from websockets.asyncio.server import ServerConnection

from playground.hub import protocol
from playground.hub.terminal import Terminal
from playground.hub.thawing import thaw
from playground.hub.together import until_first
from playground.runtime.errors import SandboxError
from playground.runtime.sandbox import Sandbox
from playground.telemetry import metrics

#: Output goes out in pieces of this size, in bytes; a piece is what a page must parse at once.
_PIECE = 64 << 10
#: A page is sent no more than this beyond what it has acknowledged.
_WINDOW = 256 << 10
#: Bulk output is gathered for this long, in seconds; a lone keystroke's echo is not held back.
_GATHER = 0.002
_BULK, _ENOUGH = 1 << 10, 16 << 10
#: A page is told what was taken of its input after so many bytes, or so many seconds: not with
#: each key, whose echo and the next key would have to share the way with it.
_COUNT_EVERY, _COUNT_AFTER = 4096, 0.05
#: How long after a killed shell its host may still look alive, in seconds.
_DYING = 0.3
#: The longest name of a guest, in characters.
MAX_NAME = 40

_IN, _OUT = (metrics.TERMINAL_BYTES.labels(way) for way in ("in", "out"))


class Terminals(Protocol):
    """What a session asks its hub for."""

    def names(self, sandbox: Sandbox) -> list[str]: ...

    async def hang_up(self, sandbox: Sandbox, terminal: Terminal) -> None: ...


class Session:
    """One page that looks at a terminal."""

    def __init__(
        self,
        connection: ServerConnection,
        hub: Terminals,
        terminal: Terminal,
        sandbox: Sandbox,
        query: Mapping[str, str],
        guest: str = "",
        *,
        sees_all: bool = False,
    ) -> None:
        #: Whether this is the student's own page; else a guest's of that name.
        self.owner = not guest
        self.name = guest[:MAX_NAME]
        #: Whether it is told of the host's other terminals.
        self.sees_all = sees_all or self.owner
        self.connection = connection
        self.hub = hub
        self.sandbox = sandbox
        self.terminal = terminal
        ring = terminal.ring
        # A guest's input is not counted: only so many pages are, and those are the student's.
        self.page = query.get("page", "") if self.owner else ""
        self.counted = terminal.inputs.enter(self.page, self)
        self.told = terminal.inputs.written(self.page)
        self._count_due = 0.0
        after = query.get("after", "")
        # Of another shell, which was here before, the page must show nothing any more.
        same = query.get("shell") == ring.shell
        self.resumed = same and after.isdigit() and ring.start <= int(after) <= ring.end
        self.position = int(after) if self.resumed else ring.start
        #: What is shown up to here happened before the page came: it must not answer queries in it.
        self.live = ring.end
        self.acknowledged = self.position
        #: What the page knows of who looks on.
        self._company_told = 0
        # With the beginning forgotten, the page must be told what the screen was switched to.
        self._incomplete = not self.resumed and self.position > 0
        self._news = asyncio.Event()

    def wake(self) -> None:
        self._news.set()

    async def run(self) -> None:
        """Pass bytes both ways until either side ends."""
        await self._welcome()
        await until_first(self._send(), self._receive())

    async def _welcome(self) -> None:
        await self.connection.send(
            protocol.frame(
                protocol.WELCOME,
                {
                    "start": self.position,
                    "live": self.live,
                    "resumed": self.resumed,
                    "shell": self.terminal.ring.shell,
                    "terminal": self.terminal.name,
                    "input": self.counted,
                    "host": self.sandbox.id,
                    "terminals": self.hub.names(self.sandbox) if self.sees_all else [],
                },
            )
        )

    async def _send(self) -> None:
        ring = self.terminal.ring
        while True:
            self._news.clear()
            if self.position < ring.start:  # too slow a viewer misses what has been forgotten
                await self._skip()
            room = self.acknowledged + _WINDOW - self.position
            if ring.end > self.position and room > 0:
                if _BULK < ring.end - self.position < _ENOUGH:
                    await asyncio.sleep(_GATHER)
                    if self.position < ring.start:
                        continue
                # No piece is partly old: the page must not answer queries in what is.
                old = max(0, self.live - self.position) or room
                piece = ring.read(self.position, min(_PIECE, room, old))
                self.position += len(piece)
                await self.connection.send(protocol.OUTPUT + piece)
                _OUT.inc(len(piece))
                continue
            if self._incomplete and ring.end == self.position:
                await self._restore()
            if self._company_told != self.terminal.company.version:
                await self._tell_company()
            if self.terminal.exit_code is not None:
                await self._must_live()
                document = {"code": self.terminal.exit_code}
                await self.connection.send(protocol.frame(protocol.EXIT, document))
                return
            await self._tell_count()
            await self._news.wait()

    async def _skip(self) -> None:
        """Begin anew where the kept output begins."""
        ring = self.terminal.ring
        self.position = self.acknowledged = ring.start
        self.live, self._incomplete = ring.end, True
        document = {"start": self.position, "live": self.live}
        await self.connection.send(protocol.frame(protocol.SKIP, document))

    async def _restore(self) -> None:
        """After output whose beginning is missing: switch the screen, and have it drawn again."""
        self._incomplete = False
        await self.connection.send(protocol.MODES + self.terminal.modes.restore())
        if self.terminal.modes.full_screen:
            await self.terminal.redraw()

    async def _tell_company(self) -> None:
        company = self.terminal.company
        self._company_told = company.version
        columns, rows = self.terminal.size
        document = {
            "you": company.number(self),
            "viewers": company.roster(),
            "columns": columns,
            "rows": rows,
        }
        await self.connection.send(protocol.frame(protocol.VIEWERS, document))

    async def _must_live(self) -> None:
        """Tell a shell that ended from one whose host did; raises ``SandboxError``."""
        if self.terminal.exit_code not in range(126):
            await asyncio.sleep(_DYING)  # its processes end one after another
        if not self.sandbox.is_alive():
            raise SandboxError("The sandbox has ended")

    async def _receive(self) -> None:
        async for message in self.connection:
            checked = protocol.check_from_page(message)
            kind, payload = checked[:1], checked[1:]
            if kind == protocol.PART:
                self.terminal.company.ask(self, protocol.parse_part(payload))
            elif kind in (protocol.INPUT, protocol.HANG_UP) and not self._may(kind):
                self._company_told = -1  # the page is told again that it may not
                self.wake()
            elif kind == protocol.INPUT:
                await self._take(payload)
            elif kind == protocol.RESIZE:
                self.terminal.resize(self, *protocol.parse_size(payload))
            elif kind == protocol.HANG_UP:
                await self._hang_up(protocol.parse_hang_up(payload))
            else:
                # A page cannot have parsed what it was not sent.
                position = protocol.parse_position(payload)
                if self.acknowledged < position <= self.position:
                    self.acknowledged = position
                    self.terminal.settle_pace()
                    self.wake()

    def _may(self, kind: bytes) -> bool:
        return self.owner or (kind == protocol.INPUT and self.terminal.company.may_type(self))

    async def _take(self, payload: bytes) -> None:
        """Take input and count it, unless the page has come back by another connection."""
        if self.sandbox.group.is_frozen():  # one small read; it was idle until this key
            await asyncio.to_thread(thaw, self.sandbox)
        await self.terminal.input_room()
        if not self.terminal.inputs.takes_from(self.page, self):
            return
        self.terminal.put(payload, self.page)
        _IN.inc(len(payload))
        self.terminal.company.typed(self)
        await self._tell_count()

    async def _tell_count(self) -> None:
        count = self.terminal.inputs.written(self.page)
        loop = asyncio.get_running_loop()
        if count == self.told:
            self._count_due = 0.0
        elif not self._count_due:
            self._count_due = loop.time() + _COUNT_AFTER
            loop.call_later(_COUNT_AFTER, self.wake)
        if count - self.told >= _COUNT_EVERY or 0 < self._count_due <= loop.time():
            self.told, self._count_due = count, 0.0
            await self.connection.send(protocol.count_frame(count))

    async def _hang_up(self, anyway: bool) -> None:
        program = "" if anyway else self.terminal.foreground()
        if program:
            await self.connection.send(protocol.frame(protocol.BUSY, {"program": program}))
        else:
            await self.hub.hang_up(self.sandbox, self.terminal)
