"""HTML in a source: what Markdown can say is said in Markdown, the rest is reported."""

from __future__ import annotations

import html
import re
from typing import Protocol

from lessons.importing.pieces import HintEnds, HintOpens, Listing, Piece, Summary
from lessons.importing.report import Report
from lessons.importing.source import Place

_ATTRIBUTE = r"\s+[A-Za-z_:][\w:.-]*(?:\s*=\s*(?:[^\s\"'=<>`]+|'[^']*'|\"[^\"]*\"))?"
_TAG = re.compile(rf"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:{_ATTRIBUTE})*)\s*/?>")
_NAME_AND_VALUE = re.compile(
    r"([A-Za-z_:][\w:.-]*)(?:\s*=\s*(?:([^\s\"'=<>`]+)|'([^']*)'|\"([^\"]*)\"))?"
)
_AROUND = {"b": "**", "strong": "**", "i": "*", "em": "*"}
_CODE = ("code", "kbd", "tt", "samp", "var")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
#: What is in them is no text of a lesson.
_WHOLE = tuple(
    "script style iframe object video audio embed svg form select textarea button noscript canvas "
    "template math".split()
)
_PARAGRAPHS = ("p", "ul", "ol")
_PLACE = re.compile(r"/[^\s`]{1,200}")


class Text(Protocol):
    """The text in which the HTML stands."""

    @property
    def text(self) -> str: ...
    def where(self, at: int) -> Place: ...
    def put(self, piece: Piece) -> None: ...
    def open_bracket(self, what: str) -> None: ...
    def close_link(self) -> None: ...
    def image(self, alt: str, target: str, at: int) -> str: ...
    def plain(self, text: str, at: int) -> str: ...
    def code(self, code: str, at: int) -> int: ...


class Html:
    """Reads the tags of one text."""

    def __init__(self, reading: Text, report: Report, in_block: bool) -> None:
        self._reading = reading
        self._report = report
        #: In a block of its own a tag may begin a paragraph, a list, a heading.
        self._in_block = in_block
        #: What no text ends, so that it is looked for but once.
        self._never: set[str] = set()

    def tag(self, at: int) -> int:
        """Read what begins with ``<``; returns where it ends."""
        reading = self._reading
        if reading.text.startswith("<!--", at):
            return self._away(at, "-->", "a comment", at + 4)
        found = _TAG.match(reading.text, at)
        if not found:
            reading.put("&lt;" if re.match(r"<[/A-Za-z!?]", reading.text[at : at + 2]) else "<")
            if reading.text[at : at + 2] in ("<!", "<?"):
                self._report.lose(reading.where(at), reading.text[at : at + 40], "HTML as text")
            return at + 1
        closes, name = bool(found[1]), found[2].lower()
        values = {
            each[1].lower(): html.unescape(each[2] or each[3] or each[4] or "")
            for each in _NAME_AND_VALUE.finditer(found[3])
        }
        if closes:
            self._closing(name, found)
            return found.end()
        return self._opening(name, values, found)

    def _opening(self, name: str, values: dict[str, str], found: re.Match[str]) -> int:
        reading, end = self._reading, found.end()
        if name in _WHOLE:
            return self._away(found.start(), f"</{name}>", f"<{name}> and what is in it", end)
        if name in _CODE or name == "summary" or name == "pre":
            return self._with_inner(name, values, found)
        if name == "details":
            self._report.count("hints")
            reading.put(HintOpens(reading.where(found.start()).line))
        elif name == "br":
            reading.put("\n\n" if self._in_block else self._break(end))
        elif name == "a" and "href" in values:
            reading.open_bracket(values["href"])
        elif name == "img":
            reading.put(reading.image(values.get("alt", ""), values.get("src", ""), found.start()))
        elif name in _AROUND:
            reading.put(_AROUND[name])
        elif name == "hr" and self._in_block:
            reading.put("\n\n---\n\n")
        elif name == "li" and self._in_block:
            reading.put("\n- ")
        elif name in _HEADINGS and self._in_block:
            reading.put(f"\n\n{'#' * max(2, int(name[1]))} ")
        elif name in _PARAGRAPHS and self._in_block:
            reading.put("\n\n")
        else:
            self._lose(found)
        return end

    def _closing(self, name: str, found: re.Match[str]) -> None:
        if name == "details":
            self._reading.put(HintEnds())
        elif name == "a":
            self._reading.close_link()
        elif name in _AROUND:
            self._reading.put(_AROUND[name])
        elif self._in_block and name in (*_HEADINGS, *_PARAGRAPHS):
            self._reading.put("\n\n")
        elif name not in ("li", "br", "p", "summary"):
            self._lose(found)

    def _with_inner(self, name: str, values: dict[str, str], found: re.Match[str]) -> int:
        """Tags whose text is taken as a whole."""
        reading = self._reading
        end, after = self._end_of(name, found.end())
        inner = reading.text[found.end() : end]
        if after == len(reading.text) and end == after:
            self._report.change(reading.where(found.start()), found[0], "nothing ends it")
        if name == "summary":
            reading.put(Summary(reading.plain(inner, found.end())))
            return after
        # Tags inside colour the code; the code itself is what stands between them.
        text = html.unescape(_TAG.sub("", inner))
        if name == "pre":
            self._listing(values, text.strip("\n"), found)
            return after
        return reading.code(text, after)

    def _listing(self, values: dict[str, str], text: str, found: re.Match[str]) -> None:
        reading, place = self._reading, self._reading.where(found.start())
        info = ""
        if "file" in values.get("class", "").split():
            target = values.get("data-target", "")
            path = values.get("data-filename", "").replace("~/", "/root/", 1)
            path = path if path.startswith("/") else f"/root/{path}"
            if target == "replace" and _PLACE.fullmatch(path) and path != "/root/":
                info = f"file {path}"
                self._report.count("files")
            elif target != "clipboard":
                self._report.lose(place, found[0], "the editor: it stays a listing")
        reading.put(Listing(info, text, place.line))

    def _away(self, at: int, closing: str, what: str, after: int) -> int:
        """Leave out everything until ``closing``."""
        text = self._reading.text
        end = after
        if closing not in self._never:
            if found := re.compile(re.escape(closing), re.IGNORECASE).search(text, after):
                end = found.end()
            else:
                self._never.add(closing)
        first = self._reading.where(at)
        # Markers in what is left out are said by these lines.
        last = first.line + text.count("\n", at, end)
        self._report.lose(first, text[at:end], f"{what} is left out", last)
        return end

    def _end_of(self, name: str, after: int) -> tuple[int, int]:
        closing = re.compile(rf"</{name}\s*>", re.IGNORECASE)
        found = closing.search(self._reading.text, after)
        return found.span() if found else (len(self._reading.text), len(self._reading.text))

    def _break(self, end: int) -> str:
        rest = self._reading.text[end : end + 1]
        return "" if not rest else "\\" if rest == "\n" else "\\\n"

    def _lose(self, found: re.Match[str]) -> None:
        text = self._reading
        self._report.lose(text.where(found.start()), found[0], "HTML: the tag is left out")
