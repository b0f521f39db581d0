"""The web process's side of the hub's gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from django.conf import settings
from websockets.asyncio.client import ClientConnection, unix_connect

from playground.hub import tickets
from playground.telemetry import ids

#: Output frames are small; nothing larger is ever due from a hub.
_MAX_FRAME = 4 << 20


async def connect(ticket: tickets.Ticket, query: Mapping[str, str]) -> ClientConnection:
    """Open a stream to the hub; raises ``OSError`` if it is not there."""
    signed = tickets.issue(settings.SECRET_KEY, replace(ticket, request_id=ids.current()))
    words = urlencode({**query, "ticket": signed})
    return await unix_connect(
        settings.HUB_SOCKET,
        uri=f"ws://hub/{ticket.purpose}?{words}",
        compression=None,
        max_size=_MAX_FRAME,
        max_queue=8,
        open_timeout=10,
        ping_interval=None,
    )
