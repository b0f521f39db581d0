"""JSON from strangers: bounded in bytes and depth, of the shape that is expected or refused."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from playground.layers.errors import BadArchive

#: Bytes of one document; a config with 127 layers and long instructions has some 100 kB.
MOST_BYTES = 4 << 20
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


def parse(data: bytes, what: str) -> dict[str, Any]:
    """Read an object; raises :class:`BadArchive` that names ``what`` it is."""
    document = _load(data, what)
    if not isinstance(document, dict):
        raise BadArchive(f"{what} is no JSON object")
    return document


def parse_list(data: bytes, what: str) -> list[Any]:
    """Read a list; raises :class:`BadArchive`."""
    document = _load(data, what)
    if not isinstance(document, list):
        raise BadArchive(f"{what} is no JSON list")
    return document


def _load(data: bytes, what: str) -> Any:
    if len(data) > MOST_BYTES:
        raise BadArchive(f"{what} is larger than {MOST_BYTES} bytes")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise BadArchive(f"{what} is no JSON") from None


def digest(value: object) -> str:
    """A digest as written, ``sha256:`` and 64 digits; raises :class:`BadArchive`."""
    if not isinstance(value, str) or not _DIGEST.match(value):
        raise BadArchive("a digest is none of sha256")
    return value


def objects(value: object, most: int) -> list[dict[str, Any]]:
    """The objects in what should be a list of them; ``[]`` for anything else."""
    return [v for v in value[:most] if isinstance(v, dict)] if isinstance(value, list) else []


def mapping(value: object) -> dict[str, Any]:
    """An object, ``{}`` for anything else."""
    return value if isinstance(value, dict) else {}


def text(value: object, most: int = 4096) -> str:
    """A text of a bounded length, ``""`` for anything else; halves of characters are replaced."""
    if not isinstance(value, str):
        return ""
    return value[:most].encode(errors="replace").decode()


def number(value: object) -> int:
    """A whole number that is not negative and fits in 63 bits, else 0."""
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return value if 0 <= value < 1 << 63 else 0


def seconds(value: object) -> int:
    """An RFC 3339 time, or a number of seconds, as seconds since 1970; 0 if it is neither."""
    if not isinstance(value, str):
        return number(value)
    # Go writes nanoseconds; Python before 3.11 reads none but micro- and milliseconds.
    match = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)\Z", value[:64])
    if not match:
        return 0
    try:
        moment = datetime.fromisoformat(match[1] + match[2].replace("Z", "+00:00"))
        return max(0, int(moment.timestamp()))
    except (ValueError, OverflowError):
        return 0
