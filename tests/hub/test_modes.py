from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from playground.hub.modes import SIZE, Modes


def _modes() -> Modes:
    return Modes(bytearray(SIZE + 8), 8)


def test_follows_what_programs_switch() -> None:
    modes = _modes()
    modes.feed(b"\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\x1b[?2004h\x1b[?25l text")
    assert modes.changed == {1049, 1, 2004, 25}
    assert modes.full_screen
    modes.feed(b"\x1b[?1049l\x1b[?1;2004l\x1b[?25h")
    assert modes.changed == set()
    assert not modes.full_screen


def test_a_full_reset_forgets_all() -> None:
    modes = _modes()
    modes.feed(b"\x1b[?1049;1000h\x1bc\x1b[?2004h")
    assert modes.changed == {2004}


@given(st.integers(1, 12))
def test_cut_anywhere_it_is_the_same(size: int) -> None:
    output = b"a\x1b[?1049hbc\x1b[31m\x1b[?1000;1006hd\x1b[?25l\x1b[Ke\x1b[?1006l\x1b[?99h" * 3
    modes = _modes()
    for start in range(0, len(output), size):
        modes.feed(output[start : start + size])
    assert modes.changed == {1049, 1000, 25}


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_are_taken(pieces: list[bytes]) -> None:
    modes = _modes()
    for piece in pieces:
        modes.feed(piece)
    again = _modes()
    again.feed(b"\x1b[?1049h" + modes.restore())
    assert again.changed == modes.changed - {1048}


def test_the_next_hub_finds_them() -> None:
    memory = bytearray(SIZE)
    Modes(memory).feed(b"\x1b[?1049h\x1b[?2004h")
    assert Modes(memory).changed == {1049, 2004}
