"""Reads the text of a paragraph: code with its marks, links, pictures, HTML, loose markers.

Markdown that a lesson knows as well passes as it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from markdown_it.common.utils import normalizeReference
from markdown_it.helpers import parseLinkDestination, parseLinkTitle

from lessons.importing.dialect import Dialect
from lessons.importing.html import Html
from lessons.importing.links import Links
from lessons.importing.pieces import Action, Piece
from lessons.importing.report import Report
from lessons.importing.source import Place

_STOPS = re.compile(r"[`\\!\[\]<{]|>>")
_TICKS = re.compile(r"`+")
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>")
_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\.){0,200})\]")


class Inline:
    """Reads paragraphs of one page; ``references`` are the page's link definitions."""

    def __init__(
        self, dialect: Dialect, links: Links, report: Report, references: Mapping[str, Any]
    ) -> None:
        self._dialect = dialect
        self._links = links
        self._report = report
        self._references = references
        #: Definitions that a link has used.
        self.used: set[str] = set()

    def read(self, text: str, place: Place, in_html: bool = False) -> list[Piece]:
        """Return what a text is made of, in its order. ``in_html``: indentation means nothing."""
        return _Reading(self, text, place, in_html).pieces()

    def plain(self, text: str, place: Place) -> str:
        """Return a text without marks, in one line, as titles are."""
        pieces = [piece for piece in self.read(text, place) if isinstance(piece, str)]
        return " ".join(re.sub(r"[`*]|^#+|\s#+$", "", "".join(pieces)).split())


