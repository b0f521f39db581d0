"""A student's terminal over a blocking websocket, which gevent makes one of many.

The rules of ``static/js/terminal/connection.js``, as ``bench/student.py`` has them for asyncio.
"""

from __future__ import annotations

import json
import re
import struct
import time
from contextlib import suppress
from urllib.parse import urlencode

import gevent
from gevent.event import Event
from websocket import WebSocket, WebSocketException, create_connection

_ACKNOWLEDGE_EVERY = 5000
_AGAIN = 0.2


class Terminal:
    """One page's terminal. ``refused`` has what the site said instead of serving it."""

    def __init__(self, address: str, cookie: str) -> None:
        self.address, self.cookie = address, cookie
        self.output = bytearray()
        self.start = 0
        self.shell = ""
        #: How often the page had to begin anew although the shell was the same: output was lost.
        self.gaps = 0
        self.refused: list[str] = []
        #: Connections that ended without being asked to.
        self.broken = 0
        self._acknowledged = 0
        self._socket: WebSocket | None = None
        self._news = Event()
        self._stay = gevent.spawn(self._run)

    @property
    def position(self) -> int:
        """Up to where the output was seen."""
        return self.start + len(self.output)

    def close(self) -> None:
        """Close the page."""
        self._stay.kill()
        if self._socket:
            self._socket.close(timeout=0)

    def forget(self) -> None:
        """Let the output so far go."""
        self.start += len(self.output)
        self.output.clear()

    def type(self, text: str) -> None:
        """Type; waits for a connection."""
        while True:
            if self._socket and self.shell:
                with suppress(WebSocketException, OSError):
                    self._socket.send_binary(b"i" + text.encode())
                    return
            gevent.sleep(0.02)

    def expect(self, pattern: str, since: int, seconds: float) -> re.Match[bytes]:
        """Wait until the output from position ``since`` matches; raises ``TimeoutError``."""
        compiled = re.compile(pattern.encode(), re.MULTILINE)
        ends = time.monotonic() + seconds
        while True:
            self._news.clear()
            offset = max(0, since - self.start)
            if match := compiled.search(bytes(self.output[offset:])):
                return match
            left = ends - time.monotonic()
            if left <= 0 or not self._news.wait(left):
                raise TimeoutError(f"{pattern!r} did not come in {seconds:.0f} s")

    def grows(self, since: int, seconds: float) -> None:
        """Wait until there is output beyond ``since``; raises ``TimeoutError``."""
        ends = time.monotonic() + seconds
        while self.position <= since:
            self._news.clear()
            left = ends - time.monotonic()
            if left <= 0 or (self.position <= since and not self._news.wait(left)):
                raise TimeoutError(f"no echo in {seconds:.0f} s")

    def _run(self) -> None:
        while True:
            query: dict[str, object] = {"columns": 100, "rows": 30}
            if self.shell:
                query |= {"after": self.position, "shell": self.shell}
            with suppress(WebSocketException, OSError):
                self._socket = create_connection(
                    f"ws://{self.address}/ws/terminal/main/?{urlencode(query)}",
                    cookie=self.cookie,
                    origin=f"http://{self.address}",
                    timeout=120,
                )
                while True:
                    self._take(self._socket.recv())
            self._socket = None
            self.broken += 1
            gevent.sleep(_AGAIN)

    def _take(self, message: bytes | str) -> None:
        if not message:
            raise WebSocketException("closed")
        assert isinstance(message, bytes)
        kind, payload = message[:1], message[1:]
        if kind == b"o":
            self.output += payload
            if self.position - self._acknowledged >= _ACKNOWLEDGE_EVERY:
                self._acknowledged = self.position
                assert self._socket
                self._socket.send_binary(b"a" + struct.pack(">Q", self.position))
        elif kind == b"w":
            said = json.loads(payload)
            if not said["resumed"]:
                self.gaps += said["shell"] == self.shell
                self.output.clear()
                self.start = said["start"]
            self._acknowledged = self.position
            self.shell = said["shell"]
        elif kind == b"e":
            self.refused.append(payload.decode(errors="replace")[:200])
        self._news.set()
