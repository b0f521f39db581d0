"""What projector mode costs a web process: one terminal, 200 viewers."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import time
from collections.abc import AsyncIterator

import psutil

from playground.classes.relay import TerminalRelay, Viewer
from playground.hub import protocol

_VIEWERS = 200
#: What a full-screen program draws, in bytes a second, and for how many seconds.
_RATE, _SECONDS = 20_000, 10
_FLOOD = 4 << 20


class _Stream:
    """A hub that sends a steady stream, then as much as it can."""

    def __init__(self) -> None:
        self.steady_cpu = 0.0
        self.flood_at = 0.0
        self.flooded: list[float] = []

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        yield protocol.frame(protocol.WELCOME, {"start": 0})
        before = _cpu()
        piece = protocol.OUTPUT + b"x" * (_RATE // 50)
        for _ in range(50 * _SECONDS):
            yield piece
            await asyncio.sleep(0.02)
        self.steady_cpu = (_cpu() - before) / _SECONDS
        self.flood_at = time.perf_counter()
        for _ in range(_FLOOD >> 14):
            yield protocol.OUTPUT + b"y" * (1 << 14)
            await asyncio.sleep(0)
        await asyncio.sleep(1)

    async def send(self, message: bytes) -> None:
        """Take an acknowledgement."""

    async def close(self) -> None:
        """Nothing is open."""


def viewers() -> None:
    """Processor share, memory and delay of 200 viewers on one relay, in this process.

    The sockets' own cost is not in it: pages are functions that count and acknowledge. ``value`` is
    percent of one processor while a program draws 20 kB a second.
    """
    asyncio.run(_measure())


async def _measure() -> None:
    stream = _Stream()
    relay = TerminalRelay(stream)
    memory = psutil.Process(os.getpid()).memory_info().rss
    sent = [0] * _VIEWERS
    pages: list[Viewer] = []
    delays: list[float] = []

    def page(number: int) -> Viewer:
        async def take(frame: bytes) -> None:
            if frame[:1] == protocol.OUTPUT:
                sent[number] += len(frame) - 1
                pages[number].acknowledge(sent[number])
                if sent[number] == _RATE * _SECONDS + _FLOOD:
                    delays.append(time.perf_counter() - stream.flood_at)

        return Viewer(relay, take)

    pages.extend(page(number) for number in range(_VIEWERS))
    tasks = [asyncio.create_task(each.run()) for each in pages]
    await relay.run()
    await asyncio.gather(*tasks)
    grown = psutil.Process(os.getpid()).memory_info().rss - memory
    line = {
        "bench": "class.viewers",
        "unit": "% of a CPU",
        "value": round(100 * stream.steady_cpu, 1),
        "viewers": _VIEWERS,
        "sent_mb_a_second": round(_VIEWERS * _RATE / 1e6, 1),
        "hub_connections": 1,
        "memory_kb_a_viewer": round(grown / 1024 / _VIEWERS, 1),
        "flood_mb": round(_VIEWERS * _FLOOD / 2**20),
        "flood_seconds": round(max(delays), 2) if len(delays) == _VIEWERS else None,
        "viewers_that_got_all": sum(1 for each in sent if each == _RATE * _SECONDS + _FLOOD),
    }
    print(json.dumps(line), flush=True)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
