"""What an engine says happened: its own event stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from playground.runtime import engine
from playground.runtime.sandbox import Sandbox

#: The longest event that is read, in bytes; a container's labels are part of it.
_LINE = 64 << 10


async def events(sandbox: Sandbox) -> AsyncIterator[dict[str, Any]]:
    """The engine's events from now on, the first one ``{}`` once it listens.

    Ends when the engine ends or says what is no event; raises ``OSError`` where there is none.
    HTTP/1.0, so that the stream is just its lines.
    """
    connection = await asyncio.to_thread(engine.connect, sandbox.pid)
    connection.setblocking(False)
    reader, writer = await asyncio.open_unix_connection(sock=connection, limit=_LINE)
    try:
        writer.write(b"GET /events HTTP/1.0\r\nHost: docker\r\n\r\n")
        await writer.drain()
        if b" 200 " not in await asyncio.wait_for(reader.readline(), 10):
            return
        while (await asyncio.wait_for(reader.readline(), 10)).strip():
            pass
        yield {}
        while line := await reader.readline():
            event = json.loads(line)
            if not isinstance(event, dict):
                return
            yield event
    except (ValueError, RecursionError, TimeoutError, asyncio.TimeoutError):
        return  # a line too long, or no JSON
    finally:
        writer.close()
