"""An image as its stack of layers, from the base to the top."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playground.layers import documents
from playground.layers.errors import BadArchive

#: Overlayfs takes some 500 lower layers and Docker 127; an archive may say more.
MOST_LAYERS = 256
_MOST_HISTORY = 1024
_MOST_TAGS = 32


@dataclass(frozen=True)
class LayerFacts:
    """What is known of a layer without reading it."""

    #: The digest of its uncompressed tar archive: its name wherever it is used.
    diff_id: str
    #: The instruction that made it, ``""`` if nothing says so.
    created_by: str = ""
    #: Seconds since 1970, 0 if unknown.
    created: int = 0
    #: Bytes of its files; -1 before it was read.
    size: int = -1
    #: Bytes as they travel: the packed archive in a registry or file; -1 if unknown.
    packed: int = -1


@dataclass(frozen=True)
class Setting:
    """An instruction that made no layer, but changed what the image says of itself."""

    #: How many layers lie below it.
    height: int
    created_by: str = ""
    #: Seconds since 1970, 0 if unknown.
    created: int = 0


@dataclass(frozen=True)
class Image:
    """An image: its id is the digest of its config."""

    id: str
    tags: tuple[str, ...]
    layers: tuple[LayerFacts, ...]
    platform: str = ""
    #: Instructions that made no layer (``ENV``, ``CMD``), from the base up.
    settings: tuple[Setting, ...] = ()

    @property
    def digests(self) -> tuple[str, ...]:
        """Its layers' diff ids."""
        return tuple(layer.diff_id for layer in self.layers)


def from_config(
    image_id: str, tags: Sequence[str], config: dict[str, Any], packed: Sequence[int] = ()
) -> Image:
    """Read an image's config (OCI image specification, ``config.md``).

    Raises :class:`BadArchive` if it names no layers, or too many.
    """
    diff_ids = documents.mapping(config.get("rootfs")).get("diff_ids") or []
    if not isinstance(diff_ids, list) or len(diff_ids) > MOST_LAYERS:
        raise BadArchive(f"an image has more than {MOST_LAYERS} layers or none at all")
    digests = [documents.digest(each) for each in diff_ids]
    steps: list[tuple[str, int]] = []
    settings: list[Setting] = []
    for step in documents.objects(config.get("history"), _MOST_HISTORY):
        words = documents.text(step.get("created_by")) or documents.text(step.get("comment"))
        created = documents.seconds(step.get("created"))
        if step.get("empty_layer") is True:
            settings.append(Setting(min(len(steps), len(digests)), words, created))
        else:
            steps.append((words, created))
    steps += [("", 0)] * (len(digests) - len(steps))
    platform = "/".join(
        filter(None, (documents.text(config.get(key), 32) for key in ("os", "architecture")))
    )
    return Image(
        id=image_id,
        tags=tuple(documents.text(tag, 300) for tag in tags[:_MOST_TAGS]),
        layers=tuple(
            LayerFacts(diff_id, by, created, packed=packed[i] if i < len(packed) else -1)
            for i, (diff_id, (by, created)) in enumerate(zip(digests, steps, strict=False))
        ),
        platform=platform,
        settings=tuple(settings),
    )


def chain_ids(diff_ids: Sequence[str]) -> list[str]:
    """The chain id of each layer (OCI image specification, "Layer ChainID")."""
    chains: list[str] = []
    for diff_id in diff_ids:
        both = f"{chains[-1]} {diff_id}" if chains else ""
        chains.append(f"sha256:{hashlib.sha256(both.encode()).hexdigest()}" if both else diff_id)
    return chains
