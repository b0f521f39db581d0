"""How much of what each page typed has reached the shell.

A page whose connection died cannot know what of its input arrived. It names itself when it comes
back, is told how many of its bytes were taken, and sends the rest: nothing is lost or doubled.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Pages that one terminal remembers; the one that came longest ago is forgotten first.
KEPT_PAGES = 8


@dataclass
class _Page:
    holder: object
    count: int = 0


class InputCounts:
    """The pages of one shell. A page without a name is not counted."""

    def __init__(self) -> None:
        self._pages: dict[str, _Page] = {}

    def enter(self, page: str, holder: object) -> int | None:
        """Let a page in; return what was taken of it so far, ``None`` for one not known.

        Its input is from now on taken from ``holder`` alone: what an older connection of the same
        page still has on its way will be sent again by the page.
        """
        if not page:
            return None
        known = self._pages.pop(page, None)
        self._pages[page] = _Page(holder, known.count if known else 0)
        if len(self._pages) > KEPT_PAGES:
            del self._pages[next(iter(self._pages))]
        return known.count if known else None

    def takes_from(self, page: str, holder: object) -> bool:
        """Whether input of that page is to be taken from this connection."""
        known = self._pages.get(page)
        return known is None or known.holder is holder

    def add(self, page: str, length: int) -> None:
        """Count input that was taken."""
        if known := self._pages.get(page):
            known.count += length

    def count(self, page: str) -> int:
        """How many bytes of a page were taken."""
        known = self._pages.get(page)
        return known.count if known else 0
