"""A terminal: a shell in a sandbox, its pty, and what it put out.

The process side. It knows viewers only as something that has a position and wants to be woken.
The sandbox's shim holds pty and memory too, so a terminal outlives the hub that it is in.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ptyprocess import PtyProcess

from playground.hub.company import Company
from playground.hub.ring import Ring
from playground.hub.typed import TypedLines

#: Bytes kept for a page that comes back. Ten screens of 200 × 50 in colour are about 200 kB, and
#: what the ruling page has not acknowledged must be kept.
RING_BYTES = 512 << 10

#: The ruling page may be this many bytes behind before the shell is made to wait, and must be this
#: near again before it goes on. VS Code has 100,000 and 5,000 for a terminal on the same machine;
#: here three processes are on the way, and 100,000 bytes on it are no 2 ms of a fast program.
#: xterm.js's guide has a page sluggish from some 500,000 on.
HIGH_WATER, LOW_WATER = 256_000, 192_000

#: Input that the shell has not read yet; more than this and the page's socket is not read.
MAX_PENDING_INPUT = 1 << 20
_READ = 64 << 10
_READS = 8
#: Seconds between two sizes: a program that is told of both at once sees none of them.
_NOTICE_SIZE = 0.05
#: Which session a terminal belongs to (ioctl_tty(2)); Python's termios has no name for it.
_TIOCGSID = 0x5429


class Viewer(Protocol):
    """Who looks at a terminal."""

    #: Up to where this viewer has parsed the output.
    acknowledged: int

    @property
    def owner(self) -> bool:
        """Whether it is a page of the terminal's own student."""

    @property
    def name(self) -> str:
        """A guest's name."""

    def wake(self) -> None:
        """Be told that there is more output, or that the shell ended."""


@dataclass(frozen=True)
class Pty:
    """A process with its pty, how to wait for its exit code, and the memory of its ring."""

    process: PtyProcess
    wait: Callable[[], Awaitable[int]]
    memory: int


