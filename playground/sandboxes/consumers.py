"""Websockets of a page: they find the student's sandbox and pass bytes to and from its hub."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from playground.accounts.students import student_of
from playground.hub import protocol, tickets
from playground.hub.together import wait_for_event
from playground.sandboxes import addresses, claims, gateway, limits, line, rates
from playground.sandboxes.context import node_status
from playground.sandboxes.models import Sandbox
from playground.sandboxes.pages import (
    CLOSE_BAD_FRAME,
    CLOSE_GONE,
    CLOSE_NO_STUDENT,
    CLOSE_TOO_MUCH,
    PageConsumer,
)
from playground.telemetry import ids

log = logging.getLogger(__name__)

#: Seconds between looks at the row, should the event that it changed be lost.
_LOOK_AGAIN = 2.0
#: The same while the page is connected: only the loss of a node says something by that event.
_LOOK_AFTER_NODE = 20.0
_READY_WITHIN = 120.0
#: Seconds between notes that a page is there; the line drops who has had none for 60.
_SEEN_EVERY = 20.0
#: How many seconds' worth of frames may come at once.
_SECONDS_AT_ONCE = 4
#: Minutes before its end from which a sandbox's student is told.
_REMIND_BEFORE = 10
_QUERY = ("columns", "rows", "after", "page", "shell")


class SandboxUnavailable(Exception):
    """The student can have no sandbox now; the text is for them."""


def _with_id(message: str) -> str:
    """A notice with the id by which its log lines are found."""
    return f"{message} [{ids.current()}]" if ids.current() else message


class SandboxConsumer(PageConsumer):
    """What the consumers share: wait for the student's sandbox, then pump a hub's stream."""

    purpose = ""
    #: Whether the page is the sandbox's own student's.
    is_students = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stream: ClientConnection | None = None
        self._changed = asyncio.Event()
        self._told: dict[str, Any] = {}
        self._seen_at = -_SEEN_EVERY
        self._frames = rates.TokenBucket(
            settings.FRAMES_A_SECOND, _SECONDS_AT_ONCE * settings.FRAMES_A_SECOND
        )

    async def connect(self) -> None:
        """Accept a page that has a session."""
        student = await database_sync_to_async(student_of)(self.scope["session"])
        await self.accept()
        if not student:
            await self.end(CLOSE_NO_STUDENT)
            return
        if await self.count(student):
            self.begin(self._run(student))

    async def say_too_many(self) -> None:
        await self.tell({"state": "refused", "message": "Too many open pages."})

    async def say_failed(self) -> None:
        await self.tell({"state": "failed", "message": ids.current()})

    async def dispatch(self, message: Any) -> None:
        """Pass a frame on without the thread in which Channels first closes old connections.

        A keystroke touches no database, and the thread would take longer than all the rest.
        """
        if message["type"] == "websocket.receive":
            await self.websocket_receive(message)
        else:
            await super().dispatch(message)

    async def sandbox_changed(self, _: dict[str, Any]) -> None:
        """Hear from the worker that the row has changed."""
        self._changed.set()

    async def tell(self, document: dict[str, Any]) -> None:
        """Say something about the sandbox to the page."""
        raise NotImplementedError

    async def forward(self, message: str | bytes) -> None:
        """Hand what the hub sent to the page."""
        raise NotImplementedError

    async def connected(self) -> None:
        """Begin to talk to the hub; called each time that the stream to it is there."""

    async def remind(self, sandbox: Sandbox) -> None:
        """Say what the student should know about a sandbox in use; called now and then."""

    def ticket(self, sandbox: Sandbox) -> tickets.Ticket:
        """What to show the hub."""
        return tickets.Ticket(sandbox=sandbox.id, purpose=self.purpose)

    async def _run(self, student: str) -> None:
        try:
            sandbox = await self._ready_sandbox(student)
        except SandboxUnavailable as error:
            await self.tell({"state": "unavailable", "message": _with_id(str(error))})
            await self.end(CLOSE_GONE)
            return
        await self._serve(sandbox)

    async def _serve(self, sandbox: Sandbox) -> None:
        """Pass bytes until either side ends, and close."""
        code = CLOSE_GONE
        try:
            await self._pump(sandbox)
        except (OSError, WebSocketException):
            log.warning("the hub of node %s cannot be reached", sandbox.node or "local")
            message = _with_id("The terminal hub does not answer.")
            await self.tell({"state": "hub", "message": message})
        except protocol.BadFrame:
            code = CLOSE_BAD_FRAME
        await self.end(code)

    async def _ready_sandbox(self, student: str) -> Sandbox:
        """Claim the student's sandbox and wait until it is there, in the line if it must be."""
        status = await asyncio.to_thread(node_status, None)  # type: ignore[arg-type]
        if status["node_reason"]:
            raise SandboxUnavailable(status["node_reason"])
        sandbox = await self._claim(student)
        now = asyncio.get_running_loop().time
        deadline, in_line = now() + _READY_WITHIN, False
        while True:
            self._changed.clear()
            await sandbox.arefresh_from_db()
            if sandbox.state == Sandbox.State.READY:
                return sandbox
            if sandbox.state == Sandbox.State.WAITING:
                await self._wait_in_line(sandbox)
                deadline, in_line = now() + _READY_WITHIN, True
            elif sandbox.state == Sandbox.State.REMOVED and (
                in_line or sandbox.error.startswith(claims.NODE_LOST)
            ):
                # Its turn came with another sandbox, one from the pool, or its node was lost.
                sandbox = await self._claim(student)
                continue
            elif sandbox.state != Sandbox.State.REQUESTED:
                raise SandboxUnavailable(sandbox.error or "The host could not be made.")
            elif now() > deadline:
                raise SandboxUnavailable("No worker has made the host. Is one running?")
            else:
                await self._tell_once({"state": "making"})
            await self._wait_for_change()

    async def _claim(self, student: str) -> Sandbox:
        """Claim, as soon as the student's network may have one more."""
        network = addresses.network_of(self.scope.get("client"))
        while True:
            try:
                sandbox = await database_sync_to_async(claims.claim)(student, network)
            except claims.NetworkIsFull as full:
                await self._tell_once({"state": "network", "limit": full.limit})
                await asyncio.sleep(_LOOK_AGAIN)
            else:
                await self.listen(sandbox.group)
                if self.purpose == "terminal" and await database_sync_to_async(claims.has_lost)(
                    student
                ):
                    await self.tell({"state": "moved"})
                return sandbox

    async def _wait_in_line(self, sandbox: Sandbox) -> None:
        """Tell the place in the line where it has changed, and keep it."""
        await self.listen(line.GROUP)
        now = asyncio.get_running_loop().time()
        if now - self._seen_at >= _SEEN_EVERY:
            self._seen_at = now
            await database_sync_to_async(claims.seen)(sandbox.id)
        position = await database_sync_to_async(line.position)(sandbox)
        await self._tell_once({"state": "waiting", "position": position})

    async def _tell_once(self, document: dict[str, Any]) -> None:
        """Tell what the page does not know yet: a screen reader says every word again."""
        if document != self._told:
            self._told = document
            await self.tell(document)

    async def _wait_for_change(self, seconds: float = _LOOK_AGAIN) -> None:
        await wait_for_event(self._changed, seconds)

    async def _pump(self, sandbox: Sandbox) -> None:
        given = parse_qs(self.scope["query_string"].decode(errors="replace"))
        query = {name: given[name][-1][:32] for name in _QUERY if name in given}
        stream = await gateway.connect(self.ticket(sandbox), query)
        presence = asyncio.create_task(self._attend(sandbox))
        leaving = asyncio.create_task(self._leave_lost(sandbox, stream))
        self.stream = stream
        try:
            await self.connected()
            async for message in stream:
                if self._says_gone(message) and self.is_students:
                    await database_sync_to_async(claims.bring_back)(sandbox.id)
                await self.forward(message)
        except ConnectionClosed:
            pass
        finally:
            self.stream = None
            presence.cancel()
            leaving.cancel()
            await stream.close()

    async def _leave_lost(self, sandbox: Sandbox, stream: ClientConnection) -> None:
        """Let go of a stream to a node that was lost: it would never end by itself."""
        while True:
            await self._wait_for_change(_LOOK_AFTER_NODE)
            self._changed.clear()
            rows = Sandbox.objects.filter(id=sandbox.id).values_list("error", flat=True)
            try:
                error = await rows.afirst() or ""
            except DatabaseError:
                continue
            if error.startswith(claims.NODE_LOST):
                stream.transport.abort()
                return

    async def _attend(self, sandbox: Sandbox) -> None:
        """Note now and then that somebody is there."""
        while True:
            try:
                await database_sync_to_async(claims.seen)(sandbox.id)
                await self.remind(sandbox)
            except DatabaseError as error:  # a host whose student is there must not count as idle
                log.warning("it was not noted that somebody is at %s: %s", sandbox.id, error)
            await asyncio.sleep(_SEEN_EVERY)

    @staticmethod
    def _says_gone(message: str | bytes) -> bool:
        return isinstance(message, bytes) and message.startswith(protocol.ERROR + b'{"code":"gone"')


