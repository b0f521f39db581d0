"""Projector mode: an instructor's own terminal and picture, followed live by the class."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from websockets.exceptions import ConnectionClosed, WebSocketException

from playground.accounts.models import User
from playground.accounts.students import student_of
from playground.classes.access import find_membership, find_taught
from playground.classes.consumers import CLOSE_NOT_YOURS, ClassConsumer
from playground.classes.models import Class
from playground.classes.relay import RELAYS, EngineRelay, TerminalRelay, Viewer
from playground.hub import protocol, tickets
from playground.hub.together import until_first
from playground.sandboxes import gateway, rates
from playground.sandboxes.models import Sandbox
from playground.sandboxes.pages import CLOSE_BAD_FRAME, CLOSE_TOO_MUCH

#: Seconds between looks whether there still is something to follow, should the news be lost.
_LOOK_AGAIN = 10.0
#: A viewer says what it has parsed, and nothing else.
_FRAMES_A_SECOND = 500


def shown(course: Class) -> tuple[Sandbox, str] | None:
    """The host and the terminal that a class follows now."""
    if not course.projected_terminal or course.archived:
        return None
    ready = Sandbox.objects.filter(owner=course.projected_student, state=Sandbox.State.READY)
    sandbox = ready.first()
    return (sandbox, course.projected_terminal) if sandbox else None


def may_follow(scope: Any) -> Class | None:
    """The class of a websocket's address, if whoever opened it is in it or teaches it."""
    pk = scope["url_route"]["kwargs"]["pk"]
    if member := find_membership(student_of(scope["session"]), pk):
        return member.course
    user = scope["user"]
    fresh = User.objects.filter(pk=user.pk, is_active=True).first() if user.pk else None
    return find_taught(fresh, pk) if fresh else None


class _Projected(ClassConsumer):
    """What the two share: leave, and its end."""

    purpose = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._changed = asyncio.Event()

    async def connect(self) -> None:
        await self.accept()
        self.begin(self._run())

    async def class_said(self, event: dict[str, Any]) -> None:
        """Something was said to the class, maybe that this ends."""
        self._changed.set()

    async def follow(self, relay: Any) -> None:
        """Send what the relay has until it ends."""
        raise NotImplementedError

    async def nothing(self) -> None:
        """Say that nothing is shown (any more)."""

    def relay(self, stream: Any) -> Any:
        """What follows the hub."""
        raise NotImplementedError

    async def _run(self) -> None:
        found = await self._now()
        if found is None:
            return
        course, sandbox, terminal = found
        student = await database_sync_to_async(student_of)(self.scope["session"])
        if not await self.count(student or f"instructors of {course.pk}"):
            return
        await self.listen(course.members_group)
        ticket = tickets.Ticket(
            sandbox=sandbox.id, purpose=self.purpose, terminal=terminal, guest=course.name[:40]
        )
        key = (self.purpose, sandbox.id, terminal)
        with suppress(OSError, WebSocketException):
            relay = await RELAYS.join(key, lambda: self._start(ticket))
            try:
                await until_first(self.follow(relay), self._holds(sandbox.id, terminal))
            finally:
                await RELAYS.leave(key)

    async def _start(self, ticket: tickets.Ticket) -> Any:
        return self.relay(await gateway.connect(ticket, {}))

    async def _now(self) -> tuple[Class, Sandbox, str] | None:
        """What is to be followed; with nothing the page is told, and the socket closed."""
        course = await database_sync_to_async(may_follow)(self.scope)
        found = await database_sync_to_async(shown)(course) if course else None
        if course and found:
            return (course, *found)
        await self.nothing()
        if course is None:
            await self.end(CLOSE_NOT_YOURS)
        return None

    async def _holds(self, sandbox_id: str, terminal: str) -> None:
        """Return once something else, or nothing, is shown."""
        while True:
            self._changed.clear()
            with suppress(asyncio.TimeoutError, TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _LOOK_AGAIN)
            found = await self._now()
            if found is None or (found[1].id, found[2]) != (sandbox_id, terminal):
                return


class ProjectedTerminal(_Projected):
    """The terminal, in the frames of any terminal."""

    purpose = "terminal"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._viewer: Viewer | None = None
        self._frames = rates.TokenBucket(_FRAMES_A_SECOND, 4 * _FRAMES_A_SECOND)

    def relay(self, stream: Any) -> TerminalRelay:
        return TerminalRelay(stream)

    async def nothing(self) -> None:
        document = {"state": "void", "message": "Nothing is shown."}
        await self.send(bytes_data=protocol.frame(protocol.STATUS, document))

    async def follow(self, relay: TerminalRelay) -> None:
        given = parse_qs(self.scope["query_string"].decode(errors="replace"))
        self._viewer = Viewer(
            relay,
            self._send_frame,
            after=given.get("after", [""])[-1],
            shell=given.get("shell", [""])[-1],
        )
        with suppress(ConnectionClosed):
            await self._viewer.run()

    async def _send_frame(self, frame: bytes) -> None:
        await self.send(bytes_data=frame)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take what the page has parsed; keys of somebody who looks on lead nowhere."""
        if not self._frames.take():
            await self.end(CLOSE_TOO_MUCH)
            return
        try:
            frame = protocol.check_from_page(bytes_data)
        except protocol.BadFrame:
            await self.end(CLOSE_BAD_FRAME)
            return
        if frame[:1] == protocol.ACKNOWLEDGE and self._viewer:
            self._viewer.acknowledge(protocol.parse_position(frame[1:]))


class ProjectedEngine(_Projected):
    """The picture."""

    purpose = "engine"

    def relay(self, stream: Any) -> EngineRelay:
        return EngineRelay(stream)

    async def follow(self, relay: EngineRelay) -> None:
        await relay.follow(self._send_text)

    async def _send_text(self, text: str) -> None:
        await self.send(text_data=text)
