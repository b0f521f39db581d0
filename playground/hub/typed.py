"""What is typed at a host's prompt, told by its shell in the terminal's output.

The host's bash says each command line before it runs it, and its exit code after, by the escape
sequences that VS Code's shell integration uses (``OSC 633 ; E`` and ``D``); terminals skip what
they do not know. They are the student's to forge: a lesson then ticks itself off too early.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_MARK = b"\x1b]633;"
_SAID = re.compile(rb"\x1b\]633;([ED]);([^\x07\x1b]{0,4096})(?:\x07|\x1b\\)")
#: The longest beginning of a sequence that may be cut off at the end of a piece, in bytes.
_TAIL = 4200
_ESCAPED = re.compile(r"\\(?:\\|x([0-9a-f]{2}))")


class TypedLines:
    """Follows one terminal's output, cut anywhere."""

    def __init__(self) -> None:
        self._tail = b""
        self._line = ""
        #: Called with a line when it begins (``None``) and when it has ended (its exit code).
        self.listener: Callable[[str, int | None], None] | None = None

    def feed(self, data: bytes) -> None:
        """Look for lines in more output."""
        if not self._tail and _MARK not in data and b"\x1b" not in data[-len(_MARK) :]:
            return
        whole = self._tail + data
        end = 0
        for said in _SAID.finditer(whole):
            end = said.end()
            self._hear(said[1], said[2])
        begun = whole.rfind(_MARK, end)
        if begun < 0 and whole[-len(_MARK) :].find(b"\x1b") >= 0:
            begun = whole.rfind(b"\x1b", max(end, len(whole) - len(_MARK)))
            if begun >= 0 and not _MARK.startswith(whole[begun:]):
                begun = -1
        self._tail = whole[begun:] if begun >= 0 and len(whole) - begun < _TAIL else b""

    def _hear(self, kind: bytes, text: bytes) -> None:
        if kind == b"E":
            self._line = _unescaped(text.decode(errors="replace"))
            code = None
        elif self._line and text.isdigit():
            code = int(text[:3])
        else:
            return
        if self.listener:
            self.listener(self._line, code)
        if code is not None:
            self._line = ""


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else "\\", text).strip()
