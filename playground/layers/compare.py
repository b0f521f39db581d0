"""Two images: what they share, and what a pull of the second would still fetch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.layers import documents
from playground.layers.errors import BadArchive, LayersError
from playground.layers.image import MOST_LAYERS

#: From the base up, each layer's diff id and the bytes of its files.
Stack = Sequence[tuple[str, int]]


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


def given(stack: object) -> Stack:
    """A stack as a page brings it from another origin; what it says holds for its own answer.

    Raises :class:`LayersError` unless it is a list of objects with ``digest`` and ``size``.
    """
    listed = documents.objects(stack, MOST_LAYERS + 1)
    if not isinstance(stack, list) or len(listed) != len(stack) or len(stack) > MOST_LAYERS:
        raise LayersError("question", "stack should be a list of layers")
    try:
        return [
            (documents.digest(each.get("digest")), documents.number(each.get("size")))
            for each in listed
        ]
    except BadArchive as error:
        raise LayersError("question", str(error)) from None


def compare(first: Stack, second: Stack) -> Comparison:
    """Compare two stacks."""
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
