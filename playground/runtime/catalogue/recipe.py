"""What the catalogue is made of: one folder an image below ``images/``."""

from __future__ import annotations

import graphlib
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
        if base is None and not (folder / "Dockerfile").is_file():
            raise ValueError("needs a Dockerfile beside it or a [bootstrap] table")
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


def read_all(images: Path = IMAGES) -> list[ImageRecipe]:
    """Read every recipe, each after those it needs; raises ``BuildFailed``."""
    recipes = {f.parent.name: read(f.parent) for f in sorted(images.glob("*/image.toml"))}
    for recipe in recipes.values():
        for need in recipe.needs:
            if need not in recipes:
                raise BuildFailed(f"images/{recipe.name}: needs {need!r}, which has no recipe")
    try:
        order = graphlib.TopologicalSorter({r.name: sorted(r.needs) for r in recipes.values()})
        return [recipes[name] for name in order.static_order()]
    except graphlib.CycleError as error:
        raise BuildFailed(f"The images need each other in a circle: {error.args[1]}") from None
