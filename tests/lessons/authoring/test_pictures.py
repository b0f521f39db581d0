"""Pictures are what their names say, and an SVG can do nothing."""

from __future__ import annotations

import pytest

from lessons.authoring import files
from lessons.authoring.files import BadFiles

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="1"/>%s</svg>'
_XLINK = b'xmlns:xlink="http://www.w3.org/1999/xlink"'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0"),
        ("a.jpg", b"\xff\xd8\xff\xe0"),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 "),
        ("a.svg", _SVG % b'<use href="#x"/><style>rect { fill: red }</style>'),
    ],
)
def test_pictures(name: str, data: bytes) -> None:
    files.check_one(name, data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", b"\xff\xd8\xff\xe0"),
        ("a.jpg", b"<svg></svg>"),
        ("a.webp", b"RIFF"),
        ("a.svg", b"<html></html>"),
        ("a.svg", b"<svg"),
        ("a.svg", _SVG % b"<script>alert(1)</script>"),
        ("a.svg", _SVG % b'<a onclick="x()">x</a>'),
        ("a.svg", _SVG % b'<image href="https://example.org/x.png"/>'),
        ("a.svg", _SVG % (b"<use " + _XLINK + b' xlink:href="data:x"/>')),
        ("a.svg", _SVG % b'<rect style="fill: url(javascript:x)"/>'),
        ("a.svg", _SVG % b"<foreignObject/>"),
        ("a.svg", b'<!DOCTYPE svg [<!ENTITY a "b">]>' + _SVG % b"&a;"),
        ("a.gif", b"GIF89a"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"x" * (3 << 20)),
    ],
)
def test_what_is_none(name: str, data: bytes) -> None:
    with pytest.raises(BadFiles):
        files.check_one(name, data)
