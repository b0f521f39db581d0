"""From asking for a lesson's page to the first prompt in the browser's websocket."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractContextManager

from bench.measure import report
from bench.pss import pss_mb
from bench.site import site
from bench.student import Student
from playground.serve.layout import Layout
from playground.serve.leftovers import processes


def _pool_of(size: int) -> AbstractContextManager[tuple[str, Layout]]:
    return site(PLAYGROUND_POOL_MIN=str(size), PLAYGROUND_POOL_MAX=str(size))


async def _first_prompt(address: str) -> float:
    """Milliseconds that a new student waits."""
    student = Student(address)
    started = time.perf_counter()
    await student.open()
    try:
        await student.expect("docker-host.*# ")
        return (time.perf_counter() - started) * 1000
    finally:
        await student.close()


def prompt(n: int = 15) -> None:
    """Every sample is a new student on a cold sandbox."""
    with _pool_of(0) as (address, layout):
        asyncio.run(_first_prompt(address))  # imports and the page cache
        samples = [asyncio.run(_first_prompt(address)) for _ in range(n)]
        memory = pss_mb(process.pid for process in processes(layout))
    report("sandbox.prompt", "ms", samples, memory_mb=round(memory, 1))


#: Enough for the pool to be whole again before the next student comes, in seconds.
_REFILL = 1.5


def claim(n: int = 20) -> None:
    """Every sample is a new student whom a pooled sandbox waits for."""
    samples = []
    with _pool_of(3) as (address, layout):
        time.sleep(3 * _REFILL)
        asyncio.run(_first_prompt(address))
        for _ in range(n):
            time.sleep(_REFILL)
            samples.append(asyncio.run(_first_prompt(address)))
        memory = pss_mb(process.pid for process in processes(layout))
    report("sandbox.claim", "ms", samples, memory_mb=round(memory, 1))
