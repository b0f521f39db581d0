"""How much of what each page typed has reached the shell.

A page whose connection died cannot know what of its input arrived. It names itself when it comes
back, is told how many of its bytes were taken, and sends the rest: nothing is lost or doubled. What
was written to the pty is counted in the terminal's memory, which outlives the hub; what the hub has
taken but not written yet dies with it, and the page, which was told of neither, sends it again.
"""

from __future__ import annotations

import re
import struct
from collections import deque
from mmap import mmap

#: Pages that one terminal remembers; the one that came longest ago is forgotten first.
KEPT_PAGES = 8
_NOBODY = "?"
_NAME = re.compile(r"[0-9a-f]{16}\Z")
#: A page's name, when it came (as a number that grows), and how many of its bytes were written.
_SLOT = struct.Struct("=16sQQ")
#: Bytes of memory that all of them take.
SIZE = KEPT_PAGES * _SLOT.size


class InputCounts:
    """The pages of one shell. A page without a proper name is not counted."""

    def __init__(self, memory: mmap | bytearray, offset: int = 0) -> None:
        self._memory = memory
        self._offset = offset
        self._holders: dict[str, object] = {}
        #: What was taken and not written yet: whose, and how many bytes.
        self._waiting: deque[tuple[str, int]] = deque()

    def enter(self, page: str, holder: object) -> int | None:
        """Let a page in; return what was taken of it so far, ``None`` for one not known.

        Its input is from now on taken from ``holder`` alone: what an older connection of the same
        page still has on its way will be sent again by the page.
        """
        if not _NAME.match(page):
            return None
        slots = self._slots()
        newest = max(came for _, came, _ in slots)
        known = next((n for n, slot in enumerate(slots) if slot[0] == page), None)
        place = min(range(KEPT_PAGES), key=lambda n: slots[n][1]) if known is None else known
        self._holders.pop(slots[place][0], None)
        self._holders[page] = holder
        self._write(place, page, newest + 1, 0 if known is None else slots[place][2])
        return None if known is None else self.taken(page)

    def takes_from(self, page: str, holder: object) -> bool:
        """Whether input of that page is to be taken from this connection."""
        return self._holders.get(page, holder) is holder

    def take(self, page: str, length: int) -> None:
        """Count input that waits to be written."""
        self._waiting.append((page if _NAME.match(page) else _NOBODY, length))

    def wrote(self, length: int) -> None:
        """Count what was written of the input that waited, the oldest first."""
        while length:
            page, waiting = self._waiting.popleft()
            part = min(length, waiting)
            if part < waiting:
                self._waiting.appendleft((page, waiting - part))
            length -= part
            for place, (name, came, count) in enumerate(self._slots()):
                if name == page:
                    self._write(place, name, came, count + part)

    def forget_waiting(self) -> None:
        """The shell has ended: what waited is written no more."""
        self._waiting.clear()

    def written(self, page: str) -> int:
        """How many bytes of a page were written."""
        if not _NAME.match(page):
            return 0
        return next((count for name, _, count in self._slots() if name == page), 0)

    def taken(self, page: str) -> int:
        """How many bytes of a page were taken, those that wait included."""
        return self.written(page) + sum(n for name, n in self._waiting if name == page)

    def _slots(self) -> list[tuple[str, int, int]]:
        slots = (
            _SLOT.unpack_from(self._memory, self._offset + n * _SLOT.size)
            for n in range(KEPT_PAGES)
        )
        return [(name.rstrip(b"\0").decode("latin-1"), came, count) for name, came, count in slots]

    def _write(self, place: int, page: str, came: int, count: int) -> None:
        where = self._offset + place * _SLOT.size
        _SLOT.pack_into(self._memory, where, page.encode("latin-1"), came, count)
