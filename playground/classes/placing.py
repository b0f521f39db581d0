"""Putting one file onto many hosts, through the hub's gateway for files."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from asgiref.sync import async_to_sync

from playground.classes.models import Membership
from playground.sandboxes.transfers import TransferFailed, open_stream

#: The largest file, in bytes; it is in memory once, for all.
MOST_BYTES = 4 << 20
#: Hosts at once; the hub has more to do than this.
_AT_ONCE = 16
#: The terminal whose folder it goes to; a host without one takes it where its shells start.
_TERMINAL = "main"


def place(members: Sequence[Membership], name: str, content: bytes) -> int:
    """Put it on each member's host that runs; return on how many it is now."""
    return async_to_sync(_place)([each.student for each in members], name, content)


async def _place(students: list[str], name: str, content: bytes) -> int:
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(student: str) -> bool:
        async with turns:
            try:
                await _put(student, name, content)
            except TransferFailed:
                return False
            return True

    return sum(await asyncio.gather(*map(one, students)))


async def _put(student: str, name: str, content: bytes) -> None:
    size = str(len(content))
    stream = await open_stream(student, _TERMINAL, op="put", name=name, size=size)
    try:
        await stream.send(content)
        await stream.finish()
    finally:
        await stream.close()
