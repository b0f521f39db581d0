"""The images and containers of a student's host, with their layers.

What the engine says is the student's: names, digests, folders. A layer whose digest is one of the
catalogue's is read from the catalogue itself, wherever the engine says that it is, and its index is
shared by all. Every other one is read from the sandbox's own disk, and its index belongs to that
sandbox alone, so that nobody can pass off a layer of theirs as everybody's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playground.hub.catalogue_library import (
    genuine_layers,
    read_genuine,
    read_genuine_file,
    shared_folder,
)
from playground.layers import documents, overlay, readwrite
from playground.layers.entries import Entry, Layer
from playground.layers.errors import LayersError
from playground.layers.image import MOST_LAYERS, Image, LayerFacts, Setting
from playground.layers.index import Cache
from playground.layers.library import Library
from playground.runtime import disks, syscalls
from playground.runtime.catalogue.builder import steps_of
from playground.runtime.engine import BAD_SHAPE
from playground.runtime.errors import HostileAnswer
from playground.runtime.sandbox import Sandbox

_MOST = 100
#: Bytes that the indexes of one sandbox's own layers may take of the machine's disk.
_MOST_CACHED = 128 << 20
#: Seconds for reading one layer. One of the catalogue's largest takes 0.1.
_READ_WITHIN = 15.0
#: A container's layer is read again each time somebody looks.
_MOST_CHANGES = 20_000
_CHANGES_WITHIN = 3.0
_FOLDER = re.compile(r"/var/lib/docker/(overlay2/[a-z0-9]{1,80}/diff)\Z")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}\Z")


class SandboxLibrary(Library):
    """Asks the sandbox's engine anew for every question; to be used once."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(Cache(sandbox.directory / "layers", most_bytes=_MOST_CACHED))
        self._sandbox = sandbox
        config = sandbox.node.config
        self._genuine = genuine_layers(config, sandbox.record.catalogue)
        self._shared = Cache(shared_folder(config))
        self._folders: dict[str, list[str]] = {}
        self._images: list[Image] | None = None

    def cache(self, image: Image, number: int) -> Cache:
        return self._shared if image.digests[number] in self._genuine else self._cache

    def figures_cache(self, image: Image) -> Cache:
        is_genuine = all(digest in self._genuine for digest in image.digests)
        return self._shared if is_genuine else self._cache

    def images(self) -> list[Image]:
        if self._images is None:
            listed = documents.objects(self._ask("/images/json"), _MOST)
            described = [self._describe(documents.text(each.get("Id"))) for each in listed]
            self._images = [image for image in described if image and image.layers]
        return self._images

    def find(self, name: str) -> Image:
        if name.startswith("sha256:") and self._images is None and (found := self._describe(name)):
            return found  # pages ask by id, which spares asking for all the others
        return super().find(name)

    def read_layer(self, image: Image, number: int) -> Layer:
        if folder := self._genuine.get(image.digests[number]):
            return read_genuine(folder)
        with self._own_folder(self._folder(image, number)) as descriptor:
            return overlay.read(descriptor, self._sandbox.record.id_base, seconds=_READ_WITHIN)

    def read_file(self, image: Image, number: int, entry: Entry, most: int) -> bytes:
        if folder := self._genuine.get(image.digests[number]):
            return read_genuine_file(folder, entry.path, most)
        with self._own_folder(self._folder(image, number)) as descriptor:
            return overlay.read_file(descriptor, entry.path, most)

    def containers(self) -> list[dict[str, Any]]:
        return [
            {
                "id": documents.text(each.get("Id"), 64),
                "name": _first_name(each.get("Names")),
                "image": documents.text(each.get("ImageID"), 80),
                "state": documents.text(each.get("State"), 32),
            }
            for each in documents.objects(self._ask("/containers/json?all=1"), _MOST)
        ]

    def container_changes(self, name: str) -> tuple[list[readwrite.Change], bool]:
        image, folder = self._container(name)
        with self._own_folder(folder) as descriptor:
            own = overlay.read(
                descriptor, self._sandbox.record.id_base, _MOST_CHANGES, _CHANGES_WITHIN
            )
        with self.union(image) as union:
            return readwrite.changes(own, union), own.truncated

    def container_file(self, name: str, path: bytes, most: int) -> tuple[bytes, Image]:
        image, folder = self._container(name)
        with self._own_folder(folder) as descriptor:
            return overlay.read_file(descriptor, path, most), image

    def _container(self, name: str) -> tuple[Image, str]:
        """A container's image, and the folder of its own layer."""
        if not _NAME.match(name):
            raise LayersError("container")
        facts = documents.mapping(self._ask(f"/containers/{name}/json"))
        image = self.find(documents.text(facts.get("Image"), 80))
        data = documents.mapping(documents.mapping(facts.get("GraphDriver")).get("Data"))
        return image, _inside(data.get("UpperDir"))

    def _describe(self, image_id: str) -> Image | None:
        """An image with its layers; ``None`` if what is said of it makes no sense."""
        try:
            facts = self._ask(f"/images/{documents.digest(image_id)}/json")
            steps = steps_of(facts, self._ask(f"/images/{image_id}/history"))
            made = [step for step in steps if step["digest"]]
            digests = [documents.digest(each) for each in facts["RootFS"].get("Layers", [])]
            data = documents.mapping(documents.mapping(facts.get("GraphDriver")).get("Data"))
            folders = [str(data.get("UpperDir", "")), *str(data.get("LowerDir") or "").split(":")]
            self._folders[image_id] = list(reversed([each for each in folders if each]))
            if len(digests) > MOST_LAYERS:
                return None
            return Image(
                id=image_id,
                tags=tuple(documents.text(tag, 300) for tag in (facts["RepoTags"] or [])[:10]),
                layers=tuple(
                    _layer(digest, made[number] if number < len(made) else {})
                    for number, digest in enumerate(digests)
                ),
                platform=f"{documents.text(facts.get('Os'), 32)}"
                f"/{documents.text(facts.get('Architecture'), 32)}",
                settings=_settings(steps),
            )
        except (*BAD_SHAPE, LayersError):
            return None

    def _folder(self, image: Image, number: int) -> str:
        # Below the base of the catalogue's images lies one more (runtime.catalogue.skeleton).
        folders = self._folders.get(image.id, [])[-len(image.layers) :]
        if len(folders) != len(image.layers):
            raise LayersError("engine")
        return _inside(folders[number])

    @contextmanager
    def _own_folder(self, path: str) -> Iterator[int]:
        """Open a folder of the sandbox's disk, by its path below ``/var/lib/docker``."""
        try:
            disk = disks.open_mounted(self._sandbox.pid)
            try:
                flags = os.O_RDONLY | os.O_DIRECTORY
                descriptor = syscalls.open_beneath(disk, path, flags, same_mount=True)
            finally:
                os.close(disk)
        except OSError:
            raise LayersError("missing") from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _ask(self, path: str) -> Any:
        try:
            return self._sandbox.engine_get(path)
        except (HostileAnswer, OSError):
            raise LayersError("engine", "the engine does not answer") from None


def _layer(digest: str, step: dict[str, Any]) -> LayerFacts:
    return LayerFacts(
        digest,
        documents.text(step.get("created_by")),
        documents.number(step.get("created")),
        documents.number(step.get("size")),
    )


def _settings(steps: list[dict[str, Any]]) -> tuple[Setting, ...]:
    """The steps that made no layer, each with how many layers lie below it."""
    found: list[Setting] = []
    height = 0
    for step in steps:
        if step["digest"]:
            height += 1
            continue
        words, created = documents.text(step["created_by"]), documents.number(step["created"])
        found.append(Setting(height, words, created))
    return tuple(found)


def _inside(folder: object) -> str:
    """A folder that the engine names, from ``/var/lib/docker`` on."""
    found = _FOLDER.match(folder) if isinstance(folder, str) else None
    if not found:
        raise LayersError("engine", "a folder that no layer has")
    return found[1]


def _first_name(names: object) -> str:
    first = names[0] if isinstance(names, list) and names else ""
    return documents.text(first, 300).lstrip("/")
