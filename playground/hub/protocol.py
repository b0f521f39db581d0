"""The frames of a terminal, the same between hub and web and between web and page.

A frame is one binary websocket message: a byte that says what it is, then its payload. Numbers are
big-endian. Positions count the bytes that the terminal has put out since its shell started.

=========  ====  =================================================  ===========================
direction  type  payload                                            meaning
=========  ====  =================================================  ===========================
to page    o     bytes                                              output
to page    w     JSON, see below                                    what the output starts at
to page    c     count (8 bytes)                                    written of this page's input
to page    b     JSON ``{"program"}``                               not hung up: it runs this
to page    x     JSON ``{"code"}``                                  the shell ended
to page    e     JSON ``{"code", "message"}``                       an error; the socket closes
to page    s     JSON ``{"state", ...}``                            what is being waited for
to page    k     JSON ``{"start", "live"}``                         what was between is forgotten
to page    m     bytes                                              output that is not counted
to page    v     JSON ``{"you", "viewers", "columns", "rows"}``     who looks on, in which size
to hub     i     bytes                                              input
to hub     r     columns, rows (2 bytes each)                       the page's size
to hub     a     position (8 bytes)                                 parsed up to here
to hub     h     nothing, or ``!``                                  hang up if idle, or anyway
to hub     p     JSON ``{"ask"}``, ``{"allow", "yes"}``             take part, let take part
=========  ====  =================================================  ===========================

The welcome ``w`` says where the output starts (``start``), up to where it is old (``live``), if it
goes on from what the page has (``resumed``), which shell it is (``shell``), what was taken of the
page's input (``input``, null for a page not known), the terminal's name (``terminal``), the host's
(``host``) and all of its terminals (``terminals``).
"""

from __future__ import annotations

import json
import struct
from typing import Any

OUTPUT = b"o"
WELCOME = b"w"
EXIT = b"x"
ERROR = b"e"
STATUS = b"s"
COUNT = b"c"
BUSY = b"b"
MODES = b"m"
SKIP = b"k"
VIEWERS = b"v"
INPUT = b"i"
RESIZE = b"r"
ACKNOWLEDGE = b"a"
HANG_UP = b"h"
PART = b"p"

#: The largest frame from a page: a paste is cut into pieces of this size, in bytes.
MAX_INPUT_FRAME = 32 << 10
_MAX_PART = 100
MAX_COLUMNS, MAX_ROWS = 1000, 500

_SIZE = struct.Struct(">HH")
_POSITION = struct.Struct(">Q")


class BadFrame(ValueError):
    """A frame that the other side should not have sent."""


def frame(kind: bytes, document: dict[str, Any]) -> bytes:
    """Return a frame with a JSON payload."""
    return kind + json.dumps(document, separators=(",", ":")).encode()


def count_frame(count: int) -> bytes:
    """Return the frame that says how much input was taken."""
    return COUNT + _POSITION.pack(count)


def position_frame(position: int) -> bytes:
    """Return the frame that acknowledges output up to a position."""
    return ACKNOWLEDGE + _POSITION.pack(position)


def parse_hang_up(payload: bytes) -> bool:
    """Return whether to hang up whatever runs; raises ``BadFrame``."""
    if payload not in (b"", b"!"):
        raise BadFrame("a hang-up is empty or !")
    return payload == b"!"


def parse_part(payload: bytes) -> dict[str, Any]:
    """Return what a page says about taking part; raises ``BadFrame``."""
    try:
        document = json.loads(payload) if len(payload) <= _MAX_PART else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise BadFrame(f"taking part is a JSON object of at most {_MAX_PART} bytes")
    return document


def parse_size(payload: bytes) -> tuple[int, int]:
    """Return columns and rows, brought into bounds; raises ``BadFrame``."""
    if len(payload) != _SIZE.size:
        raise BadFrame("a size has 4 bytes")
    columns, rows = _SIZE.unpack(payload)
    return min(max(columns, 2), MAX_COLUMNS), min(max(rows, 1), MAX_ROWS)


def parse_position(payload: bytes) -> int:
    """Return a position; raises ``BadFrame``."""
    if len(payload) != _POSITION.size:
        raise BadFrame("a position has 8 bytes")
    position: int = _POSITION.unpack(payload)[0]
    return position


def check_from_page(message: object) -> bytes:
    """Return a frame that a page may send; raises ``BadFrame`` for any other."""
    if not isinstance(message, bytes) or not message:
        raise BadFrame("frames are binary and not empty")
    if len(message) > MAX_INPUT_FRAME + 1:
        raise BadFrame(f"a frame has at most {MAX_INPUT_FRAME} bytes")
    kind, payload = message[:1], message[1:]
    if kind == RESIZE:
        parse_size(payload)
    elif kind == ACKNOWLEDGE:
        parse_position(payload)
    elif kind == HANG_UP:
        parse_hang_up(payload)
    elif kind == PART:
        parse_part(payload)
    elif kind != INPUT:
        raise BadFrame(f"unknown frame {kind!r}")
    return message
