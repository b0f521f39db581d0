"""The Markdown of Play with Docker's labs: Kramdown's attributes and Liquid's tags."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lessons.importing.dialect import Dialect, Line, Mark, Prepared
from lessons.importing.prepare import Fences, loosened
from lessons.importing.report import Report
from lessons.importing.source import Place

_TERMINAL = re.compile(r"\{?:?\s*\.?term(\d+)\s*\}?")
_ATTRIBUTES = re.compile(r"\{:((?:[^{}\n\"']|\"[^\"\n]*\"|'[^'\n]*')*)\}")
_ALONE = re.compile(r"[\s>]*\{:((?:[^{}\"']|\"[^\"]*\"|'[^']*')*)\}\s*$")
_HEADING_ID = re.compile(r"\{#[\w-]+\}")
_PORT = re.compile(r"data-port\s*=\s*[\"']?(\d+)")

_LIQUID = re.compile(r"\{%-?\s*(.*?)\s*-?%\}|\{\{-?\s*((?:\"[^\"]*\"|'[^']*'|[^{}\"'])*?)\s*-?\}\}")
_TEXT = re.compile(r"(?:\"([^\"]*)\"|'([^']*)')\s*(?:\|\s*(?:relative_url|absolute_url)\s*)?\Z")
_NOTHING = "nothing here corresponds to it"


class Labs(Dialect):
    """Attributes behind code, links and headings."""

    def after_code(self, text: str, at: int, place: Place) -> tuple[int, Mark] | None:
        found = _ATTRIBUTES.match(text, at)
        mark = found and _mark(found[1], place)
        return (found.end(), mark) if found and mark and mark.words[0] == "exec" else None

    def loose(self, text: str, at: int, place: Place) -> tuple[int, str] | None:
        if found := _HEADING_ID.match(text, at):
            self.report.lose(place, found[0], "a heading has no name that a link could lead to")
            return found.end(), ""
        if not (found := _ATTRIBUTES.match(text, at)):
            return None
        if port := _PORT.search(found[1]):
            why = "the page cannot link to a port of the host; its address on the host stands there"
            self.report.lose(place, found[0], why)
            return found.end(), f" (`http://localhost:{port[1]}`)"
        self.report.lose(place, found[0], _NOTHING)
        return found.end(), ""


def prepare(lines: list[Line], file: str, report: Report, values: Mapping[str, str]) -> Prepared:
    """Make a page CommonMark; ``values`` are the texts of its front matter."""
    prepared = Prepared([], {}, {}, {})
    fences = Fences()
    for line in loosened(_liquid(lines, file, report, values)):
        place = Place(file, line.number)
        text = line.text
        inside = fences.inside(text)
        if fences.opened and (terminal := _TERMINAL.search(fences.info)):
            prepared.fences[len(prepared.lines)] = _in_terminal(terminal[1], place)
            text = text.replace(terminal[0], "")
        elif not inside and (alone := _ALONE.match(text)):
            mark = _mark(alone[1], place)
            prepared.beside[len(prepared.lines)] = mark
            text = ""
        prepared.lines.append(Line(text, line.number))
    if fences.open:
        report.change(Place(file, prepared.lines[-1].number), "code block", "nothing closes it")
    return prepared


def _mark(attributes: str, place: Place) -> Mark:
    """What a list of attributes says, in the words that the converter knows."""
    words = attributes.split()
    for word in words:
        if terminal := re.fullmatch(r"\.term(\d+)", word):
            return _in_terminal(terminal[1], place)
    return Mark(tuple(words) or ("{:}",), place)


def _in_terminal(number: str, place: Place) -> Mark:
    return Mark(("exec", f"T{number}"), place)


def _liquid(lines: list[Line], file: str, report: Report, values: Mapping[str, str]) -> list[Line]:
    """Do what Liquid does before Markdown is read, in code as well."""
    found: list[Line] = []
    raw = comment = ""
    highlight = False
    for line in lines:
        place = Place(file, line.number)
        out: list[str] = []
        at = 0
        for tag in _LIQUID.finditer(line.text):
            before = line.text[at : tag.start()]
            at = tag.end()
            name = (tag[1] or "").split()[:1]
            if comment:
                comment = "" if name == ["endcomment"] else comment
                report.lose(place, line.text, "a comment is left out")
                continue
            out.append(before)
            if raw:
                raw = "" if name == ["endraw"] else raw
                out.append("" if name == ["endraw"] else tag[0])
            elif name == ["raw"]:
                raw = "raw"
            elif name == ["comment"]:
                comment = "comment"
                report.lose(place, line.text, "a comment is left out")
            elif name == ["highlight"]:
                highlight = True
                language = (tag[1] or "").split()[1:2]
                out.append(f"```{''.join(language)}")
            elif name == ["endhighlight"] and highlight:
                highlight = False
                out.append("```")
            else:
                out.append(_value(tag, values, place, report))
        if comment:
            report.lose(place, line.text, "a comment is left out")
        else:
            out.append(line.text[at:])
        found.append(Line("".join(out), line.number))
    if raw or comment or highlight:
        last = Place(file, lines[-1].number if lines else 0)
        report.change(last, raw or comment or "highlight", "nothing closes this tag")
    return found


def _value(tag: re.Match[str], values: Mapping[str, str], place: Place, report: Report) -> str:
    """What an output of Liquid puts out; one that is not known stays as it is."""
    inner = tag[2] or ""
    if text := _TEXT.match(inner):
        return text[1] if text[1] is not None else text[2]
    if inner in ("site.baseurl", "site.url"):
        return ""
    if inner.startswith("page.") and inner[5:] in values:
        return values[inner[5:]]
    report.lose(place, tag[0], f"an unknown tag of Liquid: {_NOTHING}")
    return tag[0]
