from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.hub.ring import Ring, new_memory


@given(st.lists(st.binary(max_size=40)), st.integers(1, 30))
def test_keeps_the_newest_bytes_at_their_positions(pieces: list[bytes], capacity: int) -> None:
    ring = Ring(new_memory(capacity))
    for piece in pieces:
        ring.append(piece)
    whole = b"".join(pieces)
    assert ring.end == len(whole)
    assert ring.end - ring.start == min(capacity, len(whole))
    assert ring.read(ring.start, len(whole) + 1) == whole[ring.start :]


def test_says_what_it_has_forgotten() -> None:
    ring = Ring(new_memory(4))
    ring.append(b"0123456789")
    assert ring.read(ring.start, 100) == b"6789"
    assert ring.read(8, 1) == b"8"
    assert ring.read(ring.end, 5) == b""
    for position in (0, 5, 11):
        with pytest.raises(LookupError):
            ring.read(position, 1)


def test_another_process_sees_the_same() -> None:
    memory = new_memory(1000)
    other = Ring(os.dup(memory))
    ring = Ring(memory)
    ring.append(b"before")
    ring.append(b" and after")
    assert other.read(0, 100) == b"before and after"
    other.append(b"!")
    assert ring.end == 17


def test_wraps_at_any_place() -> None:
    ring = Ring(new_memory(1000))
    whole = bytes(n % 251 for n in range(300_000))
    for start in range(0, len(whole), 777):
        ring.append(whole[start : start + 777])
        assert ring.read(ring.start, 2000) == whole[max(0, ring.end - 1000) : ring.end]
