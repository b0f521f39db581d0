"""The last bytes that a terminal put out, by their position."""

from __future__ import annotations


class Ring:
    """Keeps at least ``capacity`` and at most twice as many of the newest bytes."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._kept = bytearray()
        self._start = 0

    @property
    def start(self) -> int:
        """The position of the oldest byte that is kept."""
        return self._start

    @property
    def end(self) -> int:
        """The position after the newest byte."""
        return self._start + len(self._kept)

    def append(self, data: bytes) -> None:
        """Add output; forget what is too old, in large pieces rather than at each call."""
        self._kept += data
        if len(self._kept) > 2 * self.capacity:
            surplus = len(self._kept) - self.capacity
            del self._kept[:surplus]
            self._start += surplus

    def read(self, position: int, limit: int) -> bytes:
        """Return up to ``limit`` bytes from ``position``; raises ``LookupError`` if forgotten."""
        offset = position - self._start
        if not 0 <= offset <= len(self._kept):
            raise LookupError(f"position {position} is not kept")
        return bytes(self._kept[offset : offset + limit])
