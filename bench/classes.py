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
#: Bytes a second, and for how many seconds: what a full-screen program draws, then as much as the
#: instructor's own page can parse, which holds the program to it.
_PHASES = {"drawing": (20_000, 10), "printing": (5_000_000, 4)}


class _Stream:
    """A hub that sends at a steady rate, then at another; ``cpu`` is the share of one processor."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        yield protocol.frame(protocol.WELCOME, {"start": 0})
        for name, (rate, seconds) in _PHASES.items():
            begun, used, sent = time.perf_counter(), _cpu(), 0
            while (passed := time.perf_counter() - begun) < seconds:
                if (due := int(passed * rate) - sent) > 0:
                    yield protocol.OUTPUT + b"x" * min(due, 64 << 10)
                    sent += min(due, 64 << 10)
                await asyncio.sleep(0.01)
            self.cpu[name] = (_cpu() - used) / passed

    async def send(self, message: bytes) -> None:
        """Take an acknowledgement."""

    async def close(self) -> None:
        """Nothing is open."""


def viewers() -> None:
    """Processor share and memory of 200 viewers on one relay, in this process.

    The sockets' own cost is not in it: pages are functions that count and acknowledge. ``value`` is
    percent of one processor while a program draws 20 kB a second.
    """
    asyncio.run(_measure())


async def _measure() -> None:
    stream = _Stream()
    relay = TerminalRelay(stream)
    memory = psutil.Process(os.getpid()).memory_info().rss
    position, sent = [0] * _VIEWERS, [0] * _VIEWERS
    pages: list[Viewer] = []

    def page(number: int) -> Viewer:
        async def take(frame: bytes) -> None:
            if frame[:1] == protocol.SKIP:
                position[number] = json.loads(frame[1:])["start"]
            if frame[:1] == protocol.OUTPUT:
                sent[number] += len(frame) - 1
                position[number] += len(frame) - 1
                pages[number].acknowledge(position[number])

        return Viewer(relay, take)

    pages.extend(page(number) for number in range(_VIEWERS))
    tasks = [asyncio.create_task(each.run()) for each in pages]
    await relay.run()
    await asyncio.gather(*tasks)
    grown = psutil.Process(os.getpid()).memory_info().rss - memory
    line = {
        "bench": "class.viewers",
        "unit": "% of a CPU",
        "value": round(100 * stream.cpu["drawing"], 1),
        "printing_5_mb_a_second": round(100 * stream.cpu["printing"], 1),
        "viewers": _VIEWERS,
        "hub_connections": 1,
        "memory_kb_a_viewer": round(grown / 1024 / _VIEWERS, 1),
        "least_share_seen": round(min(sent) / relay.ring.end, 3),
    }
    print(json.dumps(line), flush=True)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
