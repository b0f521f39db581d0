"""Two images: what they share, and what a pull of the second would still fetch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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


def compare(first: Sequence[tuple[str, int]], second: Sequence[tuple[str, int]]) -> Comparison:
    """Compare two stacks from the base up: each layer's diff id and the bytes of its files."""
    shared = 0
    for (one, _), (other, _) in zip(first, second, strict=False):
        if one != other:
            break
        shared += 1
    have = {digest for digest, _ in first}
    fetched = [number for number, (digest, _) in enumerate(second) if digest not in have]
    return Comparison(
        shared=shared,
        fetched=tuple(fetched),
        fetched_bytes=sum(second[number][1] for number in fetched),
        total_bytes=sum(size for _, size in second),
    )
