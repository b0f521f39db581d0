"""One terminal followed by many: one connection to the hub in each web process.

The relay is a guest of the terminal that keeps its newest output in a ring of its own and
acknowledges at once. Each viewer reads the ring at its own pace, as far ahead as it has itself
acknowledged, and one that falls behind what is kept begins anew. The frames to pages are those of
:mod:`playground.hub.protocol`, so they show it as any other terminal.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from playground.hub import protocol
from playground.hub.ring import Ring, new_memory

#: Bytes of output that a late viewer gets.
_KEPT = 256 << 10
#: Bytes in one frame to a viewer, and how far one may be sent beyond what it has acknowledged.
_PIECE, _WINDOW = 64 << 10, 256 << 10
#: One that missed something begins anew once it has parsed all but so many bytes of what it got.
_BEHIND = 16 << 10
#: Seconds in which output is gathered before all viewers are woken: nobody sees 30 ms.
_GATHER = 0.03
#: The hub is told what was taken after so many bytes; it sends 256 kB without being told.
_ACKNOWLEDGE = 32 << 10
_RESET = b"\x1bc"

Send = Callable[[bytes], Awaitable[None]]


class Source(Protocol):
    """A stream to the hub."""

    def __aiter__(self) -> AsyncIterator[str | bytes]: ...

    async def send(self, message: bytes) -> None:
        """Send a frame."""

    async def close(self) -> None:
        """Let go."""


class TerminalRelay:
    """What all viewers in this process see of one terminal."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.ring = Ring(new_memory(_KEPT))
        self.size = (80, 24)
        #: The last frame that ends it for all: the shell's exit, or an error.
        self.ended: bytes | None = None
        self.over = False
        self._viewers: set[Viewer] = set()
        self._wake_due = False
        self._cached: tuple[int, int, bytes] = (0, 0, b"")

    async def run(self) -> None:
        """Follow the hub until it or the shell ends."""
        taken = told = 0
        try:
            async for message in self._source:
                if not isinstance(message, bytes):
                    continue
                kind, payload = message[:1], message[1:]
                if kind == protocol.OUTPUT:
                    self._append(payload)
                    taken += len(payload)
                    if taken - told >= _ACKNOWLEDGE:
                        told = taken
                        await self._source.send(protocol.position_frame(taken))
                elif kind in (protocol.WELCOME, protocol.SKIP):
                    taken = told = int(json.loads(payload)["start"])
                    self._append(_RESET if kind == protocol.SKIP else b"")
                elif kind == protocol.MODES:
                    self._append(payload)
                elif kind == protocol.VIEWERS:
                    said = json.loads(payload)
                    self.size = (int(said["columns"]), int(said["rows"]))
                    self._wake()
                elif kind in (protocol.EXIT, protocol.ERROR):
                    self.ended = message
                    return
        finally:
            self.over = True
            self._wake()
            await self._source.close()

    def enter(self, viewer: Viewer) -> None:
        """Let somebody look on."""
        self._viewers.add(viewer)

    def leave(self, viewer: Viewer) -> None:
        """Let somebody out."""
        self._viewers.discard(viewer)

    def piece(self, position: int, limit: int) -> bytes:
        """A frame of output from a position. Most viewers are at the same one: it is made once."""
        at, most, frame = self._cached
        if (at, most) != (position, limit) or position + len(frame) - 1 < self.ring.end:
            frame = protocol.OUTPUT + self.ring.read(position, limit)
            self._cached = (position, limit, frame)
        return frame

    def _append(self, output: bytes) -> None:
        if output:
            self.ring.modes.feed(output)
            self.ring.append(output)
            self._wake()

    def _wake(self) -> None:
        if not self._wake_due:
            self._wake_due = True
            asyncio.get_running_loop().call_later(_GATHER, self._wake_all)

    def _wake_all(self) -> None:
        self._wake_due = False
        for viewer in self._viewers:
            viewer.news.set()


