"""What became of everything in a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lessons.importing.source import Place


@dataclass(frozen=True, order=True)
class Entry:
    """Something of the source, from its line to ``last``, and why it is not as it was."""

    place: Place
    last: int
    what: str
    why: str

    def __str__(self) -> str:
        what = f"{self.what}: " if self.what else ""
        return f"{self.place}: {what}{self.why}"

    def covers(self, place: Place) -> bool:
        """Whether it speaks of that line."""
        return self.place.file == place.file and (
            not self.place.line or self.place.line <= place.line <= self.last
        )


@dataclass
class Report:
    """Counts what was mapped, lists what was not."""

    mapped: Counter[str] = field(default_factory=Counter)
    #: What is not in the lesson, or does not do there what it did.
    lost: list[Entry] = field(default_factory=list)
    #: What is in the lesson in another form that somebody should look at.
    changed: list[Entry] = field(default_factory=list)
    to_translate: list[str] = field(default_factory=list)

    def count(self, kind: str, number: int = 1) -> None:
        """Something was mapped."""
        self.mapped[kind] += number

    def lose(self, place: Place, what: str, why: str, last: int = 0) -> None:
        """Something was not mapped."""
        self._add(self.lost, place, what, why, last)

    def change(self, place: Place, what: str, why: str, last: int = 0) -> None:
        """Something was mapped to what is not quite the same."""
        self._add(self.changed, place, what, why, last)

    @staticmethod
    def _add(entries: list[Entry], place: Place, what: str, why: str, last: int) -> None:
        entry = Entry(place, max(last, place.line), _short(what), why)
        if entry not in entries:
            entries.append(entry)

    def covers(self, place: Place) -> bool:
        """Whether some entry speaks of that line."""
        return any(entry.covers(place) for entry in (*self.lost, *self.changed))

    def lines(self) -> Iterator[str]:
        """The report as text."""
        counts = [f"{number} {kind}" for kind, number in sorted(self.mapped.items()) if number]
        yield f"mapped: {', '.join(counts) or 'nothing'}"
        yield from _list("not mapped", map(str, sorted(self.lost)))
        yield from _list("mapped to something else", map(str, sorted(self.changed)))
        yield from _list("to translate", self.to_translate)


def _list(title: str, entries: Iterable[str]) -> Iterator[str]:
    found = list(entries)
    yield f"{title}: {len(found) or 'nothing'}"
    yield from (f"  {entry}" for entry in found)


def _short(what: str) -> str:
    words = " ".join(what.split())
    return words if len(words) <= 80 else f"{words[:79]}…"
