"""Websockets of classes: the live page of instructors, and what members are told.

To a live page, at most once a second: ``{"rows": [changed…], "order": [id…]}``; the rows are those
of :mod:`playground.classes.live`.

To a member's page: the documents of messages, ``{"help": bool, "course": id}``, and
``{"watched": name}`` every few seconds while an instructor looks at the picture.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils.translation import override

from lessons.format import LANGUAGES
from playground.accounts.models import User
from playground.accounts.students import student_of
from playground.classes import live
from playground.classes.access import find_taught
from playground.classes.models import Class, Membership
from playground.sandboxes import rates
from playground.sandboxes.consumers import CLOSE_GONE, CLOSE_NO_STUDENT, CLOSE_TOO_MUCH

#: Who is no instructor of the class, or not any more.
CLOSE_NOT_YOURS = 4403
#: Seconds between two batches, and after which all is looked at again without news: times grow.
_BATCH, _LOOK_AGAIN = 1.0, 5.0
#: Figures that grow by themselves; a page counts them on.
_CLOCKS = ("since", "seen")


class ClassConsumer(AsyncWebsocketConsumer):
    """What they share: work beside the socket, and groups."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._work: asyncio.Task[None] | None = None
        self._groups: list[str] = []
        self._counted = ""
        self._over = False

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the socket; when it ends or fails the page is closed.

        A page that is closed comes back, one that is merely told nothing would wait for ever.
        """
        self._work = asyncio.create_task(self._until_over(work))

    async def _until_over(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            if not self._over:
                await self.end(CLOSE_GONE)

    async def end(self, code: int) -> None:
        """Close the page, once."""
        self._over = True
        await self.close(code)

    async def listen(self, group: str) -> None:
        """Hear what is said to a group."""
        self._groups.append(group)
        await self.channel_layer.group_add(group, self.channel_name)

    async def count(self, who: str) -> bool:
        """Count one more page of somebody's; one too many is closed."""
        if not rates.SOCKETS.enter(who):
            await self.end(CLOSE_TOO_MUCH)
            return False
        self._counted = who
        return True

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

    async def say(self, document: dict[str, Any]) -> None:
        """Send a document to the page."""
        await self.send(text_data=json.dumps(document))


async def taught_class(scope: Any) -> Class | None:
    """The class of a websocket's address, if whoever opened it teaches it now."""
    user = scope["user"]
    if not isinstance(user, User):
        return None
    fresh = await User.objects.filter(pk=user.pk, is_active=True).afirst()
    if fresh is None:
        return None
    found: Class | None = await database_sync_to_async(find_taught)(
        fresh, scope["url_route"]["kwargs"]["pk"]
    )
    return found


class LiveConsumer(ClassConsumer):
    """The page of an instructor during class."""

    async def connect(self) -> None:
        await self.accept()
        course = await taught_class(self.scope)
        if course is None:
            await self.close(CLOSE_NOT_YOURS)
            return
        if not await self.count(f"instructors of {course.pk}"):
            return
        self._changed = asyncio.Event()
        self._changed.set()
        await self.listen(course.group)
        self.begin(self._run())

    async def class_changed(self, _: dict[str, Any]) -> None:
        """Hear that something happened in the class."""
        self._changed.set()

    async def _run(self) -> None:
        known: dict[int, dict[str, Any]] = {}
        order: list[int] = []
        while True:
            self._changed.clear()
            course = await taught_class(self.scope)
            if course is None:
                await self.end(CLOSE_NOT_YOURS)
                return
            rows = await database_sync_to_async(self._rows)(course)
            changed = [row for row in rows if _still(row) != known.get(row["id"])]
            now = [row["id"] for row in rows]
            if changed or now != order or not known:
                await self.say({"rows": changed, "order": now})
            known, order = {row["id"]: _still(row) for row in rows}, now
            await asyncio.sleep(_BATCH)
            with suppress(asyncio.TimeoutError, TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _LOOK_AGAIN)

    def _rows(self, course: Class) -> list[dict[str, Any]]:
        query = parse_qs(self.scope["query_string"].decode(errors="replace"))
        wanted = query.get("language", [""])[-1]
        language = wanted if wanted in LANGUAGES else LANGUAGES[0]
        with override(language):
            return live.rows(course, language)


def _still(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what the page counts on by itself."""
    reasons = [(each["code"], each.get("n")) for each in row["reasons"]]
    # A step or a visit that began anew must be told though its other figures are the same.
    begun = {name: row[name] is not None and row[name] < 2 * _LOOK_AGAIN for name in _CLOCKS}
    return {k: v for k, v in row.items() if k not in _CLOCKS} | {"reasons": reasons, "at": begun}


class MemberConsumer(ClassConsumer):
    """A page of a member: hears what instructors say."""

    async def connect(self) -> None:
        await self.accept()
        student = await database_sync_to_async(student_of)(self.scope["session"])
        if not student:
            await self.close(CLOSE_NO_STUDENT)
            return
        if not await self.count(student):
            return
        rows = Membership.objects.filter(student=student, course__archived=None)
        async for member in rows.select_related("course"):
            await self.listen(member.group)
            await self.listen(member.course.members_group)

    async def class_said(self, event: dict[str, Any]) -> None:
        """Pass on what was said."""
        await self.say(event["document"])
        if event["document"].get("removed"):
            await self.close()
