"""How much of an image's bytes are of use, as ``dive`` computes it.

The algorithm is that of ``Efficiency`` in dive 0.13.1 (``dive/filetree/efficiency.go``): the leaf
entries of every layer are visited, by path. An entry counts its bytes; a whiteout of a file counts
0 and one of a folder what that folder had, below, at the time. Per path the smallest count and the
sum are kept: efficiency is the sum of the smallest over the sum of the sums, and what appears twice
or more is wasted, with its sum.

Two rules of dive's are worth knowing, as its figures depend on them. Its picture of "what there
was below" knows no opaque folders, and a file that took a folder's place keeps that folder's files.
And it drops the rest of a layer after a whiteout of something that never was there; here that
whiteout counts 0 and the rest counts as usual (docs/layers.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from playground.layers import entries
from playground.layers.entries import Entry

#: Paths of an image that are counted; an image of more gets figures of its first ones.
MOST_PATHS = 600_000
#: Entries of all its layers together that are looked at: they are in memory at once, some 300 MB.
MOST_ENTRIES = 600_000


@dataclass
class Wasted:
    """A path that more than one layer has something at."""

    path: bytes
    #: Bytes, as dive counts them, in each layer that has something there: layer, bytes, whiteout.
    versions: list[tuple[int, int, bool]]

    @property
    def size(self) -> int:
        """The bytes of all versions."""
        return sum(size for _, size, _ in self.versions)


@dataclass
class Efficiency:
    """The figures of one image. ``score`` is from 0 to 1, the rest is bytes."""

    score: float
    wasted_bytes: int
    size_bytes: int
    #: Bytes in the layers above the base.
    user_bytes: int
    #: The largest first.
    wasted: list[Wasted] = field(default_factory=list)
    truncated: bool = False

    @property
    def wasted_user_share(self) -> float:
        """Wasted bytes over the bytes above the base, 0 for an image of one layer."""
        return self.wasted_bytes / self.user_bytes if self.user_bytes else 0.0


class _Node:
    """A place in the pile of the layers so far."""

    __slots__ = ("children", "is_dir", "size", "total")

    def __init__(self) -> None:
        self.size = 0
        self.is_dir = False
        self.children: dict[bytes, _Node] = {}
        self.total = -1  # bytes of all below and its own, once it was asked for


class _Pile:
    """The layers so far, one over the other, in dive's way."""

    def __init__(self) -> None:
        self._root = _Node()
        self._summed: list[_Node] = []

    def size_of(self, path: bytes) -> int:
        """The bytes that a whiteout of ``path`` hides: a folder's, else 0."""
        node = self._find(path)
        return self._total(node) if node and node.is_dir else 0

    def add(self, layer: Iterable[Entry]) -> None:
        """Lay one more layer on top."""
        for node in self._summed:
            node.total = -1
        self._summed.clear()
        # Dive goes through a folder by name, and a whiteout's name begins with ".wh.": a file whose
        # name sorts before that is added first and removed then.
        marks = [e for e in layer if e.kind == entries.WHITEOUT]
        late = {e.path for e in marks if e.path.rpartition(b"/")[2] < entries.WHITEOUT_PREFIX}
        for mark in marks:
            if mark.path not in late:
                self._remove(mark.path)
        for entry in layer:
            if not entry.is_mark:
                self._put(entry)
        for path in late:
            self._remove(path)

    def _find(self, path: bytes) -> _Node | None:
        node: _Node | None = self._root
        for name in path.split(b"/") if path else ():
            node = node.children.get(name) if node else None
        return node

    def _put(self, entry: Entry) -> None:
        node = self._root
        for name in entry.path.split(b"/"):
            below = node.children.get(name)
            if below is None:
                below = node.children[name] = _Node()
            node = below
        node.size = entry.size
        node.is_dir = entry.kind == entries.DIRECTORY and not entry.implied

    def _remove(self, path: bytes) -> None:
        above = self._find(entries.parent(path))
        if above:
            above.children.pop(path.rpartition(b"/")[2], None)

    def _total(self, top: _Node) -> int:
        """The bytes below and at a node, each node added up once between two layers."""
        waiting = [(top, False)]
        while waiting:
            node, is_ready = waiting.pop()
            if node.total >= 0:
                continue
            if is_ready:
                node.total = node.size + sum(child.total for child in node.children.values())
                self._summed.append(node)
            else:
                waiting.append((node, True))
                waiting.extend((child, False) for child in node.children.values())
        return top.total


def _take(layers: Sequence[Iterable[Entry]]) -> tuple[list[list[Entry]], bool]:
    """The entries of each layer, and whether there were more than are looked at."""
    kept: list[list[Entry]] = []
    left = MOST_ENTRIES
    for layer in layers:
        taken = list(islice(layer, left + 1))
        kept.append(taken[:left])
        left -= len(kept[-1])
        if len(taken) > len(kept[-1]):
            kept += [[] for _ in range(len(layers) - len(kept))]
            return kept, True
    return kept, False


def measure(layers: Sequence[Iterable[Entry]]) -> Efficiency:
    """Compute an image's figures from its layers' entries, the base first."""
    kept, truncated = _take(layers)
    needs_pile = [any(e.kind == entries.WHITEOUT for e in layer) for layer in kept]
    highest = max((i for i, needed in enumerate(needs_pile) if needed), default=-1)
    first: dict[bytes, int] = {}
    sums: dict[bytes, int] = {}
    least: dict[bytes, int] = {}
    versions: dict[bytes, list[tuple[int, int, bool]]] = {}
    pile = _Pile()
    for number, layer in enumerate(kept):
        folders = {e.path.rpartition(b"/")[0] for e in layer if e.kind != entries.OPAQUE}
        for entry in layer:
            path, kind = entry.path, entry.kind
            if kind == entries.OPAQUE:
                continue
            is_whiteout = kind == entries.WHITEOUT
            if path in folders and not is_whiteout:
                continue  # no leaf
            size = pile.size_of(path) if is_whiteout else entry.size
            if path not in sums:
                if len(sums) >= MOST_PATHS:
                    truncated = True
                    break
                sums[path] = least[path] = size
                first[path] = -number - 1 if is_whiteout else number
                continue
            if path not in versions:
                began = first[path]
                is_first_whiteout = began < 0
                layer_of_first = -began - 1 if is_first_whiteout else began
                versions[path] = [(layer_of_first, sums[path], is_first_whiteout)]
            versions[path].append((number, size, is_whiteout))
            sums[path] += size
            least[path] = min(least[path], size)
        if number < highest:
            pile.add(layer)
    everything = sum(sums.values())
    wasted = [Wasted(path, found) for path, found in versions.items()]
    wasted.sort(key=lambda each: (-sums[each.path], each.path))
    sizes = [sum(e.size for e in layer) for layer in kept]
    return Efficiency(
        score=sum(least.values()) / everything if everything else 1.0,
        wasted_bytes=sum(sums[each.path] for each in wasted),
        size_bytes=sum(sizes),
        user_bytes=sum(sizes[1:]),
        wasted=wasted,
        truncated=truncated,
    )
