"""What both formats need before their pages can be read as CommonMark."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lessons.importing.dialect import Line

_OPENS = re.compile(r"(?:[\s>]|[-*+]\s|\d{1,9}[.)]\s)*(`{3,}(?=[^`]*$)|~{3,})(.*)$")
_BLOCK = "details|summary|p|div|center|section"
_OPEN_OR_CLOSE = re.compile(rf"\s*</?(?:{_BLOCK}|br)\b[^<]*>", re.IGNORECASE)
_WHOLE_LINE = re.compile(rf"\s*<(?:/?(?:{_BLOCK}|br))\b.*>\s*$", re.IGNORECASE)
_KEEPS = {"pre": "</pre>", "summary": "</summary>", "script": "</script>", "style": "</style>"}


class Fences:
    """Follows code blocks from line to line; ``behind`` is what else may follow a closing mark."""

    def __init__(self, behind: str = "") -> None:
        self._behind = rf"(?:\s*|{behind})" if behind else r"\s*"
        self._fence = ""
        #: Whether the last line opened one, and what stood behind its marks.
        self.opened = False
        self.info = ""

    def inside(self, text: str) -> bool:
        """Take a line; whether it is part of a code block, the opening and closing lines too."""
        self.opened = False
        if self._fence:
            if self.closes(text):
                self._fence = ""
            return True
        if found := _OPENS.match(text):
            self._fence, self.info, self.opened = found[1], found[2].strip(), True
            return True
        return False

    @property
    def open(self) -> bool:
        """Whether the next line is part of a code block."""
        return bool(self._fence)

    def closes(self, text: str) -> bool:
        """Whether a line ends the code block."""
        mark = re.escape(self._fence[0])
        return bool(re.match(rf"[\s>]*{mark}{{{len(self._fence)},}}{self._behind}$", text))


def numbered(text: str) -> list[Line]:
    """The lines of a text."""
    return [Line(line, number) for number, line in enumerate(text.split("\n"), 1)]


def loosened(lines: Iterable[Line], behind: str = "") -> list[Line]:
    """Put blank lines around lines that are HTML blocks' tags.

    The sites' own Markdown reads what stands between such tags as Markdown; CommonMark does so only
    where a blank line lies between.
    """
    found: list[Line] = []
    fences = Fences(behind)
    until = ""
    for line in lines:
        low = line.text.lower()
        if until:
            until = "" if until in low else until
            found.append(line)
            continue
        if fences.inside(line.text):
            found.append(line)
            continue
        until = _stays_open(low)
        if not until and _OPEN_OR_CLOSE.match(line.text) and _WHOLE_LINE.match(line.text):
            found += [Line("", line.number), line, Line("", line.number)]
        else:
            found.append(line)
    return found


def _stays_open(low: str) -> str:
    if "<!--" in low and "-->" not in low.rpartition("<!--")[2]:
        return "-->"
    for name, closing in _KEEPS.items():
        start = low.rfind(f"<{name}")
        if start >= 0 and closing not in low[start:]:
            return closing
    return ""
