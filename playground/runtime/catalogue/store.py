"""The built catalogue: its layers, its index, and the skeleton that new disks start with."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playground.runtime import disks, hostimage
from playground.runtime.catalogue import recipe
from playground.runtime.config import RuntimeConfig
from playground.runtime.errors import SandboxError
from playground.runtime.recipes import build_lock, recipe_hash

#: Raise it when the way the catalogue is built or laid out changes.
VERSION = "3"


@dataclass(frozen=True)
class Catalogue:
    """A catalogue on disk. ``layers`` and ``skeleton`` are folders, ``index`` is JSON."""

    root: Path

    @property
    def key(self) -> str:
        """The hash of its recipes."""
        return self.root.name

    @property
    def bytes(self) -> int:
        """The size of its layers together, each counted once."""
        sizes = {e["digest"]: int(e["size"]) for i in self.images() for e in i["layers"]}
        return sum(sizes.values())

    @property
    def layers(self) -> Path:
        """One folder a layer, its files with the ids that containers see."""
        return self.root / "layers"

    @property
    def skeleton(self) -> Path:
        """What ``/var/lib/docker`` holds in a new sandbox."""
        return self.root / "skeleton"

    def images(self) -> list[dict[str, Any]]:
        """What the images are: name, tags, id, size, source, summary and layers."""
        found: list[dict[str, Any]] = json.loads((self.root / "index.json").read_text())["images"]
        return found

    def config(self, image_id: str) -> dict[str, Any]:
        """An image's config, as the engine keeps it; its history marks what made no layer."""
        folder = self.skeleton / "image" / "overlay2" / "imagedb" / "content" / "sha256"
        found: dict[str, Any] = json.loads((folder / image_id.partition(":")[2]).read_text())
        return found

    def layer_folders(self) -> dict[str, Path]:
        """The folder of each layer by the digest of its archive (its "diff id")."""
        layerdb = self.skeleton / "image" / "overlay2" / "layerdb" / "sha256"
        return {
            (each / "diff").read_text(): self.layers / (each / "cache-id").read_text()
            for each in layerdb.iterdir()
        }


@cache
def own_key() -> str:
    """The hash that the catalogue of this checkout has."""
    return _key()


def key_of(images: Path, stamp: str) -> str:
    """The hash of a catalogue with an operator's images; another ``stamp`` makes it a new one."""
    return _key(images, extra=(stamp,))


def _key(*more: Path, extra: tuple[str, ...] = ()) -> str:
    """The host image is part of it: its engine wrote the layers' metadata."""
    folders = [r.folder for r in recipe.read_all(recipe.IMAGES, *more)]
    return recipe_hash(VERSION, *folders, hostimage.RECIPE, extra=extra)


def in_use(config: RuntimeConfig) -> str:
    """The key of the catalogue that new sandboxes get: the one rolled out, else the checkout's.

    One that was rolled out before the checkout's own images changed is not meant any more.
    """
    if config.rollouts is not None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            named = (config.rollouts / "current").read_text().strip()
            about = json.loads((config.rollouts / named / "about.json").read_text())
            if about["base"] == own_key() and (path(config, named) / "index.json").is_file():
                return named
    return own_key()


def path(config: RuntimeConfig, key: str) -> Path:
    """Where the catalogue of that key is, or will be."""
    return config.cache_dir / "catalogue" / key


def find(config: RuntimeConfig) -> Catalogue | None:
    """The catalogue that new sandboxes get, ``None`` if there is none yet."""
    return built(config, in_use(config))


def built(config: RuntimeConfig, key: str) -> Catalogue | None:
    """The catalogue of that key, ``None`` if it is not built."""
    root = path(config, key)
    return Catalogue(root) if (root / "index.json").is_file() else None


def get(config: RuntimeConfig, key: str) -> Catalogue | None:
    """The catalogue of that key, ``None`` for none; raises ``SandboxError`` if it is gone."""
    if not key:
        return None
    if found := built(config, key):
        return found
    raise SandboxError(f"The catalogue {key} that it was made with is gone")


def disk_template(config: RuntimeConfig, catalogue: Catalogue | None, size_mb: int) -> Path:
    """The empty disk of that size with the catalogue's skeleton, made at its first use."""
    name = f"{catalogue.key if catalogue else 'empty'}-{size_mb}.img"
    template = config.cache_dir / "disks" / name
    if not template.is_file():
        with build_lock(template.parent):
            if not template.is_file():
                disks.make_template(template, size_mb, catalogue.skeleton if catalogue else None)
    return template
