"""The pty side, with a plain shell in place of a sandbox's: the tests of the site have the real."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from ptyprocess import PtyProcess

from playground.hub.ring import new_memory
from playground.hub.terminal import HIGH_WATER, RING_BYTES, Pty, Terminal
from tests.hub.support import type_in


class Looker:
    def __init__(self, guest: str = "") -> None:
        self.acknowledged = 0
        self.owner, self.name = not guest, guest

    def wake(self) -> None: ...


@asynccontextmanager
async def shell(command: str) -> AsyncIterator[Terminal]:
    process = PtyProcess.spawn(["sh", "-c", command], dimensions=(24, 80), preexec_fn=_hear_signals)
    terminal = Terminal("test", Pty(process, partial(_wait, process.pid), new_memory(RING_BYTES)))
    try:
        yield terminal
    finally:
        terminal.close()
        await until(lambda: terminal.exit_code is not None)


def _hear_signals() -> None:
    """In the background SIGINT is ignored, below nohup SIGHUP; what is started here must not."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


async def _wait(pid: int) -> int:
    _, status = await asyncio.to_thread(os.waitpid, pid, 0)
    return os.waitstatus_to_exitcode(status)


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in time")


def said(terminal: Terminal) -> bytes:
    return terminal.ring.read(terminal.ring.start, 1 << 20)


async def test_output_input_and_exit_code() -> None:
    async with shell("read word; echo got $word; exit 3") as terminal:
        await type_in(terminal, b"hello\n")
        await until(lambda: terminal.exit_code is not None)
        assert b"got hello" in said(terminal)
        assert terminal.exit_code == 3


async def test_size_is_the_owners() -> None:
    async with shell(
        "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done"
    ) as terminal:
        guest, owner = Looker(), Looker()
        terminal.attach(guest)
        terminal.attach(owner)
        await until(lambda: b"ready" in said(terminal))
        terminal.resize(guest, 10, 10)
        terminal.resize(owner, 100, 40)
        await until(lambda: b"40 100" in said(terminal))
        assert b"10 10" not in said(terminal)


async def test_a_guest_has_no_say_in_size_and_pace() -> None:
    async with shell("stty size; read go; yes") as terminal:
        student, guest = Looker(), Looker("Gil")
        terminal.attach(student)
        terminal.attach(guest)
        terminal.resize(student, 100, 40)
        terminal.resize(guest, 10, 10)
        assert terminal.size == (100, 40)
        await type_in(terminal, b"\n")
        for _ in range(200):  # the student keeps up, the guest acknowledges nothing
            student.acknowledged = terminal.ring.end
            terminal.settle_pace()
            await asyncio.sleep(0.005)
        assert terminal.ring.end > 2 * HIGH_WATER


async def test_redrawing_tells_the_program_of_two_sizes() -> None:
    async with shell(
        "trap 'stty size' WINCH; echo ready; while :; do sleep 0.01; done"
    ) as terminal:
        await until(lambda: b"ready" in said(terminal))
        await terminal.redraw()
        await until(lambda: b"24 80" in said(terminal))
        assert terminal.size == (80, 24)


async def test_a_page_that_does_not_acknowledge_makes_the_program_wait() -> None:
    async with shell("yes") as terminal:
        silent = Looker()
        terminal.attach(silent)
        await until(lambda: terminal.ring.end > HIGH_WATER)
        await asyncio.sleep(0.2)
        stopped_at = terminal.ring.end
        await asyncio.sleep(0.2)
        assert terminal.ring.end == stopped_at
        assert stopped_at < HIGH_WATER + (256 << 10)
        silent.acknowledged = terminal.ring.end
        terminal.settle_pace()
        await until(lambda: terminal.ring.end > stopped_at)
        # Nobody looks any more: the program runs on and the ring stays bounded.
        terminal.detach(silent)
        await until(lambda: terminal.ring.start > stopped_at)


async def test_input_that_is_not_read_blocks_only_its_own_terminal() -> None:
    async with shell("sleep 60") as stuck, shell("cat") as other:
        writing = asyncio.create_task(_flood(stuck))
        await type_in(other, b"lively\n")
        await until(lambda: b"lively" in said(other))
        assert not writing.done()
        writing.cancel()


async def _flood(terminal: Terminal) -> None:
    for _ in range(1000):
        await type_in(terminal, b"x" * 32768)


async def test_what_runs_in_the_foreground() -> None:
    async with shell("exec bash --norc -i") as terminal:
        await until(lambda: b"$" in said(terminal) or b"#" in said(terminal))
        assert terminal.foreground() == ""
        await type_in(terminal, b"sleep 60 & sleep 61\n")
        await until(lambda: terminal.foreground() == "sleep")
        await type_in(terminal, b"\x03")
        await until(lambda: terminal.foreground() == "")
