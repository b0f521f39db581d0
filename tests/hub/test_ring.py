from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.hub.ring import Ring


@given(st.lists(st.binary(max_size=40)), st.integers(1, 30))
def test_keeps_the_newest_bytes_at_their_positions(pieces: list[bytes], capacity: int) -> None:
    ring = Ring(capacity)
    for piece in pieces:
        ring.append(piece)
    whole = b"".join(pieces)
    assert ring.end == len(whole)
    assert ring.end - ring.start >= min(capacity, len(whole))
    assert ring.end - ring.start <= 2 * capacity
    assert ring.read(ring.start, len(whole) + 1) == whole[ring.start :]


def test_says_what_it_has_forgotten() -> None:
    ring = Ring(4)
    ring.append(b"0123456789")
    assert ring.read(ring.start, 100) == b"6789"
    assert ring.read(8, 1) == b"8"
    assert ring.read(ring.end, 5) == b""
    for position in (0, 5, 11):
        with pytest.raises(LookupError):
            ring.read(position, 1)
