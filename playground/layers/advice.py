"""What to change in a Dockerfile, as codes and numbers: the pages have the sentences.

===============  ==================================================================================
``removed``      a layer removes what an earlier one brought: do both in one instruction
``rewritten``    a layer has files again that an earlier one had: write them once
``attributes``   a layer has files again only for another owner or mode: ``COPY --chown``, or the
                 same instruction
``cache``        a package manager's caches are left in a layer
===============  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from playground.layers import entries, union
from playground.layers.efficiency import Efficiency
from playground.layers.union import Union

REMOVED, REWRITTEN, ATTRIBUTES, CACHE = "removed", "rewritten", "attributes", "cache"
_MOST = 20
_LOOKED_AT = 5000

#: Folders whose files are made anew when they are missing.
CACHES = (
    b"var/lib/apt/lists",
    b"var/cache/apt",
    b"var/cache/apk",
    b"var/cache/dnf",
    b"var/cache/yum",
    b"var/cache/debconf",
    b"root/.cache",
    b"root/.npm",
    b"usr/local/share/.cache",
)


@dataclass(frozen=True)
class Advice:
    """One thing to change: the bytes of ``layer`` are wasted, and ``by`` is the layer that does it.

    ``size`` is the bytes that the image would lose; ``path`` is the place with most of them.
    """

    code: str
    layer: int
    by: int
    size: int
    paths: int
    path: bytes


def advise(figures: Efficiency, layers: Union) -> list[Advice]:
    """What to change, the most bytes first."""
    sums: dict[tuple[str, int, int], tuple[int, int, bytes]] = {}

    def count(code: str, layer: int, by: int, size: int, path: bytes) -> None:
        total, paths, largest = sums.get((code, layer, by), (0, 0, path))
        sums[code, layer, by] = (total + size, paths + 1, largest)

    for wasted in figures.wasted[:_LOOKED_AT]:
        for (layer, size, _), (by, _, is_whiteout) in zip(
            wasted.versions, wasted.versions[1:], strict=False
        ):
            if size and layer != by:
                count(_code(layers, wasted.path, by, is_whiteout), layer, by, size, wasted.path)
    for number in range(1, len(layers.layers)):
        for path in _removed(layers, number):
            for layer, size in _bytes_in(layers, path, number):
                count(REMOVED, layer, number, size, path)
    top = len(layers.layers) - 1
    for number, index in enumerate(layers.layers):
        for folder in CACHES:
            size, _ = index.below(folder)
            if size and any(each.layer == number for each in layers.children(folder, top)):
                count(CACHE, number, number, size, folder)
    found = [Advice(*key, *sums[key]) for key in sums]
    return sorted(found, key=lambda each: -each.size)[:_MOST]


def _removed(layers: Union, number: int) -> Iterator[bytes]:
    """Paths whose removal by a layer is nothing that :mod:`efficiency` tells of.

    Dive pairs a file with its own whiteout; it does not see what goes with a folder.
    """
    for mark in layers.layers[number].marks(_LOOKED_AT):
        if mark.kind == entries.OPAQUE:
            for found in layers.children(mark.path, number - 1):
                if not any(layers.layers[number].at(found.entry.path)):
                    yield found.entry.path
        else:
            before = layers.lookup(mark.path, number - 1)
            if before and before.entry.kind == entries.DIRECTORY:
                yield mark.path


def _bytes_in(layers: Union, path: bytes, height: int) -> Iterator[tuple[int, int]]:
    """The layers below a height that have bytes at or below a path, each with them."""
    for number, layer in enumerate(layers.layers[:height]):
        entry = layer.get(path)
        is_folder = entry and entry.kind == entries.DIRECTORY
        size = layer.below(path)[0] if is_folder else entry.size if entry else 0
        if size:
            yield number, size


def _code(layers: Union, path: bytes, by: int, is_whiteout: bool) -> str:
    if is_whiteout:
        return REMOVED
    entry = layers.layers[by].get(path)
    if entry and entry.kind == entries.FILE and layers.change(entry, by) == union.ATTRIBUTES:
        return ATTRIBUTES
    return REWRITTEN
