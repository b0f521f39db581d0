"""Where images and their layers come from: what the questions about them are asked of."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from typing import Any

from playground.layers import advice, efficiency, image, readwrite
from playground.layers.archive import Archive
from playground.layers.entries import Entry, Layer
from playground.layers.errors import LayersError
from playground.layers.image import Image
from playground.layers.index import VERSION, Cache, Index
from playground.layers.union import Union

#: Wasted paths that are kept and told, the largest first.
MOST_WASTED = 200
#: Letters of all that; each may take six bytes on its way.
_MOST_LETTERS = 256 << 10
#: Raise it when figures or advice change for the same layers.
_FIGURES_VERSION = 2
#: All entries of an image are in memory while it is measured: one image at a time.
_MEASURING = threading.Lock()


class Library(ABC):
    """Images of one origin, with the indexes of their layers."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    @abstractmethod
    def images(self) -> list[Image]:
        """All images."""

    @abstractmethod
    def read_layer(self, image: Image, number: int) -> Layer:
        """Read a layer's entries from where it lies."""

    @abstractmethod
    def read_file(self, image: Image, number: int, entry: Entry, most: int) -> bytes:
        """The first bytes of a regular file of a layer."""

    def containers(self) -> list[dict[str, Any]]:
        """Containers with a layer of their own; an archive has none."""
        return []

    def container_changes(self, name: str) -> tuple[list[readwrite.Change], bool]:
        """What a container changed, and whether that is cut."""
        raise LayersError("missing")

    def container_file(self, name: str, path: bytes, most: int) -> tuple[bytes, Image]:
        """The first bytes of a file in a container's own layer, and the container's image."""
        raise LayersError("missing")

    def known_size(self, image: Image, number: int) -> int:
        """The bytes of a layer's files if it has been read, else -1."""
        with self.cache(image, number).open(image.digests[number]) as index:
            return index.size if index else -1

    def find(self, name: str) -> Image:
        """The image of that id or name; raises :class:`LayersError`."""
        images = self.images()
        for found in images:
            if found.id == name:
                return found
        wanted = {name, f"{name}:latest", f"docker.io/library/{name}:latest"}
        for found in images:
            if wanted & set(found.tags):
                return found
        raise LayersError("image", f"no image {name!r:.100}")

    @contextmanager
    def union(self, image: Image) -> Iterator[Union]:
        """An image's layers, each read if nobody has before."""
        with ExitStack() as stack:
            indexes: list[Index] = []
            for number in range(len(image.layers)):
                index = Index(self.index(image, number))
                stack.callback(index.close)
                indexes.append(index)
            yield Union(indexes)

    def index(self, image: Image, number: int) -> Path:
        """The index of a layer, read if nobody has before."""
        cache = self.cache(image, number)
        digest = image.digests[number]
        return cache.path(digest) or cache.put(digest, self.read_layer(image, number))

    def cache(self, image: Image, number: int) -> Cache:
        """Where the index of a layer belongs."""
        return self._cache

    def figures_cache(self, image: Image) -> Cache:
        """Where an image's figures belong: with the least trusted of its layers."""
        return self._cache

    def figures(self, image: Image) -> dict[str, Any]:
        """An image's efficiency and what to change, as :func:`told` says it."""
        if kept := self._kept_figures(image):
            return kept
        with _MEASURING, self.union(image) as union:
            figures = efficiency.measure([index.all() for index in union.layers])
            document = told(figures, advice.advise(figures, union))
        self._keep_figures(image, document)
        return document

    def figures_path(self, image: Image) -> Path | None:
        """Where an image's figures are kept; ``None`` for an image without layers."""
        chains = image_chains(image)
        if not chains:
            return None
        return (
            self.figures_cache(image).folder
            / f"figures-{VERSION}.{_FIGURES_VERSION}-{chains[-1].partition(':')[2]}.json"
        )

    def _kept_figures(self, image: Image) -> dict[str, Any] | None:
        path = self.figures_path(image)
        with suppress(OSError, ValueError):
            if path:
                kept: dict[str, Any] = json.loads(path.read_bytes())
                return kept
        return None

    def _keep_figures(self, image: Image, document: dict[str, Any]) -> None:
        if path := self.figures_path(image):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            with os.fdopen(descriptor, "w") as file:
                json.dump(document, file)
            Path(scratch).rename(path)