class _Reading:
    """One text being read from left to right."""

    def __init__(self, owner: Inline, text: str, place: Place, in_html: bool) -> None:
        self._owner = owner
        self._dialect = owner._dialect
        self._text = text
        self._place = place
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._out: list[Piece] = []
        #: Where a bracket opened: its place in what is put out, and what it opens.
        self._open: list[tuple[int, str]] = []
        #: Runs of backticks that nothing ends, so that each length is looked for but once.
        self._never: set[int] = set()
        self._html = Html(self, owner._report, in_html)

    # What Html asks for.

    @property
    def text(self) -> str:
        """All of the text."""
        return self._text

    def where(self, at: int) -> Place:
        """The line of an offset."""
        return self._place.at(self._place.line + bisect_left(self._ends, at))

    def put(self, piece: Piece) -> None:
        """Put something out."""
        if piece != "":
            self._out.append(piece)

    def open_bracket(self, what: str) -> None:
        """A link begins; ``what`` is its target, or the bracket it began with."""
        self._open.append((len(self._out), what))

    def close_link(self) -> None:
        """``</a>``: the link that the last ``<a>`` began ends."""
        while self._open:
            start, target = self._open.pop()
            if target not in ("[", "!["):
                inner = self._since(start)
                self.put(self._owner._links.link(inner, target, self._place))
                return

    def image(self, alt: str, target: str, at: int) -> str:
        """``<img>``."""
        return self._owner._links.image(alt, target, self.where(at))

    def plain(self, text: str, at: int) -> str:
        """A piece of it as a title."""
        return self._owner.plain(text, self.where(at))

    def code(self, code: str, at: int) -> int:
        """Put out code that ends at ``at``; returns where its mark ends."""
        text = code.strip("\n")
        longest = max((len(run) for run in _TICKS.findall(text)), default=0)
        ticks = "`" * (longest + 1)
        space = " " if text.startswith("`") or text.endswith("`") else ""
        self.put(f"{ticks}{space}{' '.join(text.split()) or ' '}{space}{ticks}")
        if after := self._dialect.after_code(self._text, at, self.where(at)):
            self.put(Action(code, after[1]))
            return after[0]
        return at

    def pieces(self) -> list[Piece]:
        """Read it all."""
        at = 0
        while stop := _STOPS.search(self._text, at):
            self.put(self._text[at : stop.start()])
            at = self._one(stop[0], stop.start())
        self.put(self._text[at:])
        while self._open and self._open[-1][1] not in ("[", "!["):
            self.close_link()
        return _joined(self._out)

    def _one(self, found: str, at: int) -> int:
        if found == "\\":
            self.put(self._text[at : at + 2])
            return at + 2
        if found == "`":
            return self._ticks(at)
        if found in ("[", "!"):
            image = self._text.startswith("![", at)
            if found == "!" and not image:
                self.put("!")
                return at + 1
            if loose := self._dialect.loose(self._text, at, self.where(at)):
                self.put(loose[1])
                return loose[0]
            self.open_bracket("![" if image else "[")
            self.put("![" if image else "[")
            return at + (2 if image else 1)
        if found == "]":
            return self._bracket_closes(at)
        if found == "<":
            if auto := _AUTOLINK.match(self._text, at):
                self.put(self._owner._links.link(f"<{auto[1]}>", auto[1], self.where(at)))
                return auto.end()
            return self._html.tag(at)
        if loose := self._dialect.loose(self._text, at, self.where(at)):
            self.put(loose[1])
            return loose[0]
        self.put(found)
        return at + len(found)

    def _ticks(self, at: int) -> int:
        run = _TICKS.match(self._text, at)
        assert run
        length = len(run[0])
        if length not in self._never:
            for closing in _TICKS.finditer(self._text, run.end()):
                if len(closing[0]) == length:
                    code = self._text[run.end() : closing.start()]
                    if code.strip() and code[0] in " \n" and code[-1] in " \n":
                        code = code[1:-1]
                    return self.code(code, closing.end())
            self._never.add(length)
        self.put(run[0])
        return run.end()

    def _bracket_closes(self, at: int) -> int:
        if not self._open or self._open[-1][1] not in ("[", "!["):
            self.put("]")
            return at + 1
        start, bracket = self._open.pop()
        target, title, end = self._target(start, at)
        if target is None:
            self.put("]")
            return at + 1
        inner = self._since(start)
        place = self.where(at)
        text = inner.removeprefix(bracket)
        links = self._owner._links
        self.put((links.image if bracket == "![" else links.link)(text, target, place, title))
        # Kramdown writes a link's attributes behind it.
        if after := self._dialect.loose(self._text, end, place):
            self.put(after[1])
            return after[0]
        return end

    def _target(self, start: int, at: int) -> tuple[str | None, str, int]:
        """The target behind a closing bracket, its title, and where both end."""
        text, after = self._text, at + 1
        words = ""
        if text.startswith("(", after):
            spaces = re.compile(r"[ \t]*\n?[ \t]*")
            begin = spaces.match(text, after + 1)
            assert begin
            found = parseLinkDestination(text, begin.end(), len(text))
            end = found.pos if found.ok else begin.end()
            between = spaces.match(text, end)
            assert between
            if between.end() > end and text[between.end() : between.end() + 1] in ('"', "'", "("):
                title = parseLinkTitle(text, between.end(), len(text))
                if title.ok:
                    words, end = title.str, title.pos
            closing = spaces.match(text, end)
            assert closing
            if text.startswith(")", closing.end()) and (found.ok or end == begin.end()):
                return (found.str if found.ok else ""), words, closing.end() + 1
        label = _LABEL.match(text, after)
        inner = "".join(p for p in self._out[start:] if isinstance(p, str)).lstrip("!")[1:]
        name, end = (label[1] or inner, label.end()) if label else (inner, after)
        key = normalizeReference(name) if len(name) <= 200 else ""
        if key in self._owner._references:
            self._owner.used.add(key)
            reference = self._owner._references[key]
            return str(reference["href"]), str(reference["title"] or ""), end
        return None, "", after

    def _since(self, start: int) -> str:
        """Take back what was put out since ``start``: its text; marks in it stay."""
        taken = self._out[start:]
        self._out[start:] = [piece for piece in taken if not isinstance(piece, str)]
        return "".join(piece for piece in taken if isinstance(piece, str))


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbouring texts as one."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return found
