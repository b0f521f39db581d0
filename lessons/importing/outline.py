"""Writes Markdown block by block, with the indentation of the lists and quotes around it."""

from __future__ import annotations


class Outline:
    """The lines of a page so far."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        #: What stands before each line of the lists and quotes that are open.
        self._around: list[str] = []
        #: What stands before the next line only: a list item's mark.
        self._first: list[str] = []
        #: The fewest that were open since something was written.
        self._low = 0
        self._tight = False

    @property
    def depth(self) -> int:
        """How many lists and quotes are open."""
        return len(self._around)

    def enter(self, first: str, rest: str) -> None:
        """A list item or a quote begins."""
        self._first = [*self._first, *self._around[len(self._first) :], first]
        self._around.append(rest)

    def leave(self) -> None:
        """It ends; one without anything in it leaves its mark."""
        if self._first and len(self._first) == len(self._around):
            self.put([""], tight=True)
        self._around.pop()
        self._low = min(self._low, len(self._around))

    def begin(self) -> None:
        """A list begins: a blank line parts it from what stands before it."""
        self._tight = self._tight and bool(self._around)

    def put(self, lines: list[str], tight: bool = False) -> int:
        """Write a block; returns its first line's place. ``tight``: a line of a tight list."""
        if self.lines and not (tight and self._tight):
            self.lines.append("".join(self._around[: self._low]).rstrip())
        start = len(self.lines)
        for line in lines:
            before = "".join([*self._first, *self._around[len(self._first) :]])
            self.lines.append(f"{before}{line}".rstrip() if not line.strip() else before + line)
            self._first = []
        self._low = len(self._around)
        self._tight = tight
        return start
