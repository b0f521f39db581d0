"""Whatever a page sends is either a frame or a ``BadFrame``."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from playground.hub import protocol


@given(st.one_of(st.none(), st.text(), st.binary(max_size=200), st.integers()))
@example(b"")
@example(b"p" + b"[" * 90)
@example(b'p{"ask": NaN}')
@example(b"a" + b"\xff" * 8)
@example(b"i" + b"x" * (protocol.MAX_INPUT_FRAME + 1))
def test_anything_is_checked(message: object) -> None:
    with suppress(protocol.BadFrame):
        assert protocol.check_from_page(message) == message


@given(st.sampled_from([b"i", b"r", b"a", b"h", b"p"]), st.binary(max_size=110))
def test_right_kinds_with_any_payload(kind: bytes, payload: bytes) -> None:
    with suppress(protocol.BadFrame):
        checked = protocol.check_from_page(kind + payload)
        if kind == b"r":
            columns, rows = protocol.parse_size(checked[1:])
            assert 2 <= columns <= protocol.MAX_COLUMNS
            assert 1 <= rows <= protocol.MAX_ROWS
        if kind == b"p":
            assert isinstance(protocol.parse_part(checked[1:]), dict)
