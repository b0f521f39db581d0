"""Which catalogue new sandboxes get, where an operator has images beside the checkout's.

Below ``RuntimeConfig.rollouts``, written by root alone and read by all:

    current            the key of the catalogue in use; not there: the checkout's own
    KEY/images/NAME/   recipes of the operator's images in it, in the format of ``images/``
    KEY/about.json     what it was made from and when

Running sandboxes name theirs in their records, so a roll-out changes nothing under them.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from playground.runtime.catalogue import builder, store
from playground.runtime.config import RuntimeConfig
from playground.runtime.errors import BuildFailed, SandboxError
from playground.runtime.recipes import Progress, build_lock

#: A folder of a build that was killed is removed after so long.
_LEFT_SECONDS = 24 * 3600
_KEY = re.compile(r"[0-9a-f]{16}\Z")


@dataclass(frozen=True)
class About:
    """What a catalogue of an operator's was made from.

    ``base`` is the key that the checkout's own had, ``images`` has the hash of each of the
    operator's recipes, ``made`` is in seconds since 1970.
    """

    key: str
    base: str
    stamp: str
    made: float
    images: dict[str, str] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        """Whether the checkout's own images are still those that are in it."""
        return self.base == store.own_key()


def current(config: RuntimeConfig) -> About | None:
    """The operator's catalogue in use; ``None`` where the checkout's own is."""
    return about(config, store.in_use(config))


def about(config: RuntimeConfig, key: str) -> About | None:
    """What is known of an operator's catalogue; ``None`` for no such one."""
    if not _KEY.match(key):
        return None
    with suppress(OSError, ValueError, TypeError):
        return About(**json.loads((_folder(config, key) / "about.json").read_text()))
    return None


def kept(config: RuntimeConfig) -> list[About]:
    """All of the operator's catalogues that are built, the newest first."""
    root = config.rollouts
    found = [about(config, each.name) for each in root.iterdir()] if root and root.is_dir() else []
    built = [each for each in found if each and store.built(config, each.key)]
    return sorted(built, key=lambda each: each.made, reverse=True)


@contextmanager
def staging(config: RuntimeConfig) -> Iterator[Path]:
    """An empty folder for recipes, on the file system of the roll-outs; gone afterwards."""
    root = _root(config)
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o755)
    for left in root.glob(".new-*"):
        if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=root) as folder:
        images = Path(folder) / "images"
        images.mkdir()
        yield images


def build(
    config: RuntimeConfig,
    images: Path,
    hashes: dict[str, str],
    stamp: str,
    progress: Progress,
    disk_mb: int = 0,
) -> About:
    """Build the checkout's images and those of the folder ``images``, which is taken over.

    New sandboxes do not get it before ``use``, and their disks are likely to have ``disk_mb``.
    Raises ``BuildFailed`` and ``SandboxError``.
    """
    made = builder.build(config, progress, images, stamp)
    if made.key == store.own_key():
        raise BuildFailed("A catalogue of an operator's needs a stamp")
    found = About(made.key, store.own_key(), stamp, time.time(), hashes)
    folder = _folder(config, made.key)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "images").exists():
        images.rename(folder / "images")
    _write(folder / "about.json", json.dumps(asdict(found), indent=1))
    progress("making the template of new disks")
    store.disk_template(config, made, disk_mb or config.limits.disk_mb)
    return found


def use(config: RuntimeConfig, key: str) -> None:
    """Let new sandboxes have that catalogue; raises ``SandboxError`` if it is not there."""
    if key == store.own_key():
        if store.built(config, key) is None:
            raise SandboxError("The checkout's own catalogue is not built", "Run `make setup`")
        (_root(config) / "current").unlink(missing_ok=True)
        return
    found = about(config, key)
    if found is None or store.built(config, key) is None:
        raise SandboxError(f"There is no catalogue {key[:40]}")
    if not found.fits:
        raise SandboxError("It was made for another version of this software: build a new one")
    _write(_root(config) / "current", f"{key}\n")


def used_by(config: RuntimeConfig) -> dict[str, int]:
    """How many sandboxes of this node have which catalogue, by key. Raises nothing."""
    from playground.runtime.node import Node

    found: dict[str, int] = {}
    for sandbox in Node(config).sandboxes():
        found[sandbox.record.catalogue] = found.get(sandbox.record.catalogue, 0) + 1
    return found


def remove(config: RuntimeConfig, key: str) -> None:
    """Remove a catalogue of this site that nobody uses; raises ``SandboxError``.

    The checkout's own are in a cache that other playgrounds of the machine share: they stay.
    """
    if about(config, key) is None:
        raise SandboxError(f"There is no catalogue {key[:40]} of this site")
    with build_lock(config.cache_dir):
        if key == store.in_use(config):
            raise SandboxError("New sandboxes get this catalogue: it stays")
        if users := used_by(config).get(key):
            raise SandboxError(f"{users} sandboxes use this catalogue: it stays")
        gone = store.path(config, key)
        if gone.exists():
            # Out of sight at once: nobody may find half of one.
            hidden = gone.with_name(f"{builder.SCRATCH}{key}")
            gone.rename(hidden)
            shutil.rmtree(hidden)
        for template in (config.cache_dir / "disks").glob(f"{key}-*.img"):
            template.unlink(missing_ok=True)
        shutil.rmtree(_folder(config, key))


def needs_renewal(config: RuntimeConfig) -> bool:
    """Whether the operator's catalogue in use was made for other images of the checkout, or is
    gone from the cache."""
    named = _named(config)
    return named is not None and not (named.fits and store.built(config, named.key))


def renew(config: RuntimeConfig, progress: Progress) -> None:
    """Build the operator's catalogue in use again, with the checkout's images of now.

    Raises ``BuildFailed`` and ``SandboxError``.
    """
    if (named := _named(config)) is None:
        return
    with staging(config) as images:
        shutil.copytree(_folder(config, named.key) / "images", images, dirs_exist_ok=True)
        made = build(config, images, named.images, named.stamp, progress)
    use(config, made.key)


def _named(config: RuntimeConfig) -> About | None:
    with suppress(OSError):
        return about(config, (_root(config) / "current").read_text().strip())
    return None


def _root(config: RuntimeConfig) -> Path:
    if config.rollouts is None:
        raise SandboxError("This node has no place for catalogues of its own")
    return config.rollouts


def _folder(config: RuntimeConfig, key: str) -> Path:
    return _root(config) / key


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    scratch = path.with_name(f".{path.name}.new")
    scratch.write_text(text)
    scratch.chmod(0o644)
    scratch.rename(path)
