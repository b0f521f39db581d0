"""What all websockets of pages have: work beside the socket, groups, and one count of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from playground.sandboxes import rates

log = logging.getLogger(__name__)

#: Close codes of our own (RFC 6455 leaves 4000 to 4999 to applications).
CLOSE_NO_STUDENT, CLOSE_GONE, CLOSE_BAD_FRAME, CLOSE_TOO_MUCH = 4401, 4410, 4400, 4429


class PageConsumer(AsyncWebsocketConsumer):
    """A page's socket. It is closed when its work ends, also by a failure of ours.

    A page that is closed comes back; one that is merely told nothing would wait for ever.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._work: asyncio.Task[None] | None = None
        self._groups: set[str] = set()
        self._counted = ""
        self._over = False

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the socket until either ends."""
        self._work = asyncio.create_task(self._until_over(work))

    async def _until_over(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("what a page waited for has failed")
            if not self._over:
                await self.say_failed()
        finally:
            await self.end(CLOSE_GONE)

    async def say_failed(self) -> None:
        """Tell the page that something failed which is no fault of its reader's."""

    async def send(  # type: ignore[override]  # as Channels itself does
        self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False
    ) -> None:
        """Send to the page; one that is closed is told nothing more."""
        if not self._over:
            await super().send(text_data, bytes_data, close)

    async def end(self, code: int) -> None:
        """Close the page, once."""
        if not self._over:
            self._over = True
            await self.close(code)

    async def listen(self, group: str) -> None:
        """Hear what is said to a group."""
        if group not in self._groups:
            self._groups.add(group)
            await self.channel_layer.group_add(group, self.channel_name)

    async def count(self, who: str) -> bool:
        """Count one more page of somebody's; one too many is refused and closed."""
        if not rates.SOCKETS.enter(who):
            await self.say_too_many()
            await self.end(CLOSE_TOO_MUCH)
            return False
        self._counted = who
        return True

    async def say_too_many(self) -> None:
        """Tell the page that there are too many of its reader's."""

    async def disconnect(self, code: int) -> None:
        """End what runs for the page."""
        self._over = True
        if self._counted:
            rates.SOCKETS.leave(self._counted)
        if self._work:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work
        for group in self._groups:
            await self.channel_layer.group_discard(group, self.channel_name)
