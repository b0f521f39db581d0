"""Whether students can be served now: each part in one word or a sentence, never an exception's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from redis.exceptions import RedisError
from websockets.exceptions import WebSocketException

from playground.hub import tickets
from playground.sandboxes import gateway, pool
from playground.sandboxes.context import node_reason

OK = "ok"
#: Seconds that each part has for its answer, and for which an answer holds.
_WITHIN, _HOLDS = 3.0, 1.0
#: Seconds for which the pool may be empty before it is amiss: a claim's task is on its way.
_EMPTY_FOR = 10.0


class _Known:
    """What was found last."""

    parts: dict[str, str] = {}
    at = -_HOLDS
    #: When the pool was last seen in order.
    pool_at = -_EMPTY_FOR
    looking: asyncio.Task[dict[str, str]] | None = None


async def look() -> dict[str, str]:
    """Look at all parts at once, once a second however many ask."""
    if time.monotonic() - _Known.at < _HOLDS:
        return _Known.parts
    if _Known.looking is None or _Known.looking.done():
        _Known.looking = asyncio.create_task(_look())
    return await asyncio.shield(_Known.looking)


async def _look() -> dict[str, str]:
    asked: dict[str, Callable[[], Awaitable[str]]] = {
        "database": _database,
        "redis": _redis,
        "hub": _hub,
        "pool": _pool,
        "node": _node,
    }
    said = await asyncio.gather(*(_within(each()) for each in asked.values()))
    _Known.parts, _Known.at = dict(zip(asked, said, strict=True)), time.monotonic()
    return _Known.parts


async def _within(part: Awaitable[str]) -> str:
    try:
        return await asyncio.wait_for(part, _WITHIN)
    except (TimeoutError, asyncio.TimeoutError):
        return f"no answer in {_WITHIN:.0f} s"


async def _database() -> str:
    def ask() -> str:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            return "cannot be read"
        return OK

    return await database_sync_to_async(ask)()


async def _redis() -> str:
    client = settings.REDIS.client(_WITHIN)
    try:
        await client.ping()
    except (OSError, RedisError):
        return "cannot be reached"
    finally:
        with suppress(OSError, RedisError):
            await client.aclose()
    return OK


async def _hub() -> str:
    try:
        stream = await gateway.connect(tickets.Ticket(sandbox="", purpose="health"), {})
        try:
            return OK if await stream.recv() == "ok" else "says something else"
        finally:
            await stream.close()
    except (OSError, WebSocketException):
        return "cannot be reached"


async def _pool() -> str:
    def ask() -> bool:
        # Where there is no room students stand in line: that is no fault of this machine's.
        return not pool.ready() and pool.is_short() and not pool.wishes().exists()

    try:
        empty = await database_sync_to_async(ask)()
    except DatabaseError:
        return "cannot be read"
    if not empty:
        _Known.pool_at = time.monotonic()
    elif time.monotonic() - _Known.pool_at > _EMPTY_FOR:
        return "empty, and no worker fills it"
    return OK


async def _node() -> str:
    return "cannot run sandboxes: `make doctor`" if await sync_to_async(node_reason)() else OK
