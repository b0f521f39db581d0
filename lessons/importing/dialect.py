"""What the two formats have that Markdown has not, as the converter asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from lessons.importing.quiz import Quiz
from lessons.importing.report import Report
from lessons.importing.source import Place


@dataclass(frozen=True)
class Line:
    """A line, and its number in its file."""

    text: str
    number: int


@dataclass
class Mark:
    """What a format says about a code block or a paragraph: to be run, to be copied, a quiz."""

    words: tuple[str, ...]
    place: Place
    used: bool = False


@dataclass
class Prepared:
    """A page's lines as CommonMark, with what had to be taken out of them, by index of a line."""

    lines: list[Line]
    #: What belongs to the code block that opens there.
    fences: dict[int, Mark]
    #: What stood in a line of its own behind a block, or before one.
    beside: dict[int, Mark]
    #: Quizzes; a rule, ``***``, stands in their place.
    quizzes: dict[int, Quiz]


class Dialect:
    """Plain Markdown; the formats add to it."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def after_code(self, text: str, at: int, place: Place) -> tuple[int, Mark] | None:
        """Return the mark behind a piece of code and where it ends."""
        return None

    def loose(self, text: str, at: int, place: Place) -> tuple[int, str] | None:
        """Return what becomes of a marker in a sentence and where it ends."""
        return None