def image_chains(found: Image) -> list[str]:
    """The chain ids of an image's layers."""
    return image.chain_ids(found.digests)


def told(figures: efficiency.Efficiency, advices: list[advice.Advice]) -> dict[str, Any]:
    """Figures and advice as plain data; sizes are bytes, paths texts (:func:`path_text`).

    Only what follows from the layers themselves: images of the same layers share it, and the
    instructions that made them are what each image says.
    """
    return {
        "efficiency": figures.score,
        "wasted_bytes": figures.wasted_bytes,
        "size": figures.size_bytes,
        "user_size": figures.user_bytes,
        "wasted_share": figures.wasted_user_share,
        "wasted_paths": len(figures.wasted),
        "truncated": figures.truncated,
        "wasted": [
            {
                "path": path_text(wasted.path),
                "size": wasted.size,
                "versions": [
                    {"layer": layer, "size": size, "removed": is_whiteout}
                    for layer, size, is_whiteout in wasted.versions
                ],
            }
            for wasted in _fitting(figures.wasted[:MOST_WASTED])
        ],
        "advice": [{**vars(each), "path": path_text(each.path)} for each in advices],
    }


def _fitting(wasted: list[efficiency.Wasted]) -> list[efficiency.Wasted]:
    length = list(accumulate(len(each.path) + 64 * len(each.versions) for each in wasted))
    return wasted[: bisect_right(length, _MOST_LETTERS)]


def path_text(path: bytes) -> str:
    """A path as it is told: from the root, bytes that are no UTF-8 as lone surrogates (PEP 383)."""
    return "/" + os.fsdecode(path)


class ArchiveLibrary(Library):
    """The images of one archive."""

    def __init__(self, archive: Archive, cache: Cache) -> None:
        super().__init__(cache)
        self._archive = archive
        self._read: dict[str, tuple[list[Layer], efficiency.Efficiency]] = {}

    def images(self) -> list[Image]:
        return self._archive.images

    def read_layer(self, image: Image, number: int) -> Layer:
        return self._archive.read_layer(image.digests[number])

    def read_file(self, image: Image, number: int, entry: Entry, most: int) -> bytes:
        if entry.at < 0:
            raise LayersError("kind")
        size = min(entry.size, most)
        return self._archive.read_file(image.digests[number], entry.at, size)

    def analyse(self, image: Image) -> dict[str, Any]:
        """As :meth:`figures`, at once: without advice, and nothing is checked or written yet.

        :meth:`keep` does that, after the answer. Raises :class:`LayersError`.
        """
        if kept := self._kept_figures(image):
            return kept
        layers = [self._archive.read_unchecked(digest) for digest in image.digests]
        figures = efficiency.measure(layers)
        self._read[image.id] = (layers, figures)
        return told(figures, [])

    def keep(self, image: Image) -> dict[str, Any]:
        """Check what :meth:`analyse` read, keep it, and return the figures with advice.

        Raises :class:`LayersError` for a layer with another digest; nothing is kept then.
        """
        layers, figures = self._read.pop(image.id, (None, None))
        if layers is None or figures is None:
            return self.figures(image)
        self._archive.check(image.digests)
        for digest, layer in zip(image.digests, layers, strict=True):
            if not self._cache.path(digest):
                self._cache.put(digest, layer)
        with self.union(image) as union:
            document = told(figures, advice.advise(figures, union))
        self._keep_figures(image, document)
        return document