class TerminalConsumer(SandboxConsumer):
    """A terminal: frames of :mod:`playground.hub.protocol`, passed on as they are."""

    purpose = "terminal"

    def ticket(self, sandbox: Sandbox) -> tickets.Ticket:
        name = str(self.scope["url_route"]["kwargs"]["terminal"])[:32]
        return tickets.Ticket(sandbox=sandbox.id, purpose=self.purpose, terminal=name)

    async def tell(self, document: dict[str, Any]) -> None:
        await self.send(bytes_data=protocol.frame(protocol.STATUS, document))

    async def forward(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            await self.send(bytes_data=message)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Pass a frame of the page's to the hub; the transport pushes back by itself."""
        if not self._frames.take():
            await self._refuse("rate", "Too many frames in a short time.", CLOSE_TOO_MUCH)
            return
        try:
            frame = protocol.check_from_page(bytes_data)
        except protocol.BadFrame as error:
            await self._refuse("frame", str(error), CLOSE_BAD_FRAME)
            return
        if self.stream:
            with suppress(ConnectionClosed):
                await self.stream.send(frame)

    async def _refuse(self, code: str, message: str, closing: int) -> None:
        document = {"code": code, "message": message}
        await self.send(bytes_data=protocol.frame(protocol.ERROR, document))
        await self.end(closing)


class EngineConsumer(SandboxConsumer):
    """What the engine has, and when it ends, as JSON text; the page only listens."""

    purpose = "engine"
    #: Minutes left as last told; at first the page shows those of an earlier host, if any.
    _reminded: int | None = 0

    async def tell(self, document: dict[str, Any]) -> None:
        return None

    async def connected(self) -> None:
        """Begin to talk to the hub; called each time that the stream to it is there."""

    async def remind(self, sandbox: Sandbox) -> None:
        left = await database_sync_to_async(sandbox.minutes_left)()
        if left is not None and left > _REMIND_BEFORE:
            left = None
        if left != self._reminded:
            self._reminded = left
            life = sandbox.life_minutes or limits.known("SANDBOX_LIFE_MINUTES")
            hours = round(life / 60, 1)
            ends = {"minutes": left, "hours": hours} if left else None
            await self.send(text_data=json.dumps({"ends": ends}))

    async def forward(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self.send(text_data=message)
