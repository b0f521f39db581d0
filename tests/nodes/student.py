"""A student who stays: types a word every half second, and notes how long none came back."""

from __future__ import annotations

import re
import threading
import time
import urllib.request

from websocket import WebSocket, WebSocketException, WebSocketTimeoutException, create_connection

from tests.security.egress_lab import Namespace

_EVERY = 0.5


class Student:
    """Comes by one of two web processes; a page that lost its socket tries the other one."""

    def __init__(self, space: Namespace, hosts: list[str]) -> None:
        self.hosts = hosts
        self.shells: list[str] = []
        self.told: list[bytes] = []
        self.errors: list[str] = []
        self.pongs = 0
        self.longest = 0.0
        self.heard = 0.0
        self._stop = threading.Event()
        self.cookie = cookie_of(space, f"http://{hosts[0]}/lessons/first-container/")
        self._thread = threading.Thread(target=lambda: space.call(self._run), daemon=True)
        self._thread.start()

    def forget(self) -> None:
        """Measure from now on."""
        self.longest, self.heard = 0.0, time.monotonic()

    def gap(self) -> float:
        """The longest time without a word so far, in seconds."""
        return max(self.longest, time.monotonic() - self.heard)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        turn = 0
        while not self._stop.is_set():
            try:
                address = self.hosts[turn % len(self.hosts)]
                socket = create_connection(
                    f"ws://{address}/ws/terminal/main/?columns=80&rows=24",
                    cookie=self.cookie,
                    origin=f"http://{address}",
                    timeout=10,
                )
                socket.settimeout(_EVERY)
                try:
                    self._talk(socket)
                finally:
                    socket.shutdown()  # type: ignore[no-untyped-call]
            except (WebSocketException, OSError) as error:
                self.errors.append(repr(error)[:200])
            turn += 1
            self._stop.wait(0.3)

    def _talk(self, socket: WebSocket) -> None:
        number, said, due, begun = 0, b"", 0.0, False
        while not self._stop.is_set():
            if begun and time.monotonic() > due:
                number, due = number + 1, time.monotonic() + _EVERY
                socket.send_binary(b"iecho po''ng-%d-\r" % number)
            try:
                message = socket.recv()
            except WebSocketTimeoutException:
                continue
            if not message:
                return
            assert isinstance(message, bytes)
            if message[:1] == b"w":
                begun = True
                found = re.search(rb'"shell": ?"([^"]+)"', message)
                if found and found[1].decode() not in self.shells:
                    self.shells.append(found[1].decode())
            elif message[:1] == b"o":
                said = (said + message[1:])[-400:]
                if re.search(rb"pong-\d+-", said):
                    now = time.monotonic()
                    if self.heard:
                        self.longest = max(self.longest, now - self.heard)
                    self.heard, said = now, b""
                    self.pongs += 1
            else:
                self.told.append(message)


def cookie_of(space: Namespace, url: str) -> str:
    """The cookies of a page, asked for in a namespace."""

    def ask() -> str:
        with urllib.request.urlopen(url, timeout=20) as page:
            cookies = page.headers.get_all("Set-Cookie") or []
        return "; ".join(each.partition(";")[0] for each in cookies)

    return space.call(ask)
