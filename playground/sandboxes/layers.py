"""Pages' questions about layers: of the student's own host, and of the catalogue's images.

JSON texts of :mod:`playground.layers.conversation`, passed on as they are. ``{"state": …}`` is the
site's own: ``none`` while the student has no host, ``ready`` once questions are answered.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed

from playground.layers.conversation import MOST_QUESTION
from playground.sandboxes import rates
from playground.sandboxes.consumers import SandboxConsumer
from playground.sandboxes.models import Sandbox
from playground.sandboxes.pages import CLOSE_BAD_FRAME, CLOSE_TOO_MUCH

#: A folder is one question, and a key held down opens some ten a second.
QUESTIONS_A_SECOND, QUESTIONS_AT_ONCE = 20, 100


class Questions(SandboxConsumer):
    """What the sockets share that take questions: their bounds, and JSON both ways."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._questions = rates.TokenBucket(QUESTIONS_A_SECOND, QUESTIONS_AT_ONCE)

    async def tell(self, document: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(document))

    async def forward(self, message: str | bytes) -> None:
        if isinstance(message, str):  # bytes are a refusal; the page connects again
            await self.send(text_data=message)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Pass a question on."""
        if text_data is None or len(text_data) > MOST_QUESTION:
            await self.end(CLOSE_BAD_FRAME)
        elif not self._questions.take():
            await self.end(CLOSE_TOO_MUCH)
        else:
            await self.ask(text_data)

    async def ask(self, question: str) -> None:
        """Hand a question to whoever answers."""
        if self.stream:
            with suppress(ConnectionClosed):
                await self.stream.send(question)

    async def connected(self) -> None:
        await self.tell({"state": "ready"})


class HostLayersConsumer(Questions):
    """Layers of the student's own host, if there is one: looking at them makes none."""

    purpose = "layers"

    async def _ready_sandbox(self, student: str) -> Sandbox:
        while True:
            ready = Sandbox.objects.filter(owner=student, state=Sandbox.State.READY)
            sandbox: Sandbox | None = await ready.afirst()
            if sandbox:
                return sandbox
            await self._tell_once({"state": "none"})
            await self._wait_for_change()


class CatalogueLayersConsumer(Questions):
    """Layers of the images that every new host has; no host is needed."""

    purpose = "catalogue"
    is_students = False

    async def _run(self, student: str) -> None:
        await self._serve(Sandbox(id=""))

    async def _attend(self, sandbox: Sandbox) -> None:
        """There is no host that this could keep alive."""
        await asyncio.Event().wait()
