"""Imports a source: finds out what it is, makes a lesson of it, says what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lessons.importing import killercoda, labs, ledger, writer
from lessons.importing.draft import slug
from lessons.importing.report import Report
from lessons.importing.source import BadSource, Place
from lessons.library import Problem
from lessons.problems import problems


@dataclass(frozen=True)
class Imported:
    """A lesson that was made, what became of its source, and what `lessons check` says of it."""

    folder: Path
    report: Report
    problems: list[Problem]


def import_lesson(
    source: Path, into: Path, name: str = "", track: str = "", language: str = "en"
) -> Imported:
    """Make a lesson of a source; raises ``BadSource``."""
    report = Report()
    source = source.resolve()
    if source.is_dir() and killercoda.is_one(source):
        draft, read = killercoda.read(source, report)
        otherwise = slug(source.name)
    else:
        page = _page(source)
        draft, read = labs.read(page, report)
        otherwise = labs.name_of(page)
    if not draft.summary:
        report.change(Place("."), "summary", "there is none: the title stands for it")
    into = into.resolve()
    name = name or otherwise or slug(draft.title)
    folder = writer.write(draft, into, name, track, language)
    writer.to_translate(draft, folder, language, report)
    ledger.close(read.texts, folder, language, report)
    return Imported(folder, report, problems(into, (folder.name,)))


def _page(source: Path) -> Path:
    """The page of a lab: the source itself, or the only page in it."""
    here = Place(source.name)
    if source.is_file():
        if source.suffix not in labs.SUFFIXES:
            raise BadSource(here, "a lab is a Markdown page, a scenario a folder with index.json")
        return source
    if not source.is_dir():
        raise BadSource(here, "there is no such file or folder")
    found = labs.pages(source)
    if len(found) == 1:
        return found[0]
    if inner := killercoda.scenarios(source):
        raise BadSource(here, f"a course: import each of its scenarios: {', '.join(inner)}")
    names = ", ".join(page.name for page in found[:20])
    why = f"name one of its pages: {names}" if found else "neither index.json nor a page is in it"
    raise BadSource(here, why)
