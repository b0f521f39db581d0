"""Files to and from a student's host: the web process's side of the hub's ``/files``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.utils.translation import gettext
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from playground.hub import protocol, tickets
from playground.sandboxes import gateway
from playground.sandboxes.models import Sandbox

#: Seconds within which the hub must answer; a transfer itself may take as long as it goes on.
_ANSWER_WITHIN = 45.0
_UPLOAD_SALT = "playground.upload"
_UPLOAD_WITHIN = 120


class TransferFailed(Exception):
    """A transfer that did not happen; the text is for the student."""

    def __init__(self, code: str) -> None:
        super().__init__(_sentence(code))
        self.code = code


def _sentence(code: str) -> str:
    sentences = {
        "host": gettext("You have no host at the moment. Open a terminal first."),
        "missing": gettext("There is no such file or folder."),
        "folder": gettext("Nothing can be written to this folder."),
        "kind": gettext("Only files and folders can be downloaded."),
        "full": gettext("The disk of your host is full. Nothing was kept of this file."),
        "large": gettext("This is larger than the disk of your host."),
        "name": gettext("A file cannot have this name."),
        "taken": gettext("There are too many files of this name already."),
        "busy": gettext("Too many transfers at once. Wait until one is done."),
        "changed": gettext("The file changed on the way. Try again."),
        "slow": gettext("Your host does not answer."),
    }
    return sentences.get(code, gettext("The transfer failed."))


@dataclass(frozen=True)
class Upload:
    """Leave to send one file, given by a page of the site and shown with the bytes."""

    student: str
    terminal: str
    name: str
    size: int

    def sign(self) -> str:
        """The text that a page gets."""
        return signing.dumps(vars(self), salt=_UPLOAD_SALT)

    @classmethod
    def read(cls, text: str, student: str) -> Upload:
        """Check the text; raises ``TransferFailed`` if it is not that student's or too old."""
        try:
            found = cls(**signing.loads(text, salt=_UPLOAD_SALT, max_age=_UPLOAD_WITHIN))
        except (signing.BadSignature, TypeError):
            raise TransferFailed("ticket") from None
        if found.student != student or not student:
            raise TransferFailed("ticket")
        return found


class Stream:
    """A connection to the hub for one transfer."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def answer(self) -> dict[str, Any]:
        """The hub's next answer; raises ``TransferFailed`` if it is a refusal."""
        message = await self._next()
        return _parse(message) if isinstance(message, str) else {}

    async def pieces(self) -> AsyncIterator[bytes]:
        """The bytes of a download; raises ``TransferFailed`` if it breaks off."""
        while True:
            message = await self._next()
            if isinstance(message, str):
                _parse(message)
                return
            yield message

    async def send(self, data: bytes) -> None:
        """Send bytes of an upload; raises ``TransferFailed`` with what the hub says against it."""
        try:
            for start in range(0, len(data), protocol.MAX_INPUT_FRAME):
                await self._connection.send(data[start : start + protocol.MAX_INPUT_FRAME])
        except ConnectionClosed:
            await self.answer()
            raise TransferFailed("failed") from None

    async def finish(self) -> dict[str, Any]:
        """Say that this was all, and hear what became of it."""
        with suppress(ConnectionClosed):
            await self._connection.send("end")
        return await self.answer()

    async def close(self) -> None:
        """Let go; an upload that was not finished leaves nothing behind."""
        await self._connection.close()

    async def _next(self) -> str | bytes:
        try:
            return await asyncio.wait_for(self._connection.recv(), _ANSWER_WITHIN)
        except ConnectionClosed:
            raise TransferFailed("failed") from None
        except (TimeoutError, asyncio.TimeoutError):
            raise TransferFailed("slow") from None


async def open_stream(student: str, terminal: str, **query: str) -> Stream:
    """Connect for one transfer with a student's host; raises ``TransferFailed``."""
    ready = Sandbox.objects.filter(owner=student, state=Sandbox.State.READY)
    sandbox = await ready.afirst() if student else None
    if sandbox is None:
        raise TransferFailed("host")
    ticket = tickets.Ticket(sandbox=sandbox.id, purpose="files", terminal=terminal[:32])
    try:
        return Stream(await gateway.connect(ticket, query))
    except (OSError, WebSocketException):
        raise TransferFailed("slow") from None


def _parse(message: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(message)
    if "error" in document:
        raise TransferFailed(str(document["error"]))
    return document
