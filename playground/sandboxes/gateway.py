"""The web process's side of the hub's gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.asyncio.client import connect as tls_connect

from playground.hub import certificates, tickets
from playground.sandboxes.models import NodeRecord, Sandbox
from playground.telemetry import ids

#: Output frames are small; nothing larger is ever due from a hub.
_MAX_FRAME = 4 << 20


async def connect(
    ticket: tickets.Ticket, query: Mapping[str, str], to: NodeRecord | None = None
) -> ClientConnection:
    """Open a stream to the hub of the ticket's sandbox; raises ``OSError`` if it is not there.

    What is about no sandbox goes to the node ``to``, else to this machine's, else to any that is
    up.
    """
    signed = tickets.issue(settings.SECRET_KEY, replace(ticket, request_id=ids.current()))
    words = urlencode({**query, "ticket": signed})
    node = to or await node_of(ticket.sandbox)
    if to is not None and to.name == settings.NODE:
        node = None  # its hub is on this machine
    if node is not None and node.gateway:
        host, _, port = node.gateway.rpartition(":")
        return await tls_connect(
            uri=f"wss://{node.name}/{ticket.purpose}?{words}",
            host=host,
            port=int(port),
            ssl=certificates.web_context(settings.CERTIFICATES_DIR),
            server_hostname=node.name,
            compression=None,
            max_size=_MAX_FRAME,
            max_queue=8,
            open_timeout=5,
            ping_interval=20,
            proxy=None,
        )
    return await unix_connect(
        settings.HUB_SOCKET,
        uri=f"ws://hub/{ticket.purpose}?{words}",
        compression=None,
        max_size=_MAX_FRAME,
        max_queue=8,
        open_timeout=10,
        ping_interval=None,
    )


async def node_of(sandbox_id: str) -> NodeRecord | None:
    """The node of a sandbox; ``None`` if its hub is on this machine."""
    if not sandbox_id:
        if Path(settings.HUB_SOCKET).exists():
            return None
        there = NodeRecord.objects.exclude(state=NodeRecord.State.LOST)
        any_node: NodeRecord | None = await there.afirst()
        return any_node
    name = await Sandbox.objects.filter(id=sandbox_id).values_list("node", flat=True).afirst()
    if not name or name == settings.NODE:
        return None
    found: NodeRecord | None = await NodeRecord.objects.filter(name=name).afirst()
    return found
