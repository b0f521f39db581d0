"""Reads a lab of Play with Docker: one page of a Jekyll site."""

from __future__ import annotations

import re
from pathlib import Path

from lessons.importing import frontmatter
from lessons.importing.commands import Commands
from lessons.importing.draft import Draft, DraftStep, Names, slug
from lessons.importing.frontmatter import FrontMatter
from lessons.importing.killercoda import minutes
from lessons.importing.labs_page import Labs, prepare
from lessons.importing.links import Links
from lessons.importing.page import Heading, Page, Tools
from lessons.importing.report import Report
from lessons.importing.source import BadSource, Folder, Place

SUFFIXES = (".md", ".markdown")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}-")
_TIME = re.compile(
    r"\*{0,2}Time\b[^\n]*?(\d+\s*(?:to|-|–)?\s*\d*\s*(?:min|hour)\w*)", re.IGNORECASE
)
_LEVEL = re.compile(r"\*{0,2}Difficulty\*{0,2}\s*:\*{0,2}\s*(\w+)", re.IGNORECASE)
_LEVELS = ("beginner", "intermediate", "advanced")


def pages(folder: Path) -> list[Path]:
    """The pages of a folder that may be labs."""
    return sorted(each for each in folder.iterdir() if each.suffix in SUFFIXES)


def name_of(page: Path) -> str:
    """The name of a lab: its file's, without the date."""
    return slug(_DATE.sub("", page.stem))


def read(page: Path, report: Report) -> tuple[Draft, Folder]:
    """Make a draft of a lab; raises ``BadSource``."""
    root = page.parent
    # The addresses of pictures begin at the site's top.
    for above in list(page.parents)[:4]:
        if (above / "_config.yml").is_file():
            root = above
            break
        if above.name == "_posts":
            root = above.parent
    folder = Folder(root)
    return _Lab(folder, page.relative_to(root).as_posix(), report).read(), folder


class _Lab:
    def __init__(self, folder: Folder, name: str, report: Report) -> None:
        self._name = name
        self._folder = folder
        self._report = report
        self._text = folder.read_text(name, Place(name))
        self._draft = Draft()
        self._commands = Commands(report)
        links = Links(folder, self._draft, Names(), report)
        links.base = name.rpartition("/")[0]
        self._tools = Tools(Labs(report), links, self._commands, Names(), report)

    def read(self) -> Draft:
        head = frontmatter.read(self._text, self._name)
        self._facts(head)
        values = {key: str(value) for key, value in head.values.items() if value is not None}
        # The values above it are taken one by one, and what is not taken is reported.
        self._folder.texts[self._name] = "\n".join(
            ["" for _ in range(head.body[0].number - 1 if head.body else 0)]
            + [line.text for line in head.body]
        )
        prepared = prepare(head.body, self._name, self._report, values)
        page = Page(prepared, self._name, self._tools)
        self._steps(page)
        self._draft.images = sorted(self._commands.images)
        return self._draft

    def _facts(self, head: FrontMatter) -> None:
        values, draft = dict(head.values), self._draft

        def place(key: str) -> Place:
            return head.places.get(key, Place(self._name, 1))

        title = values.pop("title", None)
        draft.title = " ".join(str(title or "").split())
        summary = values.pop("description", None) or values.pop("excerpt", None)
        draft.summary = " ".join(str(summary or "").split())
        tags = values.pop("tags", None) or []
        words = re.split(r"[,\s]+", tags) if isinstance(tags, str) else tags
        if not isinstance(words, list):
            raise BadSource(place("tags"), "tags must be a list or a text")
        for word in words:
            if not (tag := slug(str(word))):
                self._report.lose(place("tags"), str(word), "no Latin letter for a tag is in it")
            elif tag not in draft.tags:
                draft.tags.append(tag)
        terms = values.pop("terms", None)
        if terms not in (None, 0, 1):
            why = "there is one terminal; a student opens further ones"
            self._report.change(place("terms"), f"terms: {terms}", why)
        if level := str(values.get("categories", "")).strip("[] ").lower():
            if level in _LEVELS:
                draft.level = level
                del values["categories"]
        elif found := _LEVEL.search(self._text):
            draft.level = found[1].lower() if found[1].lower() in _LEVELS else draft.level
        found = _TIME.search(self._text)
        draft.minutes = minutes(found[1]) if found else 0
        for key, value in values.items():
            if value not in (None, "", []):
                self._report.lose(place(key), f"{key}: {value}", "nothing here corresponds to it")

    def _steps(self, page: Page) -> None:
        """A step for each heading of the first level that there is more than one of."""
        lines, draft = page.lines, self._draft
        if not draft.title:
            if not page.headings:
                raise BadSource(Place(self._name, 1), "the lab has no title")
            draft.title = page.headings[0].title
        begins = _chapters(page.headings)
        ends = [*(heading.line for heading in begins), len(lines)]
        if any(line.strip() for line in lines[: ends[0]]):
            self._step(draft.title, lines[: ends[0]], page)
        for heading, end in zip(begins, ends[1:], strict=True):
            self._step(heading.title, lines[heading.line + 1 : end], page)
        if not draft.steps:
            raise BadSource(Place(self._name, 1), "the lab has no text")
        if not draft.minutes:
            draft.minutes = min(240, 5 * len(draft.steps))
            why = f"the lab does not say how long it takes: {draft.minutes} minutes"
            self._report.change(Place(self._name, 1), "time", why)

    def _step(self, title: str, lines: list[str], page: Page) -> None:
        while lines and not lines[0].strip():
            lines = lines[1:]
        first = page.headings[0] if page.headings else None
        # A page often says its title again in a heading of its own.
        begins = not self._draft.steps and first is not None and first.line == 0
        if first and begins and lines[:1] == page.lines[:1]:
            same = first.title.casefold() == title.casefold()
            lines = lines[2:] if same else lines
        self._report.count("steps")
        self._draft.steps.append(DraftStep(title or f"Step {len(self._draft.steps) + 1}", lines))


def _chapters(headings: list[Heading]) -> list[Heading]:
    for level in (1, 2, 3):
        found = [heading for heading in headings if heading.level == level]
        if len(found) > 1:
            return found
    return []
