"""One question to the hub about a sandbox, and its one answer: the web process's side."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.exceptions import WebSocketException

from playground.hub import tickets
from playground.sandboxes import gateway


class NoAnswer(Exception):
    """The hub or the sandbox does not answer."""


async def ask(purpose: str, sandbox_id: str, question: object, within: float) -> dict[str, Any]:
    """Send a JSON text and return the object that comes back; raises ``NoAnswer``.

    ``sandbox_id`` is empty for what is about no sandbox. What comes back is bounded by the
    gateway's frames; much of it is the student's to choose.
    """
    try:
        return await asyncio.wait_for(_ask(purpose, sandbox_id, question), within)
    except (OSError, WebSocketException, ValueError, TimeoutError, asyncio.TimeoutError):
        raise NoAnswer from None


async def _ask(purpose: str, sandbox_id: str, question: object) -> dict[str, Any]:
    connection = await gateway.connect(tickets.Ticket(sandbox=sandbox_id, purpose=purpose), {})
    try:
        await connection.send(json.dumps(question, ensure_ascii=False))
        answer = await connection.recv()
    finally:
        await connection.close()
    found = json.loads(answer) if isinstance(answer, str) else None
    if not isinstance(found, dict):  # bytes are a refusal: the host has just ended
        raise NoAnswer
    return found
