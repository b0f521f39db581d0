"""A student without a browser: a session, and a terminal that comes back by itself."""

from __future__ import annotations

import asyncio
import json
import re
import struct
import urllib.request
from contextlib import suppress
from http.cookiejar import CookieJar
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

_AGAIN = 0.2
#: As the page does.
_ACKNOWLEDGE_EVERY = 5000


class Student:
    """One page with one terminal, with the rules of ``static/js/terminal/connection.js``."""

    def __init__(self, address: str, terminal: str = "main") -> None:
        self.address = address
        self.terminal = terminal
        #: All output of the present shell that was seen, from position ``start``.
        self.output = bytearray()
        self.start = 0
        self.shell = ""
        #: How often the page had to begin anew although the shell was the same.
        self.gaps = 0
        self.shells = 0
        self.refusals: list[str] = []
        self._acknowledged = 0
        self.cookie = ""
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    @property
    def position(self) -> int:
        """Up to where the output was seen."""
        return self.start + len(self.output)

    async def open(self, lesson: str = "first-container") -> None:
        """Load a lesson's page and connect its terminal."""
        jar = CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

        def load() -> None:
            with opener.open(f"http://{self.address}/lessons/{lesson}/", timeout=30) as page:
                page.read()

        await asyncio.to_thread(load)
        self.cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
        self._task = asyncio.create_task(self._stay())

    def another(self, terminal: str) -> Student:
        """Another terminal of the same student; connects at once."""
        other = Student(self.address, terminal)
        other.use(self.cookie)
        return other

    def use(self, cookie: str) -> None:
        """Connect with a session that is there."""
        self.cookie = cookie
        self._task = asyncio.create_task(self._stay())

    def forget(self) -> None:
        """Let the output so far go."""
        self.start += len(self.output)
        self.output.clear()

    async def close(self) -> None:
        """Close the page."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def type(self, text: str) -> None:
        """Type; waits for a connection."""
        data = b"i" + text.encode()
        while True:
            if self._socket and self.shell:
                with suppress(WebSocketException, OSError):
                    await self._socket.send(data)
                    return
            await asyncio.sleep(0.05)

    async def expect(self, pattern: str, seconds: float = 60, since: int = 0) -> re.Match[bytes]:
        """Wait until the output from position ``since`` matches; raises ``TimeoutError``."""
        compiled = re.compile(pattern.encode(), re.MULTILINE)

        async def found() -> re.Match[bytes]:
            while True:
                self._news.clear()
                offset = max(0, since - self.start)
                if match := compiled.search(bytes(self.output[offset:])):
                    return match
                await self._news.wait()

        return await asyncio.wait_for(found(), seconds)

    async def wait_for_bytes(self, wanted: bytes, since: int, seconds: float = 60) -> None:
        """Wait for plain bytes, looking at each byte of the output once."""

        async def found() -> None:
            searched = max(0, since - self.start)
            while True:
                self._news.clear()
                if self.output.find(wanted, searched) >= 0:
                    return
                searched = max(searched, len(self.output) - len(wanted))
                await self._news.wait()

        await asyncio.wait_for(found(), seconds)

    async def _stay(self) -> None:
        while True:
            query = {"columns": 100, "rows": 30}
            if self.shell:
                query |= {"after": self.position, "shell": self.shell}  # type: ignore[dict-item]
            uri = f"ws://{self.address}/ws/terminal/{self.terminal}/?{urlencode(query)}"
            with suppress(WebSocketException, OSError, TimeoutError):
                async with connect(
                    uri,
                    additional_headers={"Cookie": self.cookie},
                    origin=f"http://{self.address}",  # type: ignore[arg-type]
                    max_size=None,
                ) as socket:
                    await self._listen(socket)
            self._socket = None
            await asyncio.sleep(_AGAIN)

    async def _listen(self, socket: ClientConnection) -> None:
        async for message in socket:
            assert isinstance(message, bytes)
            kind, payload = message[:1], message[1:]
            if kind == b"o":
                self.output += payload
                if self.position - self._acknowledged >= _ACKNOWLEDGE_EVERY:
                    self._acknowledged = self.position
                    await socket.send(b"a" + struct.pack(">Q", self.position))
            elif kind == b"w":
                self._welcome(payload)
                self._socket = socket
            elif kind in (b"e", b"s"):
                self.refusals.append(payload.decode(errors="replace"))
            self._news.set()

    def _welcome(self, payload: bytes) -> None:
        said = json.loads(payload)
        if not said["resumed"]:
            self.gaps += said["shell"] == self.shell
            self.output.clear()
            self.start = said["start"]
        self._acknowledged = self.position
        self.shells += said["shell"] != self.shell
        self.shell = said["shell"]
