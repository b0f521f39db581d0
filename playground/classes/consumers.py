"""Websockets of classes: the live page of instructors, and what members are told.

To a live page, at most once a second: ``{"rows": [changed…], "order": [id…]}``; the rows are those
of :mod:`playground.classes.live`.

To a member's page: the documents of messages, ``{"help": bool, "course": id}``, and
``{"watched": name}`` every few seconds while an instructor looks at the picture.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.utils.translation import override

from lessons.format import LANGUAGES
from playground.accounts.models import User
from playground.accounts.students import student_of
from playground.classes import live
from playground.classes.access import find_taught
from playground.classes.models import Class, Membership
from playground.sandboxes.pages import CLOSE_NO_STUDENT, PageConsumer

#: Who is no instructor of the class, or not any more.
CLOSE_NOT_YOURS = 4403
#: Seconds between two batches, and after which all is looked at again without news: times grow.
_BATCH, _LOOK_AGAIN = 1.0, 5.0
#: Figures that grow by themselves; a page counts them on.
_CLOCKS = ("since", "seen")


class ClassConsumer(PageConsumer):
    """What they share: documents as JSON text."""

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
            await self.end(CLOSE_NOT_YOURS)
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
            await self.end(CLOSE_NO_STUDENT)
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
            await self.end(CLOSE_NO_STUDENT)
