from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.hub import protocol


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_refused(message: bytes) -> None:
    try:
        checked = protocol.check_from_page(message)
    except protocol.BadFrame:
        return
    known = (protocol.INPUT, protocol.RESIZE, protocol.ACKNOWLEDGE, protocol.HANG_UP)
    assert checked[:1] in known


@pytest.mark.parametrize("bad", ["text", None, b"", b"q", b"r123", b"a1", b"hx", b"i" * 40_000])
def test_refuses(bad: object) -> None:
    with pytest.raises(protocol.BadFrame):
        protocol.check_from_page(bad)


def test_sizes_are_brought_into_bounds() -> None:
    assert protocol.parse_size(b"\x00\x50\x00\x18") == (80, 24)
    assert protocol.parse_size(b"\xff\xff\xff\xff") == (protocol.MAX_COLUMNS, protocol.MAX_ROWS)
    assert protocol.parse_size(b"\x00\x00\x00\x00") == (2, 1)
