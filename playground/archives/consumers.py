"""A page's questions about an archive of its student's."""

from __future__ import annotations

import asyncio
from typing import Any

from playground.archives.models import ImageArchive
from playground.archives.readers import ANALYSES, READERS
from playground.sandboxes.layers import QUESTIONS_AT_ONCE, Questions
from playground.sandboxes.pages import CLOSE_GONE, CLOSE_TOO_MUCH

#: Seconds between looks at how far the first reading is.
_LOOK_EVERY = 0.4


class ArchiveLayersConsumer(Questions):
    """As the other origins' sockets; its states: ``reading``, ``ready``, ``broken``, ``gone``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._asked: asyncio.Queue[str] = asyncio.Queue(QUESTIONS_AT_ONCE)

    async def ask(self, question: str) -> None:
        try:
            self._asked.put_nowait(question)
        except asyncio.QueueFull:
            await self.end(CLOSE_TOO_MUCH)

    async def _run(self, student: str) -> None:
        archive = await self._find(student)
        while archive and archive.state in (ImageArchive.State.COMING, ImageArchive.State.READING):
            if archive.state == ImageArchive.State.READING:
                ANALYSES.begin(archive)  # it has been, unless the site was started anew meanwhile
            read, everything = ANALYSES.progress.get(archive.id, (0, 0))
            await self._tell_once({"state": "reading", "read": read, "of": everything})
            await asyncio.sleep(_LOOK_EVERY)
            archive = await self._find(student)
        if archive is None:
            await self.tell({"state": "gone"})
            await self.end(CLOSE_GONE)
        elif archive.state == ImageArchive.State.BROKEN:
            await self.tell({"state": "broken", "error": archive.error})
            await self.end(CLOSE_GONE)
        else:
            await self.tell({"state": "ready"})
            while True:
                await self.forward(await READERS.ask(archive, await self._asked.get()))

    async def _find(self, student: str) -> ImageArchive | None:
        name = str(self.scope["url_route"]["kwargs"]["archive"])
        found: ImageArchive | None = await ImageArchive.objects.filter(
            id=name, owner=student
        ).afirst()
        return found
