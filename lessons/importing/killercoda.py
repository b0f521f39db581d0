"""Reads a scenario of Killercoda or Katacoda: ``index.json`` and what it names."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from lessons.importing.assets import Assets
from lessons.importing.commands import Commands
from lessons.importing.draft import Draft, DraftStep, Names, fenced, no_block
from lessons.importing.jsonlines import JsonFile
from lessons.importing.killercoda_page import Killercoda, prepare
from lessons.importing.links import Links
from lessons.importing.page import Page, Tools
from lessons.importing.report import Report
from lessons.importing.setup import SetupScript
from lessons.importing.source import BadSource, Folder, Place

INDEX = "index.json"
_ONE_HOST = re.compile(r"(docker|ubuntu|debian|bash)\b", re.IGNORECASE)
_LEVELS = {"beginner": "beginner", "easy": "beginner", "intermediate": "intermediate"}
_LEVELS |= {"medium": "intermediate", "advanced": "advanced", "hard": "advanced"}
_Path = tuple[str | int, ...]


def is_one(folder: Path) -> bool:
    """Whether a folder holds a scenario."""
    return (folder / INDEX).exists()


def scenarios(folder: Path) -> list[str]:
    """The folders of a course that hold a scenario."""
    return sorted(each.parent.name for each in folder.glob(f"*/{INDEX}"))[:50]


def read(root: Path, report: Report) -> tuple[Draft, Folder]:
    """Make a draft of a scenario; raises ``BadSource``."""
    folder = Folder(root)
    draft = _Scenario(folder, report).read()
    # Its values are taken one by one, and what is not taken is reported.
    folder.texts.pop(INDEX)
    return draft, folder


class _Scenario:
    def __init__(self, folder: Folder, report: Report) -> None:
        self._folder = folder
        self._report = report
        self._index = JsonFile(INDEX, folder.read_text(INDEX, Place(INDEX)), report)
        self._draft = Draft()
        self._names = Names()
        self._commands = Commands(report)
        self._setup = SetupScript(self._draft, self._commands, report)
        self._links = Links(folder, self._draft, Names(), report)
        self._tools = Tools(Killercoda(report), self._links, self._commands, self._names, report)
        self._seen = {INDEX}

    def read(self) -> Draft:
        index = self._index
        self._facts()
        self._backend()
        assets = Assets(index, self._folder, self._setup, self._commands, self._report)
        assets.read()
        if index.table("details", "intro"):
            self._step(("details", "intro"), "Introduction")
        for number in range(index.items("details", "steps")):
            self._step(("details", "steps", number), f"Step {number + 1}")
        if index.table("details", "finish"):
            self._step(("details", "finish"), "Finish")
        if not self._draft.steps:
            raise BadSource(index.place("details"), "the scenario has no steps")
        self._draft.steps[0].lines += assets.shown
        self._draft.minutes = self._draft.minutes or self._guess()
        index.leave(self._report)
        for name in self._folder.files():
            if name not in self._seen | assets.seen | self._links.shown:
                self._report.lose(Place(name), "", "nothing names this file")
        self._draft.images = sorted(self._commands.images)
        return self._draft

    def _facts(self) -> None:
        index, draft = self._index, self._draft
        index.table("details")
        draft.title = index.text("title").strip()
        if not draft.title:
            raise BadSource(index.place("title"), "the scenario has no title")
        draft.summary = index.text("description").strip()
        level = index.text("difficulty").strip()
        if level:
            draft.level = _LEVELS.get(level.lower(), "")
        if not draft.level:
            draft.level = "beginner"
            self._report.change(index.place("difficulty"), level, "no such level: beginner")
        draft.minutes = minutes(index.text("time"))
        if index.text("time") and not draft.minutes:
            self._report.lose(index.place("time"), index.text("time"), "this is no time")

    def _guess(self) -> int:
        guess = min(240, 5 * len(self._draft.steps))
        why = f"the scenario does not say how long it takes: {guess} minutes"
        self._report.change(self._index.place(), "time", why)
        return guess

    def _backend(self) -> None:
        image = self._index.text("backend", "imageid")
        if image and not _ONE_HOST.match(image):
            place = self._index.place("backend", "imageid")
            self._report.lose(place, image, "a backend that is not one Docker host")
        for path in (("interface", "layout"), ("environment", "uilayout")):
            layout = self._index.get(*path)
            # A terminal beside the text is what there is here.
            if layout in ("terminal", "terminal-terminal"):
                self._index.text(*path)
            if layout == "terminal-terminal":
                place = self._index.place(*path)
                self._report.change(place, str(layout), "a student opens further terminals")

    def _step(self, path: _Path, otherwise: str) -> None:
        index = self._index
        title = " ".join(index.text(*path, "title").split())
        lines: list[str] = []
        if name := self._file(path, "text"):
            lines, heading = self._page(name, path, title)
            title = title or heading
        title = title or otherwise
        first = self._scripts(path, title)
        lines = [*first, *([""] if first and lines else []), *lines]
        check = self._check(path, title)
        lines += check[1]
        for key in ("answer", "solution", "hint"):
            if answer := self._file(path, key):
                page, _ = self._page(answer, (*path, key), "")
                opening = "::: hint"
                if check[0] and key != "hint":
                    opening = f"::: solution {check[0]}"
                marks = "::::" if any(line.startswith(":::") for line in page) else ":::"
                lines += ["", opening.replace(":::", marks), *page, marks]
                self._report.count("hints")
        self._report.count("steps")
        self._draft.steps.append(DraftStep(title, lines))

    def _file(self, path: _Path, key: str) -> str:
        """Take the name of a file that a step names, ``""`` if it names none."""
        written = self._index.text(*path, key)
        if not written:
            return ""
        name = self._folder.name(written, self._index.place(*path, key))
        self._seen.add(name)
        return name

    def _page(self, name: str, path: _Path, title: str) -> tuple[list[str], str]:
        """A page's Markdown and the heading that it began with, if that is the step's title."""
        named_at = self._index.place(*path, "text")
        text = self._folder.read_text(name, named_at)
        self._links.base = posixpath.dirname(name)
        page = Page(prepare(text, name, self._report), name, self._tools)
        lines = page.lines
        first = page.headings[0] if page.headings else None
        begins = first is not None and first.line == 0 and first.level == 1
        if first and begins and first.title.casefold() == (title or first.title).casefold():
            return lines[2:], first.title
        return lines, ""

    def _scripts(self, path: _Path, title: str) -> list[str]:
        """The scripts of a step. Those of the first page are the set-up; blocks run the others."""
        blocks: list[str] = []
        begins = not self._draft.steps
        # What the foreground waits for, the background does.
        for key in ("background", "courseData", "foreground", "code"):
            name = self._file(path, key)
            if not name:
                continue
            place = self._index.place(*path, key)
            script = self._folder.read_text(name, place)
            unseen = key in ("background", "courseData")
            short = name.replace("/", "-")
            where = Place(name, 1)
            if begins:
                if self._setup.run(script, short, where):
                    self._report.count("scripts")
                    if not unseen:
                        why = "it runs before the lesson opens, and not in the student's terminal"
                        self._report.change(place, name, why)
                continue
            if command := self._setup.keep(script, short, where):
                self._report.count("scripts")
                why = "there is no script that begins with a step: the student runs it there"
                self._report.change(place, name, why)
                quiet = f"{command} >/dev/null 2>&1 &" if unseen else command
                blocks += [*([""] if blocks else []), *fenced("run", quiet)]
        return blocks

    def _check(self, path: _Path, title: str) -> tuple[str, list[str]]:
        """The check of a step: its name and its block."""
        name = self._file(path, "verify")
        if not name:
            return "", []
        script = self._folder.read_text(name, self._index.place(*path, "verify"))
        check = self._names.new(title, "check")
        text = self._setup.check(script, check, Place(name, 1))
        if not text:
            self._names.forget(check)
            return "", []
        self._report.count("checks")
        self._draft.checks[check] = text
        return check, ["", f"::: check {check}", no_block(title), ":::"]


def minutes(text: str) -> int:
    """Return how many minutes a text says, 0 if it says none; of a range the longer."""
    numbers = [int(number) for number in re.findall(r"\d{1,4}", text)]
    if not numbers:
        return 0
    factor = 60 if re.search(r"\d\s*-?(h\b|hour|hr)", text, re.IGNORECASE) else 1
    return max(1, min(240, max(numbers) * factor))
