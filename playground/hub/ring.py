"""The last bytes that a terminal put out, by their position, in memory that outlives the hub.

The memory is a file of its own without a name (``memfd_create(2)``): a terminal's shim holds it
too, so a hub that was killed and came back goes on where it was.
"""

from __future__ import annotations

import mmap
import os
import struct

from playground.hub.inputs import InputCounts
from playground.hub.modes import Modes

#: Before the bytes: how many there have been since the shell started, as 8 bytes, and what tells
#: this shell from all others, as 8 more; then what was typed by which page, and the screen's modes.
_HEADER = mmap.PAGESIZE
_END = struct.Struct("=Q")
_SHELL = slice(8, 16)
_INPUTS = 64
_MODES = 1024
#: The most that is written before the count is: that much more than what is kept must fit, lest a
#: death in between has garbled the oldest bytes.
_PIECE = 64 << 10


class Ring:
    """Keeps the newest ``capacity`` bytes."""

    def __init__(self, memory: int) -> None:
        """Use a memory made by :func:`new_memory`; the descriptor is closed."""
        self._map = mmap.mmap(memory, 0)
        os.close(memory)
        self._size = len(self._map) - _HEADER
        self.inputs = InputCounts(self._map, _INPUTS)
        self.modes = Modes(self._map, _MODES)
        self.capacity = self._size - _PIECE

    @property
    def shell(self) -> str:
        """What tells this shell from any other that ever was, also of the same name."""
        return self._map[_SHELL].hex()

    @property
    def start(self) -> int:
        """The position of the oldest byte that is kept."""
        return max(0, self.end - self.capacity)

    @property
    def end(self) -> int:
        """The position after the newest byte."""
        position: int = _END.unpack_from(self._map)[0]
        return position

    def append(self, data: bytes) -> None:
        """Add output. The count goes last: a hub that dies in between has written nothing."""
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            offset = self.end % self._size
            before_wrap = min(len(piece), self._size - offset)
            self._map[_HEADER + offset : _HEADER + offset + before_wrap] = piece[:before_wrap]
            self._map[_HEADER : _HEADER + len(piece) - before_wrap] = piece[before_wrap:]
            _END.pack_into(self._map, 0, self.end + len(piece))

    def read(self, position: int, limit: int) -> bytes:
        """Return up to ``limit`` bytes from ``position``; raises ``LookupError`` if forgotten."""
        if not self.start <= position <= self.end:
            raise LookupError(f"position {position} is not kept")
        size = min(limit, self.end - position)
        offset = position % self._size
        before_wrap = min(size, self._size - offset)
        return (
            self._map[_HEADER + offset : _HEADER + offset + before_wrap]
            + self._map[_HEADER : _HEADER + size - before_wrap]
        )


def new_memory(capacity: int) -> int:
    """Make the memory of a ring; a page is taken only once it is written to."""
    memory = os.memfd_create("terminal")
    os.ftruncate(memory, _HEADER + capacity + _PIECE)
    os.pwrite(memory, os.urandom(8), _SHELL.start)
    return memory
