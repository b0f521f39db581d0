"""The text of a file and what a layer changed of it; in bounded time, whatever the lines are."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

#: Bytes of a file that are shown.
MOST_BYTES = 256 << 10
#: Lines that are compared one by one: the time grows with their square, at the worst with the cube.
_MOST_LINES = 2000
_CONTEXT = 3
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b")) + b"\x7f"


def text_of(data: bytes) -> str | None:
    """A file's text, ``None`` if it is none: UTF-8 with hardly any control characters."""
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if b"\0" in data or controls > len(data) // 20:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        # The last character may have been cut in two.
        return data[: error.start].decode() if error.start >= len(data) - 3 and data else None


def unified(before: str, after: str) -> list[str]:
    """The lines of a unified diff, without its two file names."""
    old, new = before.splitlines(), after.splitlines()
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    middle = len(old) + len(new) - 2 * (start + end)
    if middle <= _MOST_LINES:
        context = max(0, start - _CONTEXT)
        until_old, until_new = len(old) - end + _CONTEXT, len(new) - end + _CONTEXT
        lines = difflib.unified_diff(old[context:until_old], new[context:until_new], lineterm="")
        return [_moved(line, context) for line in list(lines)[2:]]
    removed, added = old[start : len(old) - end], new[start : len(new) - end]
    head = f"@@ -{start + 1},{len(removed)} +{start + 1},{len(added)} @@"
    return [head, *(f"-{line}" for line in removed), *(f"+{line}" for line in added)]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _moved(line: str, by: int) -> str:
    """A hunk's head counted from the file's beginning."""
    if not by or not line.startswith("@@ "):
        return line
    ranges = []
    for part in line.split()[1:3]:
        first, comma, length = part[1:].partition(",")
        ranges.append(f"{part[0]}{int(first) + by}{comma}{length}")
    return f"@@ {' '.join(ranges)} @@"