class Terminal:
    """One shell with its pty. Lives on the hub's event loop; nothing in it blocks."""

    def __init__(self, name: str, pty: Pty) -> None:
        self.name = name
        self.ring = Ring(pty.memory)
        self.inputs, self.modes = self.ring.inputs, self.ring.modes
        self.company = Company(self._wake_all)
        self.typed = TypedLines()
        #: Known once the shell's process has been waited for, shortly after it ended.
        self.exit_code: int | None = None
        self.ended = False
        self.viewers: list[Viewer] = []
        rows, columns = pty.process.getwinsize()
        self.size = (columns, rows)
        self._loop = asyncio.get_running_loop()
        self._input = bytearray()
        self._input_room = asyncio.Event()
        self._input_room.set()
        self._reading = False
        self._writing = False
        self._on_exit: Callable[[], None] = lambda: None
        self._pty = pty
        self._process = pty.process
        os.set_blocking(self.fd, False)
        self._resume_reading()

    @property
    def fd(self) -> int:
        """The pty's descriptor."""
        descriptor: int = self._process.fd
        return descriptor

    def on_exit(self, callback: Callable[[], None]) -> None:
        """Call back once when the shell ends."""
        self._on_exit = callback

    def attach(self, viewer: Viewer) -> None:
        """Add a viewer; the student's newest page rules over size and pace."""
        self.viewers.append(viewer)
        self.company.enter(viewer)
        self.settle_pace()

    def detach(self, viewer: Viewer) -> None:
        """Drop a viewer; without any the shell runs on."""
        self.viewers.remove(viewer)
        self.company.leave(viewer)
        self.settle_pace()

    @property
    def ruler(self) -> Viewer | None:
        """The page whose size and pace count; ``None`` while the student has none open."""
        return next((viewer for viewer in reversed(self.viewers) if viewer.owner), None)

    def resize(self, viewer: Viewer, columns: int, rows: int) -> None:
        """Take over the ruling page's size."""
        if not self.ended and viewer is self.ruler and (columns, rows) != self.size:
            self.size = (columns, rows)
            self._process.setwinsize(rows, columns)
            self.company.resized()

    async def redraw(self) -> None:
        """Have a full-screen program draw all again: it does so when its size changes."""
        columns, rows = self.size
        for width in (columns - 1, columns):
            if not self.ended:
                self._process.setwinsize(rows, max(2, width))
            await asyncio.sleep(_NOTICE_SIZE)

    async def input_room(self) -> None:
        """Wait while the shell has too much input unread."""
        await self._input_room.wait()

    def put(self, data: bytes, page: str = "") -> None:
        """Queue input of a page at once."""
        if self.ended:
            return
        self._input += data
        self.inputs.take(page, len(data))
        if len(self._input) > MAX_PENDING_INPUT:
            self._input_room.clear()
        self._flush_input()

    def foreground(self) -> str:
        """The program in the foreground as it calls itself, ``""`` where the shell waits."""
        if self.ended:
            return ""
        try:
            group = os.tcgetpgrp(self.fd)
            if group == self._leader():
                return ""
        except OSError:  # the shell is just ending
            return ""
        with suppress(OSError):
            return Path(f"/proc/{group}/comm").read_text(errors="replace").strip()[:32] or "?"
        return "?"

    def folder(self) -> str:
        """Where the shell is, as it sees it; ``""`` if that cannot be told."""
        with suppress(OSError):
            if not self.ended:
                return os.readlink(f"/proc/{self._leader()}/cwd")
        return ""

    def _leader(self) -> int:
        leader: int = struct.unpack("i", fcntl.ioctl(self.fd, _TIOCGSID, bytes(4)))[0]
        return leader

    def settle_pace(self) -> None:
        """Stop or go on reading the pty by how far the owner is behind."""
        if self.ended:
            return
        ruler = self.ruler
        behind = self.ring.end - ruler.acknowledged if ruler else 0
        if self._reading and behind > HIGH_WATER:
            self._loop.remove_reader(self.fd)
            self._reading = False
        elif not self._reading and behind <= LOW_WATER:
            self._resume_reading()

    def close(self) -> None:
        """Hang up: unless someone else holds the pty, the shell and its children get SIGHUP."""
        self._end()

    def release(self) -> None:
        """Leave the shell to its shim, as a hub does that stops."""
        if not self.ended:
            self.ended = True
            self._let_go()

    def _resume_reading(self) -> None:
        self._loop.add_reader(self.fd, self._read)
        self._reading = True

    def _read(self) -> None:
        # The kernel gives 4 kB at a time and may have the next ones ready (n_tty.c's buffer).
        pieces: list[bytes] = []
        over = False
        try:
            while len(pieces) < _READS:
                pieces.append(os.read(self.fd, _READ))
        except BlockingIOError:
            pass
        except OSError:  # EIO: Linux's way to say that the other side is closed
            over = True
        if pieces:
            self._take(b"".join(pieces))
        if over or (pieces and not pieces[-1]):
            self._end()

    def _take(self, data: bytes) -> None:
        self.ring.append(data)
        self.modes.feed(data)
        self.typed.feed(data)
        self._wake_all()
        self.settle_pace()

    def _flush_input(self) -> None:
        try:
            while self._input:
                written = os.write(self.fd, self._input[:4096])
                del self._input[:written]
                self.inputs.wrote(written)
        except BlockingIOError:
            if not self._writing:
                self._loop.add_writer(self.fd, self._flush_input)
                self._writing = True
            return
        except OSError:
            self._input.clear()
            self.inputs.forget_waiting()
        if self._writing:
            self._loop.remove_writer(self.fd)
            self._writing = False
            self._wake_all()  # pages are told what was written
        if len(self._input) <= MAX_PENDING_INPUT:
            self._input_room.set()

    def _end(self) -> None:
        if self.ended:
            return
        self.ended = True
        self._input.clear()
        self.inputs.forget_waiting()
        self._input_room.set()
        self._let_go()
        # The command ends by itself when its pty is gone, but maybe not soon: a shell may ignore
        # the hang-up, or its sandbox be frozen.
        self._collecting = self._loop.create_task(self._collect())

    def _let_go(self) -> None:
        self._loop.remove_reader(self.fd)
        self._loop.remove_writer(self.fd)
        # Not the process's own close(), which ends the process, sleeps and then waits.
        self._process.fileobj.close()
        self._process.closed = True

    async def _collect(self) -> None:
        self.exit_code = await self._pty.wait()
        self._wake_all()
        self._on_exit()

    def _wake_all(self) -> None:
        for viewer in self.viewers:
            viewer.wake()
