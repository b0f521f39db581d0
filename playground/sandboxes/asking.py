"""One question to the hub, and its one answer: the web process's side."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from websockets.exceptions import WebSocketException

from playground.hub import tickets
from playground.sandboxes import gateway

#: Seconds that a node has for saying what is there; who scrapes its figures waits ten.
_NODE_WITHIN = 5.0


class NoAnswer(Exception):
    """The hub or the sandbox does not answer."""


async def ask(
    purpose: str,
    sandbox_id: str,
    within: float,
    *,
    question: object = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the object that comes back within so many seconds; raises ``NoAnswer``.

    ``sandbox_id`` is empty for what is about no sandbox. A ``question`` is sent as a JSON text, a
    ``query`` goes with the address. What comes back is bounded by the gateway's frames; much of it
    is the student's to choose.
    """
    try:
        said = await asyncio.wait_for(_ask(purpose, sandbox_id, question, query or {}), within)
        # Bytes are a refusal: the host has just ended.
        found = json.loads(said) if isinstance(said, str) else None
    except (OSError, WebSocketException, ValueError, TimeoutError, asyncio.TimeoutError):
        raise NoAnswer from None
    if not isinstance(found, dict):
        raise NoAnswer
    return found


async def ask_node() -> dict[str, Any] | None:
    """What a node says of itself and its sandboxes (``hub/node_view.py``); ``None``: nothing."""
    try:
        found = await ask("node", "", _NODE_WITHIN)
    except NoAnswer:
        return None
    return found if "machine" in found else None


async def _ask(
    purpose: str, sandbox_id: str, question: object, query: Mapping[str, str]
) -> str | bytes:
    connection = await gateway.connect(tickets.Ticket(sandbox=sandbox_id, purpose=purpose), query)
    try:
        if question is not None:
            await connection.send(json.dumps(question, ensure_ascii=False))
        return await connection.recv()
    finally:
        await connection.close()
