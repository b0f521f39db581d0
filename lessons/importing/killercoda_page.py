"""The Markdown of Killercoda and Katacoda: ``{{exec}}`` behind code, quizzes, hosts' addresses."""

from __future__ import annotations

import re

from lessons.importing.dialect import Dialect, Line, Mark, Prepared
from lessons.importing.prepare import Fences, loosened, numbered
from lessons.importing.quiz import Answer, Quiz
from lessons.importing.report import Report
from lessons.importing.source import Place

_MARKS = r"\s*((?:\{\{[^{}]*\}\}\s*)+)"
_MARK = re.compile(r"\{\{([^{}\n]*)\}\}")
_ALONE = re.compile(_MARKS + r"$")
#: The words that a mark behind code may begin with, and what they mean.
_WORDS = {"exec": "exec", "execute": "exec", "copy": "copy", "open": "open"}
_HOSTS = re.compile(
    r"\{\{TRAFFIC_HOST(?P<host>\d+)_(?P<port>\d+)\}\}"
    r"|https?://\[\[HOST(?P<khost>\d*)_SUBDOMAIN\]\]-(?P<kport>\d+)-\[\[KATACODA_HOST\]\]"
    r"(?:\.environments\.katacoda\.com)?"
)
_QUESTION = re.compile(r"\s*>>\s*(?:Q\d*\s*:)?\s*(.*?)\s*<<\s*$")
_ANSWER = re.compile(r"\s*([\[(])([ *xX])[\])]\s+(.*\S)\s*$")
_TYPED = re.compile(r"\s*===\s*(.*\S)\s*$")
_OTHER_TYPED = re.compile(r"\s*=[~^$*]=\s*(.*\S)\s*$")


class Killercoda(Dialect):
    """Marks behind code and in sentences."""

    def after_code(self, text: str, at: int, place: Place) -> tuple[int, Mark] | None:
        found = _MARK.match(text, at)
        if not found:
            return None
        words = _words(found[1])
        if words and words[0] not in ("exec", "copy", "open"):
            return None  # a marker of another kind, which `loose` reports
        return found.end(), Mark(words, place)

    def loose(self, text: str, at: int, place: Place) -> tuple[int, str] | None:
        if text.startswith("[[", at):
            end = text.find("]]", at)
            known = end > 0 and re.fullmatch(r"\w+", text[at + 2 : end])
            if known and not text.startswith("(", end + 2):
                self.report.lose(place, text[at : end + 2], "nothing here corresponds to it")
                return end + 2, text[at : end + 2].replace("[", "\\[")
        elif found := _MARK.match(text, at):
            self.report.lose(place, found[0], "nothing here corresponds to it")
            return found.end(), found[0]
        return None


def prepare(text: str, file: str, report: Report) -> Prepared:
    """Make a page CommonMark."""
    prepared = Prepared([], {}, {}, {})
    fences = Fences(_MARKS)
    opened = -1
    lines = loosened(_closed(numbered(text)), _MARKS)
    at = 0
    while at < len(lines):
        line = Line(_addresses(lines[at], file, report), lines[at].number)
        place = Place(file, line.number)
        at += 1
        marks = _ALONE.search(line.text)
        if marks and fences.open and fences.closes(line.text):
            line = Line(line.text[: marks.start()], line.number)
            _add(prepared, opened, marks[1], place, report)
        elif marks and not fences.open and _is_below(prepared, line.text, opened):
            # The marker stands below the block instead of behind it.
            _add(prepared, opened, marks[1], place, report)
            line = Line("", line.number)
        was_inside = fences.inside(line.text)
        if fences.opened:
            opened = len(prepared.lines)
        if not was_inside and (question := _QUESTION.match(line.text)):
            quiz, at = _quiz(question[1], lines, at, place, report)
            prepared.lines.append(Line("", line.number))
            prepared.quizzes[len(prepared.lines)] = quiz
            prepared.lines += [Line("***", line.number), Line("", quiz.last)]
            continue
        prepared.lines.append(line)
    if fences.open:
        report.change(Place(file, prepared.lines[opened].number), "code block", "nothing closes it")
    return prepared


def _closed(lines: list[Line]) -> list[Line]:
    """Text behind a closing fence's marker in a line of its own."""
    found: list[Line] = []
    fences = Fences(_MARKS)
    behind = re.compile(r"([\s>]*(?:`{3,}|~{3,})" + _MARKS + r")(\S.*)$")
    for line in lines:
        split = behind.match(line.text) if fences.open else None
        if split and fences.closes(split[1]):
            fences.inside(split[1])
            found += [Line(split[1], line.number), Line(split[3], line.number)]
        else:
            fences.inside(line.text)
            found.append(line)
    return found


def _is_below(prepared: Prepared, text: str, opened: int) -> bool:
    """Whether a line is a marker by itself, below a code block that has none."""
    last = prepared.lines[-1].text.strip() if prepared.lines else ""
    if not last or not set(last) <= {"`", "~"} or opened in prepared.fences:
        return False
    found = _MARK.match(text.strip())
    return found is not None and _words(found[1])[:1] in (("exec",), ("copy",), ("open",))


def _add(prepared: Prepared, fence: int, marks: str, place: Place, report: Report) -> None:
    first, *others = _MARK.findall(marks)
    prepared.fences[fence] = Mark(_words(first), place)
    for other in others:
        report.lose(place, f"{{{{{other}}}}}", "a second marker behind the same code")


def _words(inner: str) -> tuple[str, ...]:
    """A mark's words; those of ``{{}}``, which means that nothing can be done, are none."""
    words = inner.split()
    if not words:
        return ()
    return (_WORDS.get(words[0].lower(), words[0]), *words[1:])


def _addresses(line: Line, file: str, report: Report) -> str:
    """Replace the addresses at which the site shows a host's ports by the host's own."""

    def replace(found: re.Match[str]) -> str:
        host = found["host"] or found["khost"] or "1"
        port = found["port"] or found["kport"]
        why = "the page cannot link to a port of the host; its address on the host stands there"
        if host.lstrip("0") not in ("", "1"):
            why = "there is but one host"
        report.lose(Place(file, line.number), found[0], why)
        return f"http://localhost:{port}"

    return _HOSTS.sub(replace, line.text)


def _quiz(
    question: str, lines: list[Line], at: int, place: Place, report: Report
) -> tuple[Quiz, int]:
    quiz = Quiz(question, "one", place, place.line)
    while at < len(lines):
        text = lines[at].text
        where = place.at(lines[at].number)
        if found := _ANSWER.match(text):
            quiz.answers.append(Answer(found[3], found[2] != " ", where))
            if found[1] == "[":
                quiz.kind = "several"
        elif found := _TYPED.match(text):
            quiz.kind = "text"
            quiz.answers.append(Answer(found[1], True, where))
        elif found := _OTHER_TYPED.match(text):
            quiz.kind = "text"
            quiz.answers.append(Answer(found[1], True, where))
            report.change(where, text, "an answer by a pattern: only this very text is taken")
        elif text.strip() or not _goes_on(lines, at):
            break
        quiz.last = where.line
        at += 1
    return quiz, at


def _goes_on(lines: list[Line], at: int) -> bool:
    """Whether answers follow behind blank lines."""
    while at < len(lines) and not lines[at].text.strip():
        at += 1
    text = lines[at].text if at < len(lines) else ""
    return any(each.match(text) for each in (_ANSWER, _TYPED, _OTHER_TYPED))
