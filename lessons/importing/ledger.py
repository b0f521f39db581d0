"""The last look: every line of a source is in the lesson or in the report."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import tomli

from lessons.importing.report import Report
from lessons.importing.source import Place

_WORD = re.compile(r"[^\W_]{2,}")
#: What says how a text is to be shown and is no text itself.
_MARKUP = re.compile(
    r"^[\s>]*(?:(?:[-*+]|\d+[.)])\s+)*(?:`{3,}[^`]*|~{3,}.*)$"
    r"|\{\{\s*(?:exec|execute|copy|open)?\s*\}\}|\{\{\s*(?:exec|execute|copy)\s+interrupt\s*\}\}"
    r"|\{:\s*\.(?:term1|quiz)\s*\}|\{%-?\s*(?:highlight|endhighlight|raw|endraw)\b[^%]*%\}"
    r"|\{\{\s*site\.(?:baseurl|url)\s*\}\}|>>\s*Q\d+\s*:"
    r"|</?(?:details|summary|p|br|b|strong|i|em|code|kbd|ul|ol|li|h[1-6]|hr|a)\b[^<>\"']*>"
    # What a link leads to and where a picture is, `links` sees to.
    r"|</?(?:pre|img)\b[^<>]*>|<a\s+href=\"[^\"<>]*\"\s*>|\]\((?:\{\{[^{}]*\}\}|[^()\s\"{}])*|^\s{0,3}\[[^\]]+\]:\s*\S+",
    re.IGNORECASE,
)


def close(texts: Mapping[str, str], folder: Path, language: str, report: Report) -> None:
    """Report each line of the source's texts that has words which are nowhere in the lesson."""
    for place, line in missing(texts, words_of(folder, language), report):
        report.lose(place, line, "not all of this line is in the lesson")


def missing(
    texts: Mapping[str, str], known: set[str], report: Report
) -> Iterator[tuple[Place, str]]:
    """The lines with words that are neither known nor spoken of by the report."""
    for file, text in texts.items():
        for number, line in enumerate(text.split("\n"), 1):
            place = Place(file, number)
            words = _words(html.unescape(_MARKUP.sub(" ", line)))
            if not words <= known and not report.covers(place):
                yield place, line


def words_of(folder: Path, language: str) -> set[str]:
    """All words of a lesson in a language."""
    data = tomli.loads((folder / "lesson.toml").read_text(encoding="utf-8"))
    found = _words(" ".join(_texts(data)))
    for page in folder.glob(f"*.{language}.md"):
        found |= _words(page.read_text(encoding="utf-8"))
    return found


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield str(value)


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}
