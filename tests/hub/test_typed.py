"""Lines that the host's shell says, in output that is cut anywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from playground.hub.typed import TypedLines

Heard = list[tuple[str, int | None]]


def _feed(*pieces: bytes) -> Heard:
    heard: Heard = []
    lines = TypedLines()
    lines.listener = lambda line, code: heard.append((line, code))
    for piece in pieces:
        lines.feed(piece)
    return heard


def _said(line: bytes, code: bytes = b"0") -> bytes:
    return b"$ \x1b]633;E;" + line + b"\x07\r\nout\x1b[0m\r\n\x1b]633;D;" + code + b"\x1b\\"


def test_a_line_is_heard_when_it_begins_and_when_it_ends() -> None:
    assert _feed(_said(b"docker ps")) == [("docker ps", None), ("docker ps", 0)]
    assert _feed(_said(b"false", b"127"))[-1] == ("false", 127)


def test_what_the_shell_escapes() -> None:
    line = rb"printf 'a\x3bb' \\n \x0a c"
    assert _feed(_said(line))[0][0] == "printf 'a;b' \\n \n c"


def test_what_is_no_line() -> None:
    assert _feed(b"\x1b]0;title\x07\x1b]633;P;Cwd=/\x07\x1b]633;A\x07") == []
    assert _feed(b"\x1b]633;D;0\x07") == []  # no line has begun
    assert _feed(_said(b"ls", b"x"))[1:] == []
    twice = _said(b"ls") + b"\x1b]633;D;1\x07"
    assert _feed(twice) == [("ls", None), ("ls", 0)]


def test_what_never_ends_is_let_go() -> None:
    endless = b"\x1b]633;E;" + b"x" * 10_000
    lines = TypedLines()
    lines.feed(endless)
    assert len(lines._tail) <= 4200
    assert _feed(endless, b"more\x07", _said(b"ls")) == [("ls", None), ("ls", 0)]


def test_nobody_need_listen() -> None:
    TypedLines().feed(_said(b"ls"))


_PLAIN = st.text("ab \x1b]63;E\x07\\", max_size=12).map(str.encode)


@given(
    st.lists(st.text("docker run-it'\"$ é", min_size=1, max_size=20), min_size=1, max_size=4),
    st.data(),
)
def test_cut_anywhere(typed: list[str], data: st.DataObject) -> None:
    whole = b"".join(_said(line.encode(), b"3") for line in typed)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    expected: Heard = []
    for line in map(str.strip, typed):
        expected += [(line, None), (line, 3)] if line else [("", None)]
    assert _feed(*pieces) == expected


@given(st.lists(_PLAIN, max_size=8))
def test_any_output_is_taken(pieces: list[bytes]) -> None:
    for line, code in _feed(*pieces):
        assert len(line) <= 4096
        assert code is None or 0 <= code <= 999
