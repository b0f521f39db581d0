"""One way to speak to both: a terminal of ours and one of terminado's."""

from __future__ import annotations

import asyncio
import json
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect

from bench.student import Student


class Line(Protocol):
    """A connected terminal, as its page has it."""

    @property
    def received(self) -> int:
        """Bytes of output so far."""

    async def key(self, text: str) -> None:
        """Send input."""

    async def until(self, text: str, seconds: float = 60) -> None:
        """Wait until output since the last ``clear`` holds the text."""

    def clear(self) -> None:
        """Forget the output so far."""

    async def close(self) -> None:
        """Leave."""


class OurLine:
    """A terminal of the site's; acknowledges all that it gets, as the page does."""

    def __init__(self, student: Student) -> None:
        self.student = student
        self.since = 0

    @property
    def received(self) -> int:
        return self.student.position

    async def key(self, text: str) -> None:
        await self.student.type(text)

    async def until(self, text: str, seconds: float = 60) -> None:
        await self.student.wait_for_bytes(text.encode(), self.since, seconds)

    def clear(self) -> None:
        self.since = self.student.position

    async def close(self) -> None:
        await self.student.close()


class PeerLine:
    """A terminal of terminado's."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._received = 0
        self._output = bytearray()
        self._news = asyncio.Event()
        self._socket: ClientConnection | None = None

    @property
    def received(self) -> int:
        return self._received

    async def open(self) -> None:
        self._socket = await connect(f"ws://127.0.0.1:{self.port}/ws", max_size=None)
        self._task = asyncio.create_task(self._listen(self._socket))
        await self._socket.send(json.dumps(["set_size", 30, 100]))

    async def _listen(self, socket: ClientConnection) -> None:
        async for message in socket:
            kind, *rest = json.loads(message)
            if kind == "stdout":
                data = rest[0].encode()
                self._received += len(data)
                self._output += data
                self._news.set()

    async def key(self, text: str) -> None:
        assert self._socket
        await self._socket.send(json.dumps(["stdin", text]))

    async def until(self, text: str, seconds: float = 60) -> None:
        wanted = text.encode()

        async def found() -> None:
            searched = 0
            while True:
                self._news.clear()
                if self._output.find(wanted, max(0, searched - len(wanted))) >= 0:
                    return
                searched = len(self._output)
                await self._news.wait()

        await asyncio.wait_for(found(), seconds)

    def clear(self) -> None:
        self._output.clear()

    async def close(self) -> None:
        assert self._socket
        await self._socket.close()
        self._task.cancel()
