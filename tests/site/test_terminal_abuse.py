"""Pages that misbehave: what they send, and what they do not read."""

from __future__ import annotations

import asyncio
import os
import random
import re
import struct
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from bench.student import Student
from playground.serve.layout import Layout
from playground.serve.leftovers import processes
from tests.site.conftest import Site, start_site

pytestmark = [pytest.mark.sandbox, pytest.mark.site]

FULL = os.environ.get("PLAYGROUND_FULL") == "1"


async def _student(site: Site) -> Student:
    student = Student(site.url.removeprefix("http://"))
    await student.open()
    await student.expect("docker-host[^\n]*# ")
    return student


async def _socket(student: Student, terminal: str = "main") -> ClientConnection:
    return await connect(
        f"ws://{student.address}/ws/terminal/{terminal}/?columns=80&rows=24",
        additional_headers={"Cookie": student.cookie},
        origin=f"http://{student.address}",  # type: ignore[arg-type]
        max_size=None,
        open_timeout=20,
    )


def _parts(site: Site) -> dict[str, psutil.Process]:
    found: dict[str, psutil.Process] = {}
    for process in processes(Layout(site.var)):
        with suppress(psutil.Error):
            line = process.cmdline()
            for name in ("uvicorn", "playground.hub"):
                if name in line and line[0] not in ("sh", "unshare"):
                    found[name] = process
    return found


def _memory_mb(site: Site) -> float:
    return sum(process.memory_info().rss for process in _parts(site).values()) / 1e6


def _random_frame(chance: random.Random) -> bytes | str:
    kind = chance.choice([b"i", b"r", b"a", b"h", b"p", b"", bytes([chance.randrange(256)])])
    size = chance.choice([0, 1, 4, 8, 9, 40, 200, 40_000])
    payload = chance.choice(
        [
            chance.randbytes(size),
            struct.pack(">Q", chance.randrange(1 << 64)),
            struct.pack(">HH", chance.randrange(1 << 16), chance.randrange(1 << 16)),
            b'{"allow": 1, "yes": true}',
            b'{"ask": true}',
        ]
    )
    return kind + payload if chance.random() < 0.7 else "text frame"


async def test_random_frames_crash_nothing_and_touch_no_other_terminal(site: Site) -> None:
    frames = 5000 if FULL else 2000
    chance = random.Random(7)
    calm, wild = await _student(site), await _student(site)
    try:
        await calm.type("unset HISTFILE; cat\n")
        await calm.expect("cat\r\n")
        before = {name: process.pid for name, process in _parts(site).items()}
        memory = _memory_mb(site)
        sent = 0
        while sent < frames:
            with suppress(WebSocketException, OSError, TimeoutError):
                async with await _socket(wild, chance.choice(["main", "t2", "t3"])) as socket:
                    for _ in range(chance.randrange(1, 60)):
                        sent += 1
                        await socket.send(_random_frame(chance))
        await calm.type("still-calm\n")
        await calm.expect("still-calm\r\nstill-calm\r\n")
        seen = bytes(calm.output).split(b"cat\r\n", 1)[1]
        # Before a command bash switches its pasting off and says the line (hub/typed.py).
        seen = re.sub(rb"\x1b\]633;[^\x07]*\x07|\x1b\[\?2004l\r", b"", seen)
        assert seen == b"still-calm\r\nstill-calm\r\n"
        assert calm.shells == 1
        assert {name: process.pid for name, process in _parts(site).items()} == before
        assert _memory_mb(site) < memory + 60
    finally:
        await calm.close()
        await wild.close()


async def test_a_flood_of_frames_is_refused(fit_machine: None, var: Path) -> None:
    site = await asyncio.to_thread(start_site, var, PLAYGROUND_FRAMES_A_SECOND="50")
    student = await _student(site)
    try:
        async with await _socket(student, "flood") as socket:
            with suppress(WebSocketException):
                for _ in range(2000):
                    await socket.send(b"r\x00\x50\x00\x18")
            await asyncio.wait_for(socket.wait_closed(), 30)
            assert socket.close_code == 4429
        await student.type("echo fi''ne\n")
        await student.expect("fine\r\n")
    finally:
        await student.close()
        await asyncio.to_thread(site.stop)


async def test_a_student_has_only_so_many_sockets(site: Site) -> None:
    student = await _student(site)
    sockets = []
    try:
        for _ in range(45):
            sockets.append(await _socket(student))
        await asyncio.sleep(1)
        codes = [socket.close_code for socket in sockets]
        assert codes.count(4429) == 6  # the student's own page is the first of 40
        other = await _student(site)
        await other.close()
    finally:
        # All at once: each waits for an answer behind what its page has not read.
        await asyncio.gather(*(socket.close() for socket in sockets))
        await student.close()


async def _never_acknowledges(socket: ClientConnection) -> None:
    with suppress(WebSocketException):
        async for _ in socket:
            pass


async def test_viewers_that_do_not_read_cost_a_bounded_memory(site: Site) -> None:
    """One acknowledges nothing, one reads a byte a second, one is gone without a word."""
    student = await _student(site)
    seconds = 40 if FULL else 12
    try:
        for name in ("silent", "slow", "gone"):
            async with await _socket(student, name) as socket:
                await socket.send(b"iyes 0123456789012345678901234567890123456789\n")
                await asyncio.sleep(0.3)
        memory = _memory_mb(site)
        silent = await _socket(student, "silent")
        slow = await _socket(student, "slow")
        slow.transport.pause_reading()
        gone = await _socket(student, "gone")
        gone.transport.pause_reading()
        listening = asyncio.create_task(_never_acknowledges(silent))
        worst = 0.0
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            # A slow reader whose acknowledgements run ahead of what it has read.
            with suppress(WebSocketException):
                await slow.send(b"a" + struct.pack(">Q", 1 << 40))
            worst = max(worst, _memory_mb(site) - memory)
            await student.type("\n")
            await asyncio.sleep(0.5)
        listening.cancel()
        await student.type("echo res''ponsive\n")
        await student.expect("responsive\r\n", seconds=10)
        # Three terminals: what docs/terminal.md states for each.
        assert worst < 3 * 2 + 10
        for socket in (gone, slow, silent):
            socket.transport.abort()
            await socket.wait_closed()
    finally:
        await student.close()
