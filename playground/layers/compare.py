"""Two images: what they share, and what a pull of the second would still fetch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from playground.layers.image import Image


@dataclass(frozen=True)
class Comparison:
    """Layers by number, bytes of files. Layers are shared from the base up only.

    Docker keeps a layer by its chain, the digests below it included, but a pull fetches by the
    layer's own digest: one that lies higher in the other image is not fetched again either
    (``fetched`` leaves it out), though it is stored again.
    """

    shared: int
    fetched: tuple[int, ...]
    fetched_bytes: int
    total_bytes: int


def compare(first: Image, second: Image, sizes: Mapping[str, int]) -> Comparison:
    """Compare; ``sizes`` has the bytes of each layer by its diff id."""
    shared = 0
    for one, other in zip(first.digests, second.digests, strict=False):
        if one != other:
            break
        shared += 1
    have = set(first.digests)
    fetched = [i for i, digest in enumerate(second.digests) if digest not in have]
    return Comparison(
        shared=shared,
        fetched=tuple(fetched),
        fetched_bytes=sum(sizes.get(second.digests[i], 0) for i in fetched),
        total_bytes=sum(sizes.get(digest, 0) for digest in second.digests),
    )
