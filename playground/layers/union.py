"""What one sees at some height: the layers up to it, one over the other, as overlayfs lays them.

(Linux, ``Documentation/filesystems/overlayfs.rst``.) Only the folders that are asked for are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from playground.layers import entries
from playground.layers.entries import Entry
from playground.layers.index import Index

ADDED, CHANGED, ATTRIBUTES, REMOVED, SAME = "added", "changed", "attributes", "removed", "same"


class Found(NamedTuple):
    """An entry and the number of the layer that it is seen from, the base being 0."""

    entry: Entry
    layer: int


class Union:
    """The layers of an image, the base first."""

    def __init__(self, layers: Sequence[Index]) -> None:
        self.layers = layers

    def lookup(self, path: bytes, height: int) -> Found | None:
        """What is at a path with the layers 0 to ``height`` in place."""
        implied: Found | None = None
        for number in range(height, -1, -1):
            entry, marks = self.layers[number].at(path)
            if entry:
                if not entry.implied:
                    # A folder that only contains something leaves a lower one's owner and mode.
                    return (
                        implied
                        if implied and entry.kind != entries.DIRECTORY
                        else (Found(entry, number))
                    )
                implied = implied or Found(entry, number)
            if entries.WHITEOUT in marks or self._hides_below(number, path):
                break
        return implied

    def children(self, folder: bytes, height: int) -> list[Found]:
        """What is seen in a folder with the layers 0 to ``height`` in place, by name."""
        seen: dict[bytes, Found] = {}
        hidden: set[bytes] = set()
        for number in range(height, -1, -1):
            layer = self.layers[number]
            itself, marks = layer.at(folder)
            if itself and itself.kind != entries.DIRECTORY:
                break  # a file, as seen from here down
            gone = set()
            for entry in layer.children(folder):
                if entry.kind == entries.WHITEOUT:
                    gone.add(entry.path)
                elif entry.path not in hidden:
                    self._lay_below(seen, Found(entry, number))
            hidden |= gone
            if marks or self._hides_below(number, folder):
                break
        return [seen[path] for path in sorted(seen)]

    def change(self, entry: Entry, number: int) -> str:
        """What layer ``number`` does to the layers below with an entry of its."""
        if entry.kind == entries.WHITEOUT:
            return REMOVED
        before = self.lookup(entry.path, number - 1)
        if before is None:
            return ADDED
        return compare(before.entry, entry)

    def hidden_bytes(self, path: bytes, number: int) -> int:
        """The bytes that a whiteout of ``path`` in layer ``number`` hides."""
        before = self.lookup(path, number - 1)
        if before is None:
            return 0
        if before.entry.kind != entries.DIRECTORY:
            return before.entry.size
        return sum(layer.below(path)[0] for layer in self.layers[:number])

    @staticmethod
    def _lay_below(seen: dict[bytes, Found], found: Found) -> None:
        above = seen.get(found.entry.path)
        if above is None or (above.entry.implied and found.entry.kind == entries.DIRECTORY):
            seen[found.entry.path] = found

    def _hides_below(self, number: int, path: bytes) -> bool:
        """Whether a layer shows nothing of what the layers below it have in a path's folders."""
        layer = self.layers[number]
        for folder in (*entries.ancestors(path), b""):
            entry, marks = layer.at(folder)
            if marks or (entry and entry.kind != entries.DIRECTORY):
                return True
        return False


def compare(before: Entry, after: Entry) -> str:
    """What an upper layer's entry changes of the one that it covers.

    Contents are not read: a file that is written has another time or size, and one that only got
    another owner or mode keeps both (overlayfs copies the time up as well).
    """
    rights_differ = (before.mode, before.uid, before.gid) != (after.mode, after.uid, after.gid)
    if after.kind == entries.DIRECTORY and before.kind == entries.DIRECTORY:
        return ATTRIBUTES if rights_differ and not after.implied else SAME
    same = (before.kind, before.size, before.mtime, before.target) == (
        after.kind, after.size, after.mtime, after.target,
    )  # fmt: skip
    if not same:
        return CHANGED
    return ATTRIBUTES if rights_differ else SAME
