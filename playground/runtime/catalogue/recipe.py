"""What the catalogue is made of: one folder an image below ``images/``."""

from __future__ import annotations

import graphlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from playground.runtime.config import PROJECT_ROOT
from playground.runtime.errors import BuildFailed

IMAGES = PROJECT_ROOT / "images"
_KEYS = {"name", "tags", "reference", "needs", "summary", "stand_in", "bootstrap"}
#: The suite is the host image's own, and the variant always mmdebstrap's smallest.
_BOOTSTRAP_KEYS = {"include"}


@dataclass(frozen=True)
class ImageRecipe:
    """How one image comes to be: pulled by its reference, or built in its folder."""

    name: str
    folder: Path
    tags: tuple[str, ...]
    reference: str
    needs: tuple[str, ...]
    summary: dict[str, str]
    stand_in: bool
    bootstrap: tuple[str, ...] | None  # packages of a base made by mmdebstrap

    @property
    def can_be_built(self) -> bool:
        """Whether it can be made where no registry answers."""
        return self.bootstrap is not None or (self.folder / "Dockerfile").is_file()


def read(folder: Path) -> ImageRecipe:
    """Read ``image.toml``; raises ``BuildFailed`` naming the file and what is wrong."""
    file = folder / "image.toml"
    try:
        data: dict[str, Any] = tomli.loads(file.read_text())
        if unknown := set(data) - _KEYS:
            raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
        if data["name"] != folder.name:
            raise ValueError(f"name = {data['name']!r} must be the folder's name")
        base = data.get("bootstrap")
        if base is not None and (unknown := set(base) - _BOOTSTRAP_KEYS):
            raise ValueError(f"[bootstrap] has unknown keys: {', '.join(sorted(unknown))}")
        built = base is not None or (folder / "Dockerfile").is_file()
        if not built and not data.get("reference"):
            raise ValueError("needs a Dockerfile beside it, a [bootstrap] table or a reference")
        return ImageRecipe(
            name=data["name"],
            folder=folder,
            tags=tuple(data["tags"]),
            reference=data.get("reference", ""),
            needs=tuple(data.get("needs", ())),
            summary={"en": data["summary"]["en"], "ko": data["summary"]["ko"]},
            stand_in=bool(data.get("stand_in", False)),
            bootstrap=tuple(base.get("include", ())) if base is not None else None,
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        reason = f"no key {error}" if isinstance(error, KeyError) else str(error)
        raise BuildFailed(f"{file}: {reason}", "images/README.md shows the format") from None


def read_all(images: Path = IMAGES, *more: Path) -> list[ImageRecipe]:
    """Read every recipe of some folders, each after those it needs; raises ``BuildFailed``."""
    recipes: dict[str, ImageRecipe] = {}
    for folder in (images, *more):
        for file in sorted(folder.glob("*/image.toml")):
            found = read(file.parent)
            if found.name in recipes:
                raise BuildFailed(f"There are two images with the name {found.name}")
            recipes[found.name] = found
    _check_tags(recipes.values())
    for recipe in recipes.values():
        for need in recipe.needs:
            if need not in recipes:
                raise BuildFailed(f"images/{recipe.name}: needs {need!r}, which has no recipe")
    try:
        order = graphlib.TopologicalSorter({r.name: sorted(r.needs) for r in recipes.values()})
        return [recipes[name] for name in order.static_order()]
    except graphlib.CycleError as error:
        raise BuildFailed(f"The images need each other in a circle: {error.args[1]}") from None


def _check_tags(recipes: Iterable[ImageRecipe]) -> None:
    """Two images of one name would hide each other, by the order in which they are made."""
    owners: dict[str, str] = {}
    for recipe in recipes:
        for tag in recipe.tags:
            other = owners.setdefault(full_name(tag), recipe.name)
            if other != recipe.name:
                raise BuildFailed(f"The images {other} and {recipe.name} have the same tag {tag}")


def full_name(tag: str) -> str:
    """An image's name as the engine knows it: with registry, namespace and tag (or digest)."""
    first, slash, _rest = tag.partition("/")
    has_registry = slash and ("." in first or ":" in first or first == "localhost")
    name = tag if has_registry else f"docker.io/{tag}" if slash else f"docker.io/library/{tag}"
    return name if "@" in name or ":" in name.rpartition("/")[2] else f"{name}:latest"
