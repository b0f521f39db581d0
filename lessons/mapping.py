"""The map of lessons: what leads to what, as places and lines for a drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lessons import library
from lessons.progress import LessonState

#: Sizes of the drawing, in its own units.
WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 190, 52, 46, 26, 10


@dataclass(frozen=True)
class Place:
    """One lesson on the map."""

    slug: str
    title: tuple[str, ...]
    x: int
    y: int
    track: int
    state: LessonState

    @property
    def kind(self) -> str:
        """``done``, ``begun`` or ``new``."""
        if self.state.done:
            return "done"
        return "begun" if self.state.last_seen else "new"


@dataclass(frozen=True)
class Map:
    """Places, lines between them, and the size of it all."""

    places: list[Place]
    lines: list[str]
    width: int
    height: int


def lesson_map(language: str, states: Mapping[str, LessonState]) -> Map:
    """A row for each track, its lessons from left to right, prerequisites as curves."""
    rows: dict[str, int] = {}
    places: dict[str, Place] = {}
    for row, track in enumerate(library.tracks()):
        rows[track] = row
    columns: dict[str, int] = {}
    for lesson in library.lessons():
        column = columns.get(lesson.track, 0)
        columns[lesson.track] = column + 1
        row = rows[lesson.track]
        places[lesson.slug] = Place(
            lesson.slug,
            broken(lesson.titles[language]),
            MARGIN + column * (WIDTH + GAP_X),
            MARGIN + row * (HEIGHT + GAP_Y),
            row,
            states[lesson.slug],
        )
    lines = [
        _line(places[needed], places[lesson.slug])
        for lesson in library.lessons()
        for needed in lesson.requires
        if needed in places
    ]
    most = max(columns.values(), default=1)
    return Map(
        list(places.values()),
        lines,
        2 * MARGIN + most * (WIDTH + GAP_X) - GAP_X,
        2 * MARGIN + len(rows) * (HEIGHT + GAP_Y) - GAP_Y,
    )


def broken(title: str, most: int = 24) -> tuple[str, ...]:
    """A title in two lines at most, each of about so many characters; Korean ones are wider."""
    wide = sum(2 if ord(character) > 0x1100 else 1 for character in title)
    if wide <= most:
        return (title,)
    words = title.split()
    best = min(
        range(1, max(2, len(words))),
        key=lambda n: abs(len(" ".join(words[:n])) - len(" ".join(words[n:]))),
    )
    return (" ".join(words[:best]), " ".join(words[best:])) if len(words) > 1 else (title,)


def _line(start: Place, end: Place) -> str:
    """A curve from one place's edge to another's, as an SVG path."""
    if start.y == end.y and start.x < end.x:
        y = start.y + HEIGHT // 2
        if end.x - start.x == WIDTH + GAP_X:
            return f"M{start.x + WIDTH} {y}H{end.x}"
        top = start.y - GAP_Y // 2
        return (
            f"M{start.x + WIDTH} {y}C{start.x + WIDTH + GAP_X} {y} {start.x + WIDTH} {top} "
            f"{start.x + WIDTH + GAP_X} {top}H{end.x - GAP_X}C{end.x} {top} {end.x - GAP_X} {y} "
            f"{end.x} {y}"
        )
    x1, y1 = start.x + WIDTH // 2, start.y + (HEIGHT if start.y < end.y else 0)
    x2, y2 = end.x + WIDTH // 2, end.y + (0 if start.y < end.y else HEIGHT)
    middle = (y1 + y2) // 2
    return f"M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {y2}"
