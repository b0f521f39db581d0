"""Waiting that can be ended at any moment."""

from __future__ import annotations

import asyncio

import pytest

from playground.hub.together import until_first, wait_for_event


async def test_an_event_or_the_time_ends_the_waiting() -> None:
    event = asyncio.Event()
    await wait_for_event(event, 0.01)
    asyncio.get_running_loop().call_soon(event.set)
    await asyncio.wait_for(wait_for_event(event, None), 5)


async def test_a_cancellation_together_with_the_event_counts() -> None:
    event = asyncio.Event()

    async def loop() -> None:
        while True:
            await wait_for_event(event, 60)
            event.clear()

    task = asyncio.create_task(loop())
    await asyncio.sleep(0.01)
    event.set()
    for _ in range(2):  # at each moment between the event and the one who waits for it
        await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)


async def test_the_first_to_fail_ends_the_others() -> None:
    ended = asyncio.Event()

    async def fails() -> None:
        raise OSError("gone")

    async def stays() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with pytest.raises(OSError, match="gone"):
        await until_first(stays(), fails())
    await asyncio.wait_for(ended.wait(), 5)
