"""The websocket of somebody who looks on at another's terminal."""

from __future__ import annotations

from urllib.parse import parse_qs

from channels.db import database_sync_to_async

from playground.hub import tickets
from playground.hub.session import MAX_NAME
from playground.hub.together import until_first, wait_for_event
from playground.sandboxes import sharing
from playground.sandboxes.consumers import TerminalConsumer
from playground.sandboxes.models import Sandbox
from playground.sandboxes.pages import CLOSE_GONE

#: Seconds between looks whether the link still holds, should the event be lost.
_LOOK_AGAIN = 5.0


class WatchConsumer(TerminalConsumer):
    """A terminal as a guest: no host is claimed, and nobody counts as being at it."""

    is_students = False
    #: Whether they are told of the host's other terminals.
    sees_all = False

    async def connect(self) -> None:
        """Accept anybody; the link is what lets them in."""
        await self.accept()
        self.begin(self._watch())

    async def allowed(self) -> sharing.Share | None:
        """What may be looked at now; ``None`` if nothing (any more)."""
        token = str(self.scope["url_route"]["kwargs"]["token"])
        found: sharing.Share | None = await database_sync_to_async(sharing.read)(token)
        return found

    def guest_name(self) -> str:
        """Who looks on, as the student sees it."""
        given = parse_qs(self.scope["query_string"].decode(errors="replace"))
        return "".join(c for c in given.get("name", [""])[-1] if c.isprintable()).strip()

    def ticket(self, sandbox: Sandbox) -> tickets.Ticket:
        return tickets.Ticket(
            sandbox=sandbox.id,
            purpose=self.purpose,
            terminal=self._share.terminal,
            guest=self.guest_name()[:MAX_NAME] or "?",
            sees_all=self.sees_all,
        )

    async def _watch(self) -> None:
        share = await self.allowed()
        if share is None:
            await self.tell({"state": "void", "message": "This link holds no more."})
            await self.end(CLOSE_GONE)
            return
        # All guests of a sandbox together: a link may have gone anywhere.
        if not await self.count(f"guests of {share.sandbox.id}"):
            return
        self._share = share
        await self.listen(share.sandbox.group)
        await until_first(self._serve(share.sandbox), self._until_void(share.sandbox))

    async def _until_void(self, sandbox: Sandbox) -> None:
        await self._holds(sandbox)
        await self.tell({"state": "void", "message": "The student has ended this."})

    async def _holds(self, sandbox: Sandbox) -> None:
        """Return once there is no leave any more."""
        while (now := await self.allowed()) and now.sandbox.id == sandbox.id:
            self._changed.clear()
            await wait_for_event(self._changed, _LOOK_AGAIN)

    async def _attend(self, sandbox: Sandbox) -> None:
        """A guest's look keeps no host alive."""
