"""The websocket of somebody who looks on at another's terminal."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import parse_qs

from channels.db import database_sync_to_async

from playground.hub import tickets
from playground.hub.session import MAX_NAME
from playground.hub.together import wait_for_event
from playground.sandboxes import sharing
from playground.sandboxes.consumers import CLOSE_GONE, TerminalConsumer
from playground.sandboxes.models import Sandbox

#: Seconds between looks whether the link still holds, should the event be lost.
_LOOK_AGAIN = 5.0


class WatchConsumer(TerminalConsumer):
    """A terminal as a guest: no host is claimed, and nobody counts as being at it."""

    is_students = False

    async def connect(self) -> None:
        """Accept anybody; the link is what lets them in."""
        await self.accept()
        token = str(self.scope["url_route"]["kwargs"]["token"])
        self._work = asyncio.create_task(self._watch(token))

    def ticket(self, sandbox: Sandbox) -> tickets.Ticket:
        given = parse_qs(self.scope["query_string"].decode(errors="replace"))
        name = "".join(c for c in given.get("name", [""])[-1] if c.isprintable()).strip()
        return tickets.Ticket(
            sandbox=sandbox.id,
            purpose=self.purpose,
            terminal=self._share.terminal,
            guest=name[:MAX_NAME] or "?",
        )

    async def _watch(self, token: str) -> None:
        share = await database_sync_to_async(sharing.read)(token)
        if share is None:
            await self.tell({"state": "void", "message": "This link holds no more."})
            await self.close(CLOSE_GONE)
            return
        # All guests of a sandbox together: a link may have gone anywhere.
        if not await self.count(f"guests of {share.sandbox.id}"):
            return
        self._share = share
        await self._listen(share.sandbox.group)
        pumping = asyncio.create_task(self._serve(share.sandbox))
        holding = asyncio.create_task(self._holds(token))
        try:
            await asyncio.wait({pumping, holding}, return_when=asyncio.FIRST_COMPLETED)
            if holding.done():
                await self.tell({"state": "void", "message": "The student has ended this."})
        finally:
            for task in (pumping, holding):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await self.close(CLOSE_GONE)

    async def _holds(self, token: str) -> None:
        """Return once the link is void."""
        while await database_sync_to_async(sharing.read)(token):
            self._changed.clear()
            await wait_for_event(self._changed, _LOOK_AGAIN)

    async def _attend(self, sandbox: Sandbox) -> None:
        """A guest's look keeps no host alive."""
