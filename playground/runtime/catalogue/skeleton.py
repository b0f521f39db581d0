"""From an engine's ``/var/lib/docker`` to shared layers and a skeleton.

The layout is the overlay2 graph driver's (moby, ``daemon/graphdriver/overlay2`` and ``layer/``):
``image/overlay2/layerdb/sha256/<chain id>/cache-id`` names the folder ``overlay2/<cache id>`` with
``diff`` (the files), ``link`` (a short name, itself a link ``overlay2/l/<short name>``), ``lower``
and ``committed``. The skeleton has all of that, but ``diff`` is a link to the shared layer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from playground.runtime.bundle import LAYERS_INSIDE
from playground.runtime.errors import BuildFailed

_FILES = ("link", "lower")


def extract(docker: Path, layers: Path, skeleton: Path) -> list[str]:
    """Copy the images of ``docker`` (a ``/var/lib/docker``, engine stopped) to two new folders.

    Returns the layers' cache ids. Raises ``BuildFailed`` if the layout is not the one above: a
    newer engine may keep its images elsewhere, and that must not go unnoticed.
    """
    image = docker / "image" / "overlay2"
    cache_ids = sorted(p.read_text() for p in image.glob("layerdb/sha256/*/cache-id"))
    if not cache_ids or not (image / "repositories.json").is_file():
        raise BuildFailed(
            f"{image} is not laid out as the overlay2 graph driver does it",
            "The host image's engine may have changed: pin storage-driver overlay2 in daemon.json",
        )
    layers.mkdir(parents=True)
    target = skeleton / "image" / "overlay2"
    target.mkdir(parents=True)
    for name in ("imagedb", "repositories.json", "distribution"):
        if (image / name).exists():
            _copy(image / name, target / name)
    (target / "layerdb").mkdir()
    _copy(image / "layerdb" / "sha256", target / "layerdb" / "sha256")
    (skeleton / "overlay2" / "l").mkdir(parents=True)
    for cache_id in cache_ids:
        _extract_layer(docker / "overlay2" / cache_id, layers / cache_id, skeleton / "overlay2")
    for folder in (skeleton / "overlay2", skeleton / "image"):
        folder.chmod(0o710)
    return cache_ids


def _extract_layer(source: Path, layer: Path, overlay: Path) -> None:
    if not (source / "diff").is_dir() or not (source / "link").is_file():
        raise BuildFailed(f"{source} is no layer of the overlay2 graph driver")
    _copy(source / "diff", layer)
    target = overlay / source.name
    target.mkdir(mode=0o710)
    for name in _FILES:
        if (source / name).exists():
            shutil.copy2(source / name, target / name)
    # The engine writes this when a layer gets one above it, and mounts one without it for writing:
    # `docker save` of an image would fail, as its top layer lies on a read-only mount here.
    (target / "committed").touch(mode=0o600)
    (target / "work").mkdir(mode=0o700)
    os.symlink(f"{LAYERS_INSIDE}/{source.name}", target / "diff")
    short = (source / "link").read_text()
    os.symlink(f"../{source.name}/diff", overlay / "l" / short)


def _copy(source: Path, target: Path) -> None:
    """Copy with owners, times, extended attributes and device nodes (whiteouts) as they are."""
    subprocess.run(["cp", "--archive", "--no-target-directory", source, target], check=True)
