"""One question to the hub, and its one answer: the web process's side."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from websockets.exceptions import WebSocketException

from playground.hub import tickets
from playground.sandboxes import gateway
from playground.sandboxes.models import NodeRecord
from playground.sandboxes.nodes import LOCAL

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
    to: NodeRecord | None = None,
) -> dict[str, Any]:
    """Return the object that comes back within so many seconds; raises ``NoAnswer``.

    ``sandbox_id`` is empty for what is about no sandbox; ``to`` may be the node then. A
    ``question`` is sent as a JSON text, a ``query`` goes with the address. What comes back is
    bounded by the gateway's frames; much of it is the student's to choose.
    """
    try:
        said = await asyncio.wait_for(_ask(purpose, sandbox_id, question, query or {}, to), within)
        # Bytes are a refusal: the host has just ended.
        found = json.loads(said) if isinstance(said, str) else None
    except (OSError, WebSocketException, ValueError, TimeoutError, asyncio.TimeoutError):
        raise NoAnswer from None
    if not isinstance(found, dict):
        raise NoAnswer
    return found


async def ask_node(node: NodeRecord | None = None) -> dict[str, Any] | None:
    """What a node says of itself and its sandboxes (``hub/node_view.py``); ``None``: nothing."""
    try:
        found = await ask("node", "", _NODE_WITHIN, to=node)
    except NoAnswer:
        return None
    return found if "machine" in found else None


async def ask_nodes() -> dict[str, dict[str, Any] | None]:
    """What each node says of itself, by name; lost ones are not asked. ``local`` is the only one
    where nodes have no names."""
    there = NodeRecord.objects.exclude(state=NodeRecord.State.LOST).order_by("name")
    nodes = [each async for each in there]
    if not nodes and not await NodeRecord.objects.aexists():
        return {LOCAL: await ask_node()}
    said = await asyncio.gather(*map(ask_node, nodes))
    return {each.name: found for each, found in zip(nodes, said, strict=True)}


async def _ask(
    purpose: str,
    sandbox_id: str,
    question: object,
    query: Mapping[str, str],
    to: NodeRecord | None,
) -> str | bytes:
    connection = await gateway.connect(
        tickets.Ticket(sandbox=sandbox_id, purpose=purpose), query, to
    )
    try:
        if question is not None:
            await connection.send(json.dumps(question, ensure_ascii=False))
        return await connection.recv()
    finally:
        await connection.close()
