"""The catalogue's images with their layers, without any student's host."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from playground.layers import overlay
from playground.layers.entries import Entry, Layer
from playground.layers.errors import LayersError
from playground.layers.image import Image, LayerFacts, from_config
from playground.layers.index import Cache
from playground.layers.library import Library
from playground.runtime.catalogue import store
from playground.runtime.config import RuntimeConfig


class CatalogueLibrary(Library):
    """What the catalogue says of itself is trusted: this machine has built it."""

    def __init__(self, config: RuntimeConfig) -> None:
        super().__init__(Cache(shared_folder(config)))
        found = store.find(config)
        self._folders = genuine_layers(config, found.key) if found else {}
        self._images = [_image(each, found) for each in found.images()] if found else []

    def images(self) -> list[Image]:
        return self._images

    def read_layer(self, image: Image, number: int) -> Layer:
        return read_genuine(self._folder(image, number))

    def read_file(self, image: Image, number: int, entry: Entry, most: int) -> bytes:
        return read_genuine_file(self._folder(image, number), entry.path, most)

    def _folder(self, image: Image, number: int) -> Path:
        if (folder := self._folders.get(image.digests[number])) is None:
            raise LayersError("missing")
        return folder


def shared_folder(config: RuntimeConfig) -> Path:
    """Where the indexes of the catalogue's layers are."""
    return config.cache_dir / "layers"


@lru_cache(maxsize=8)
def genuine_layers(config: RuntimeConfig, catalogue_key: str) -> Mapping[str, Path]:
    """The catalogue's layers by digest."""
    catalogue = store.get(config, catalogue_key)
    return catalogue.layer_folders() if catalogue else {}


def read_genuine(folder: Path) -> Layer:
    """The entries of one of the catalogue's layers."""
    with overlay.opened(folder) as descriptor:
        return overlay.read(descriptor)


def read_genuine_file(folder: Path, path: bytes, most: int) -> bytes:
    """The first bytes of a file in one of the catalogue's layers."""
    with overlay.opened(folder) as descriptor:
        return overlay.read_file(descriptor, path, most)


def _image(said: dict[str, Any], catalogue: store.Catalogue) -> Image:
    config = from_config(said["id"], said["tags"], catalogue.config(said["id"]))
    return Image(
        id=said["id"],
        tags=tuple(said["tags"]),
        layers=tuple(
            LayerFacts(each["digest"], each["created_by"], each["created"], each["size"])
            for each in said["layers"]
        ),
        platform=config.platform,
        settings=config.settings,
    )
