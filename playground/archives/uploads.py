"""The bytes of an archive, straight to the disk."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async

from playground.archives import room
from playground.archives.models import ImageArchive
from playground.archives.readers import ANALYSES
from playground.sandboxes.transfers import TransferFailed, Upload
from playground.sandboxes.uploads import UploadConsumer

#: Bytes that are gathered before they are written.
_GATHER = 1 << 20


class ArchiveSink:
    """Takes one archive; what is not finished leaves nothing behind."""

    def __init__(self, archive: ImageArchive) -> None:
        self._archive = archive
        self._gathered = bytearray()
        self._received = 0
        archive.folder.mkdir(parents=True, mode=0o700)
        self._file = archive.file.open("xb", buffering=0)
        self._is_whole = False

    async def send(self, data: bytes) -> None:
        """Take bytes; raises ``TransferFailed``."""
        self._received += len(data)
        if self._received > self._archive.size:
            raise TransferFailed("changed")
        self._gathered += data
        if len(self._gathered) >= _GATHER:
            await self._write()

    async def finish(self) -> dict[str, Any]:
        """That was all: begin to read it. Raises ``TransferFailed`` if it was not."""
        await self._write()
        if self._received != self._archive.size:
            raise TransferFailed("changed")
        coming = ImageArchive.objects.filter(id=self._archive.id)
        if not await coming.aupdate(state=ImageArchive.State.READING):
            raise TransferFailed("failed")  # removed meanwhile
        self._is_whole = True
        self._archive.state = ImageArchive.State.READING
        ANALYSES.begin(self._archive)
        return {"id": self._archive.id, "name": self._archive.name}

    async def close(self) -> None:
        """Let go."""
        self._file.close()
        if not self._is_whole:
            await database_sync_to_async(self._archive.discard)()

    async def _write(self) -> None:
        data, self._gathered = bytes(self._gathered), bytearray()
        try:
            while data:
                written = await asyncio.to_thread(self._file.write, data)
                data = data[written or 0 :]
        except OSError:
            raise room.NoRoom("full", str(TransferFailed("failed"))) from None


class ArchiveUpload(UploadConsumer):
    """One ``PUT`` of an archive."""

    async def open_sink(self, upload: Upload) -> ArchiveSink:
        """Make room for it; raises ``TransferFailed``."""
        archive = await database_sync_to_async(_begin)(upload)
        try:
            return await asyncio.to_thread(ArchiveSink, archive)
        except OSError:
            with suppress(OSError):
                await database_sync_to_async(archive.discard)()
            raise TransferFailed("failed") from None


def _begin(upload: Upload) -> ImageArchive:
    room.check(upload.student, upload.size)
    name = upload.name.rpartition("/")[2][:200] or "archive"
    made: ImageArchive = ImageArchive.objects.create(
        owner=upload.student, name=name, size=upload.size
    )
    return made
