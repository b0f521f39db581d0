"""The bytes of an upload, handed on as they come.

Django reads a request's whole body before it calls a view, so this is a consumer of Channels'.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Protocol

from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.http import AsyncHttpConsumer
from django.utils import translation

from playground.accounts.students import student_of
from playground.sandboxes.transfers import TransferFailed, Upload, open_stream

#: The header with the leave that a page was given. A foreign site cannot set it without being asked
#: for its origin first, and cannot know it.
HEADER = b"x-upload-ticket"


class Sink(Protocol):
    """Where the bytes go; all of it may raise ``TransferFailed``."""

    async def send(self, data: bytes) -> None:
        """Take bytes."""

    async def finish(self) -> dict[str, Any]:
        """That was all: what became of it, for the page."""

    async def close(self) -> None:
        """Let go; what was not finished leaves nothing behind."""


class UploadConsumer(AsyncHttpConsumer):
    """One ``PUT`` of a file to the student's host."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stream: Sink | None = None
        self._failure: TransferFailed | None = None
        self._begun = False
        self._due = 0  # bytes that are still to come; none before leave was shown

    async def http_request(self, message: Any) -> None:
        """Take a piece of the body; answer after the last.

        The body of an upload that failed is read to its end and thrown away: a browser that is cut
        off while it sends does not show the answer. No more is read than was said to come.
        """
        if not self._begun:
            self._begun = True
            await self._attempt(self._open())
        body = message.get("body", b"")
        self._due -= len(body)
        if self._stream and not self._failure and body:
            await self._attempt(self._stream.send(body))
        if not message.get("more_body") or self._due < 0:
            await self._finish()
            raise StopConsumer

    async def http_disconnect(self, message: Any) -> None:
        """The browser has gone, or its student pressed cancel: nothing is kept."""
        await self._close()
        raise StopConsumer

    async def _attempt(self, step: Any) -> None:
        try:
            await step
        except TransferFailed as error:
            self._failure = error

    async def _open(self) -> None:
        headers = dict(self.scope["headers"])
        language = translation.get_supported_language_variant
        with suppress(LookupError):
            translation.activate(language(_language(headers)))
        student = await database_sync_to_async(student_of)(dict(self.scope)["session"])
        if self.scope["method"] != "PUT":
            raise TransferFailed("method")
        upload = Upload.read(headers.get(HEADER, b"").decode("latin-1"), student)
        self._due = upload.size
        self._stream = await self.open_sink(upload)

    async def open_sink(self, upload: Upload) -> Sink:
        """Say where the bytes go; raises ``TransferFailed``."""
        return await open_stream(
            upload.student, upload.terminal, op="put", name=upload.name, size=str(upload.size)
        )

    async def _finish(self) -> None:
        document: dict[str, Any] = {}
        if self._stream and not self._failure:
            try:
                document = await self._stream.finish()
            except TransferFailed as error:
                self._failure = error
        await self._close()
        if self._failure:
            document = {"error": self._failure.code, "message": str(self._failure)}
        headers = [
            (b"Content-Type", b"application/json"),
            (b"X-Content-Type-Options", b"nosniff"),
            (b"Cache-Control", b"no-store"),
        ]
        status = 409 if self._failure else 200
        await self.send_response(status, json.dumps(document).encode(), headers=headers)

    async def _close(self) -> None:
        if self._stream:
            await self._stream.close()
            self._stream = None


def _language(headers: dict[bytes, bytes]) -> str:
    """What the page that uploads is written in, as it says itself."""
    return headers.get(b"x-language", b"en").decode("latin-1")[:10]
