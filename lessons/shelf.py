"""Where lessons that are kept elsewhere than in the folder join the library.

Whoever keeps such lessons puts a :class:`Shelf` here; the lessons know nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lessons.library import Lesson


class Shelf(Protocol):
    """Lessons by name that stand beside those of the folder, or in their place."""

    def published(self) -> Mapping[str, Lesson]:
        """Return what is published now; asked often. The same lesson is the same object."""

    def begun(self, student: str) -> Mapping[str, Lesson | None]:
        """Return the lessons of which a student goes on with another version than today's.

        ``None`` stands for the folder's.
        """

    def open(self, student: str, slug: str) -> Lesson | None:
        """Note that a student opens a lesson, if they had not begun it; return a hidden one.

        Names with ``_`` are those of lessons that only some may see.
        """

    def renew(self, student: str, slug: str) -> None:
        """Let a student go on with today's version."""


_shelf: Shelf | None = None


def put_up(shelf: Shelf | None) -> None:
    """Let a shelf's lessons join; ``None`` takes it away."""
    global _shelf
    _shelf = shelf


def shelf() -> Shelf | None:
    """The shelf, if there is one."""
    return _shelf
