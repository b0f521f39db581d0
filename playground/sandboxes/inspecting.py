"""What the engine of a student's host notes of a container: the web process's side."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.exceptions import WebSocketException

from playground.hub import tickets
from playground.sandboxes import gateway
from playground.sandboxes.models import Sandbox

#: Seconds after which a page is shown without it.
_ANSWER_WITHIN = 6.0


async def container(student: str, name: str, image: str) -> dict[str, Any] | None:
    """The container of that name, else the newest one of that image; ``None`` if there is none.

    A student without a host has none, and no host is made for the question. What comes back is
    bounded in size and is the student's to choose: its shape is not to be relied on.
    """
    ready = Sandbox.objects.filter(owner=student, state=Sandbox.State.READY)
    sandbox = await ready.afirst() if student else None
    if sandbox is None:
        return None
    ticket = tickets.Ticket(sandbox=sandbox.id, purpose="inspect")
    try:
        return await asyncio.wait_for(_ask(ticket, name, image), _ANSWER_WITHIN)
    except (OSError, WebSocketException, ValueError, TimeoutError, asyncio.TimeoutError):
        return None


async def _ask(ticket: tickets.Ticket, name: str, image: str) -> dict[str, Any] | None:
    connection = await gateway.connect(ticket, {"name": name[:128], "image": image[:300]})
    try:
        answer = await connection.recv()
    finally:
        await connection.close()
    if not isinstance(answer, str):  # a refusal: the host has just ended
        return None
    found = json.loads(answer).get("container")
    return found if isinstance(found, dict) else None
