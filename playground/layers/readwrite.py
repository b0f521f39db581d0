"""A container's own layer: what it changed of its image, as ``docker diff`` lists it."""

from __future__ import annotations

from typing import NamedTuple

from playground.layers import entries, union
from playground.layers.entries import Entry, Layer
from playground.layers.union import Union


class Change(NamedTuple):
    """A changed path: ``kind`` is docker's letter (A, C, D).

    ``origin`` is the layer of the image that the file was copied up from, or that had what is now
    removed; ``None`` for what is new.
    """

    kind: str
    entry: Entry
    origin: int | None


def changes(own: Layer, image: Union) -> list[Change]:
    """Compare a container's layer with its image, by path."""
    top = len(image.layers) - 1
    found: list[Change] = []
    again = {entry.path for entry in own if not entry.is_mark}
    for entry in sorted(own):
        if entry.kind == entries.OPAQUE:
            continue  # seen by what is removed in it
        before = image.lookup(entry.path, top)
        if entry.kind == entries.WHITEOUT:
            if before and entry.path not in again:
                found.append(Change("D", before.entry, before.layer))
        elif before is None:
            found.append(Change("A", entry, None))
        elif _differs(before.entry, entry):
            found.append(Change("C", entry, before.layer))
    for entry in own:
        if entry.kind == entries.OPAQUE and image.layers:
            found += _removed_by_opaque(entry.path, again, image)
    return sorted(found, key=lambda change: change.entry.path)


def _differs(before: Entry, after: Entry) -> bool:
    # A folder is only here because something in it changed, and docker lists it for that.
    both_folders = before.kind == after.kind == entries.DIRECTORY
    return both_folders or union.compare(before, after) != union.SAME


def _removed_by_opaque(folder: bytes, again: set[bytes], image: Union) -> list[Change]:
    return [
        Change("D", below.entry, below.layer)
        for below in image.children(folder, len(image.layers) - 1)
        if below.entry.path not in again
    ]
