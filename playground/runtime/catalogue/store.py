"""The built catalogue: its layers, its index, and the skeleton that new disks start with."""

from __future__ import annotations

import json
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

    def layer_folders(self) -> dict[str, Path]:
        """The folder of each layer by the digest of its archive (its "diff id")."""
        layerdb = self.skeleton / "image" / "overlay2" / "layerdb" / "sha256"
        return {
            (each / "diff").read_text(): self.layers / (each / "cache-id").read_text()
            for each in layerdb.iterdir()
        }


@cache
def key() -> str:
    """The hash that the catalogue of this checkout has.

    The host image is part of it: its engine wrote the layers' metadata.
    """
    folders = [r.folder for r in recipe.read_all()]
    return recipe_hash(VERSION, *folders, hostimage.RECIPE)


def path(config: RuntimeConfig) -> Path:
    """Where the catalogue of this checkout is, or will be."""
    return config.cache_dir / "catalogue" / key()


def find(config: RuntimeConfig) -> Catalogue | None:
    """The built catalogue, ``None`` if there is none yet."""
    root = path(config)
    return Catalogue(root) if (root / "index.json").is_file() else None


def get(config: RuntimeConfig, key: str) -> Catalogue | None:
    """The catalogue of that key, ``None`` for none; raises ``SandboxError`` if it is gone."""
    if not key:
        return None
    root = config.cache_dir / "catalogue" / key
    if not (root / "index.json").is_file():
        raise SandboxError(f"The catalogue {key} that it was made with is gone")
    return Catalogue(root)


def disk_template(config: RuntimeConfig, catalogue: Catalogue | None, size_mb: int) -> Path:
    """The empty disk of that size with the catalogue's skeleton, made at its first use."""
    name = f"{catalogue.key if catalogue else 'empty'}-{size_mb}.img"
    template = config.cache_dir / "disks" / name
    if not template.is_file():
        with build_lock(template.parent):
            if not template.is_file():
                disks.make_template(template, size_mb, catalogue.skeleton if catalogue else None)
    return template
