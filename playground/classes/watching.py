"""Websockets of an instructor who looks on at a member: terminal and picture, read-only.

The member sees it: the terminal names its guests, and while the picture is looked at the member's
page is told every few seconds. To type the instructor asks, as any guest.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async

from playground.accounts import audit
from playground.accounts.models import User
from playground.classes.consumers import CLOSE_NOT_YOURS, taught_class
from playground.classes.models import Membership
from playground.hub import tickets
from playground.hub.together import until_first
from playground.sandboxes.consumers import EngineConsumer, SandboxConsumer
from playground.sandboxes.models import Sandbox
from playground.sandboxes.sharing import Share
from playground.sandboxes.watching import WatchConsumer

#: Seconds between notes to the member, after each of which leave is looked at anew.
_SAY_EVERY = 5.0


class MemberTerminal(WatchConsumer):
    """A member's terminal, as a guest."""

    sees_all = True

    async def allowed(self) -> Share | None:
        found = await watched(self)
        if found is None:
            return None
        given = parse_qs(self.scope["query_string"].decode(errors="replace"))
        return Share(found[1], given.get("terminal", [""])[-1][:32])

    def guest_name(self) -> str:
        return str(self.scope["user"])

    async def _watch(self) -> None:
        if found := await watched(self):
            await note(self, "class.watch", found[0])
        await super()._watch()


class MemberEngine(EngineConsumer):
    """A member's engine."""

    is_students = False

    async def connect(self) -> None:
        await self.accept()
        self.begin(self._watch())

    async def _watch(self) -> None:
        found = await watched(self)
        if found is None:
            await self.end(CLOSE_NOT_YOURS)
            return
        member, sandbox = found
        if not await self.count(f"guests of {sandbox.id}"):
            return
        await note(self, "class.watch_picture", member)
        await until_first(self._serve(sandbox), self._say_so(member, sandbox))

    async def _say_so(self, member: Membership, sandbox: Sandbox) -> None:
        """Tell the member who looks, for as long as there is leave to."""
        said = {"type": "class.said", "document": {"watched": str(self.scope["user"])}}
        while (now := await watched(self)) and now[1].id == sandbox.id:
            await self.channel_layer.group_send(member.group, said)
            await asyncio.sleep(_SAY_EVERY)

    def ticket(self, sandbox: Sandbox) -> tickets.Ticket:
        return tickets.Ticket(sandbox=sandbox.id, purpose=self.purpose, guest="?")

    async def _attend(self, sandbox: Sandbox) -> None:
        """A guest's look keeps no host alive."""


async def note(consumer: SandboxConsumer, action: str, member: Membership) -> None:
    """Note in the log that an instructor looks on."""
    user: Any = consumer.scope["user"]
    client = consumer.scope.get("client") or [""]
    await database_sync_to_async(audit.note)(
        await User.objects.filter(pk=user.pk).afirst(),
        action,
        f"class {member.course_id}",
        address=str(client[0]),
        who=member.name,
    )


async def watched(consumer: SandboxConsumer) -> tuple[Membership, Sandbox] | None:
    """The member that an address names, with their host, if who opened it teaches them now."""
    course = await taught_class(consumer.scope)
    if course is None:
        return None
    pk = consumer.scope["url_route"]["kwargs"]["member"]
    return await database_sync_to_async(_host_of)(course.pk, pk)


def _host_of(course: int, pk: int) -> tuple[Membership, Sandbox] | None:
    member = Membership.objects.filter(pk=pk, course_id=course).first()
    if member is None:
        return None
    ready = Sandbox.objects.filter(owner=member.student, state=Sandbox.State.READY)
    sandbox = ready.first()
    return (member, sandbox) if sandbox else None
