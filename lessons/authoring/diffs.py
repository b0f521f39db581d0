"""What changed between two states of a lesson, as rows that a page can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from lessons.authoring.files import is_text

#: Lines around a change that are shown, and rows of one file at the most.
_AROUND, _MOST = 3, 2000


@dataclass(frozen=True)
class Row:
    """A line of a difference: ``kind`` is same, gone, new or gap; numbers are 0 where it is not."""

    kind: str
    old: int
    new: int
    text: str


@dataclass(frozen=True)
class FileDiff:
    """One file: added, removed, changed; no rows for a picture."""

    name: str
    what: str
    rows: tuple[Row, ...]


def between(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[FileDiff]:
    """The files that differ, by name."""
    found = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        what = "added" if before is None else "removed" if after is None else "changed"
        rows: tuple[Row, ...] = ()
        if is_text(name):
            one, two = (text.decode().splitlines() if text else [] for text in (before, after))
            rows = tuple(_rows(one, two)[:_MOST])
        found.append(FileDiff(name, what, rows))
    return found


def _rows(one: list[str], two: list[str]) -> list[Row]:
    rows: list[Row] = []
    for group in SequenceMatcher(None, one, two, autojunk=False).get_grouped_opcodes(_AROUND):
        if rows:
            rows.append(Row("gap", 0, 0, "⋯"))
        for what, i, i_end, j, j_end in group:
            if what == "equal":
                rows += [Row("same", i + n + 1, j + n + 1, one[i + n]) for n in range(i_end - i)]
                continue
            rows += [Row("gone", n + 1, 0, one[n]) for n in range(i, i_end)]
            rows += [Row("new", 0, n + 1, two[n]) for n in range(j, j_end)]
    return rows
