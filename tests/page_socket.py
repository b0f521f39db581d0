"""A page's side of a websocket, without a browser."""

from __future__ import annotations

from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.conf import settings as site_settings
from django.contrib.sessions.backends.db import SessionStore

from playground.accounts.students import ensure_student
from playground.asgi import site


class Socket:
    """As Channels' ``WebsocketCommunicator``, which cannot be imported without Daphne."""

    def __init__(self, scope: dict[str, Any]) -> None:
        made: Any = ApplicationCommunicator
        self._raw = made(site, scope)

    async def connect(self) -> bool:
        await self._raw.send_input({"type": "websocket.connect"})
        return bool((await self.receive_output())["type"] == "websocket.accept")

    async def send_to(self, **frame: Any) -> None:
        await self._raw.send_input({"type": "websocket.receive", **frame})

    async def receive_output(self) -> dict[str, Any]:
        said: dict[str, Any] = await self._raw.receive_output(5)
        return said

    async def receive_nothing(self) -> bool:
        return bool(await self._raw.receive_nothing(0.1))

    async def disconnect(self) -> None:
        await self._raw.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._raw.wait(5)


def student_with_cookie() -> tuple[str, str]:
    """A new student, and the cookie that their browser has."""
    session = SessionStore()
    student = ensure_student(session)
    session.save()
    return student, f"{site_settings.SESSION_COOKIE_NAME}={session.session_key}"


def open_socket(path: str, cookie: str = "", origin: str = "http://localhost") -> Socket:
    """A socket that is about to connect to an address of the site."""
    headers = [(b"origin", origin.encode()), (b"host", b"localhost"), (b"cookie", cookie.encode())]
    place, _, query = path.partition("?")
    scope = {
        "type": "websocket",
        "path": place,
        "query_string": query.encode(),
        "headers": headers,
        "subprotocols": [],
        "client": ("127.0.0.1", 1),
    }
    return Socket(scope)