class Viewer:
    """One page that follows a relay."""

    def __init__(
        self, relay: TerminalRelay, send: Send, *, after: str = "", shell: str = ""
    ) -> None:
        self.news = asyncio.Event()
        self._relay = relay
        self._send = send
        ring = relay.ring
        same = shell == ring.shell and after.isdigit() and len(after) < 20
        self._resumed = same and ring.start <= int(after) <= ring.end
        self._position = int(after) if self._resumed else ring.start
        self._acknowledged = self._position
        self._size: tuple[int, int] | None = None

    def acknowledge(self, position: int) -> None:
        """The page has parsed up to there; it cannot have parsed what it was not sent."""
        if self._acknowledged < position <= self._position:
            self._acknowledged = position
            self.news.set()

    async def run(self) -> None:
        """Send until the terminal ends or the task is cancelled."""
        relay, ring = self._relay, self._relay.ring
        relay.enter(self)
        try:
            await self._send(protocol.frame(protocol.WELCOME, self._welcome()))
            incomplete = not self._resumed and self._position > 0
            while True:
                self.news.clear()
                if self._size != relay.size:
                    await self._tell_size()
                if self._position < ring.start:
                    # What it was sent and did not parse yet lies in its memory.
                    if self._position - self._acknowledged > _BEHIND:
                        if relay.over:
                            return
                        await self.news.wait()
                        continue
                    self._position = self._acknowledged = ring.start
                    document = {"start": ring.start, "live": ring.end}
                    incomplete = True
                    await self._send(protocol.frame(protocol.SKIP, document))
                    continue  # more may have been forgotten meanwhile
                room = self._acknowledged + _WINDOW - self._position
                if ring.end > self._position and room > 0:
                    frame = relay.piece(self._position, min(_PIECE, room))
                    self._position += len(frame) - 1
                    await self._send(frame)
                    continue
                if incomplete and ring.end == self._position:
                    incomplete = False
                    await self._send(protocol.MODES + ring.modes.restore())
                if relay.over and (ring.end == self._position or room <= 0):
                    if relay.ended and ring.end == self._position:
                        await self._send(relay.ended)
                    return
                await self.news.wait()
        finally:
            relay.leave(self)

    def _welcome(self) -> dict[str, Any]:
        ring = self._relay.ring
        return {
            "start": self._position,
            "live": ring.end,
            "resumed": self._resumed,
            "shell": ring.shell,
            "terminal": "",
            "input": None,
            "host": "",
            "terminals": [],
        }

    async def _tell_size(self) -> None:
        self._size = self._relay.size
        no = dict.fromkeys(("owner", "may_type", "asks", "typing"), False)
        me = {"id": 2, "name": "", **no}
        columns, rows = self._size
        document = {"you": 2, "viewers": [me], "columns": columns, "rows": rows}
        await self._send(protocol.frame(protocol.VIEWERS, document))


#: Messages to one viewer of a picture that wait; one that is further behind gets all of it anew.
_MOST_WAITING = 50


class EngineRelay:
    """What all viewers in this process see of one engine."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._state: dict[str, dict[str, Any]] = {}
        self.over = False
        self._queues: set[asyncio.Queue[str | None]] = set()

    async def run(self) -> None:
        """Follow the hub until it ends."""
        try:
            async for message in self._source:
                if isinstance(message, str):
                    self._note(json.loads(message))
                    for queue in self._queues:
                        self._put(queue, message)
        finally:
            self.over = True
            for queue in self._queues:
                self._put(queue, None)
            await self._source.close()

    async def follow(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send a viewer all there is, then what changes, until the stream ends."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_MOST_WAITING)
        self._queues.add(queue)
        try:
            if self._state:
                await send(self._whole())
            while not self.over or not queue.empty():
                message = await queue.get()
                if message is None:
                    return
                await send(message)
        finally:
            self._queues.discard(queue)

    def _put(self, queue: asyncio.Queue[str | None], message: str | None) -> None:
        if queue.full():
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(self._whole())
        queue.put_nowait(message)

    def _whole(self) -> str:
        return json.dumps({"set": self._state, "whole": True})

    def _note(self, said: dict[str, Any]) -> None:
        if said.get("whole"):
            self._state = {}
        for kind, documents in said.get("set", {}).items():
            self._state.setdefault(kind, {}).update(documents)
        for kind, keys in said.get("gone", {}).items():
            for key in keys:
                self._state.get(kind, {}).pop(key, None)


class Relays:
    """The relays of this process, each for as long as somebody follows it."""

    def __init__(self) -> None:
        self._running: dict[Any, tuple[Any, asyncio.Task[None]]] = {}
        self._users: dict[Any, int] = {}
        self._starting: dict[Any, asyncio.Lock] = {}

    async def join(self, key: Any, start: Callable[[], Awaitable[Any]]) -> Any:
        """The relay of that name; the first one to come has it started. Raises what that does."""
        self._users[key] = self._users.get(key, 0) + 1
        try:
            async with self._starting.setdefault(key, asyncio.Lock()):
                found = self._running.get(key)
                if found is None or found[0].over:
                    relay = await start()
                    found = self._running[key] = (relay, asyncio.create_task(relay.run()))
                return found[0]
        except BaseException:
            await self.leave(key)
            raise

    async def leave(self, key: Any) -> None:
        """Somebody follows it no more; with the last one it ends."""
        self._users[key] -= 1
        if self._users[key]:
            return
        del self._users[key]
        self._starting.pop(key, None)
        if found := self._running.pop(key, None):
            found[1].cancel()
            with suppress(asyncio.CancelledError):
                await found[1]


RELAYS = Relays()
