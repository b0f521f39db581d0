"""Whether commands of a source can do here what they did there."""

from __future__ import annotations

import re

from lessons.importing.report import Report
from lessons.importing.source import Place
from lessons.problems import catalogue, made_by, of_commands
from playground.checks.spec import REFERENCE
from playground.dockerline.parse import parse
from playground.dockerline.reference import full_name

#: Commands that only the internet can answer; a sandbox has none unless its operator says so.
_INTERNET = re.compile(
    r"\b(apt(-get)?\s+(-\S+\s+)*(install|update|upgrade)|yum\s|dnf\s|apk\s+(--\S+\s+)*add"
    r"|pip3?\s+install|npm\s+(i|install|ci)\b|git\s+clone"
    r"|docker\s+(image\s+)?(pull|push)|docker\s+(login|search))"
    r"|\b(curl|wget)\b[^\n;|&]*?https?://(?!localhost|127\.|\[::1\]|\$)"
)
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE | re.MULTILINE)
_PLACEHOLDER = re.compile(r"<[A-Za-z][A-Za-z0-9 _-]*>|\b(CONTAINER|IMAGE)_ID\b")
_SHELLS = ("bash", "sh", "shell", "console", "zsh", "plain", "")
_NO_INTERNET = "a sandbox has no internet of its own"


class Commands:
    """Judges a lesson's commands in the order of its pages."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._made: set[str] = set()
        #: Images of the catalogue that the lesson uses, as ``lesson.toml`` lists them.
        self.images: set[str] = set()

    def run(self, text: str, place: Place) -> str:
        """Return the words for a fence around commands: ``run``, or ``run skip`` with a report."""
        skip = False
        said = list(of_commands(text, self._made | catalogue()))
        for why in said:
            skip = True
            self._report.lose(place, text, why.replace("`images`", "the catalogue"))
        if needs := _INTERNET.search(text):
            skip = True
            self._internet(text, needs.start(), place)
        if placeholder := _PLACEHOLDER.search(text):
            skip = True
            where = _within(text, placeholder.start(), place)
            self._report.change(where, placeholder[0], "is for the student to fill in: `run skip`")
        self._made |= made_by(text)
        self._note_images(text)
        self._report.count("commands")
        return "run skip" if skip else "run"

    def script(self, text: str, place: Place) -> None:
        """Look through a script that nobody types."""
        for needs in _INTERNET.finditer(text):
            self._internet(text, needs.start(), place)
        for number, line in enumerate(text.splitlines()):
            if line.lstrip().startswith("#"):
                continue
            for why in of_commands(line, self._made | catalogue()):
                if why.startswith("the image"):
                    self._report.lose(place.at(place.line + number), line, why)
        self._made |= made_by(text)
        self._note_images(text)

    def listing(self, text: str, place: Place) -> None:
        """Look for the images that a Dockerfile begins with."""
        stages: set[str] = set()
        for found in _FROM.finditer(text):
            image, stage = found[1], found[2] or ""
            stages.add(stage.lower())
            if image.lower() in stages or image == "scratch" or not REFERENCE.match(image):
                continue
            if full_name(image) in catalogue():
                self._note(image)
            elif full_name(image) not in self._made:
                where = _within(text, found.start(1), place)
                self._report.lose(where, f"FROM {image}", "the image is not in the catalogue")

    def _internet(self, text: str, offset: int, place: Place) -> None:
        line = text[text.rfind("\n", 0, offset) + 1 :].split("\n", 1)[0]
        self._report.lose(_within(text, offset, place), line.strip(), _NO_INTERNET)

    def _note_images(self, text: str) -> None:
        for command in parse(text.replace("\\\n", "  ")):
            if command.image and full_name(command.image.text) in catalogue():
                self._note(command.image.text)

    def _note(self, image: str) -> None:
        self.images.add(full_name(image).removesuffix(":latest"))


def is_for_a_shell(language: str, text: str) -> bool:
    """Whether a block that is there to be copied is meant for the terminal."""
    if language.lower() not in _SHELLS:
        return False
    if language.lower() in _SHELLS[:5]:
        return True
    return text.lstrip().startswith(("docker ", "$ docker ", "curl ", "cd ", "ls"))


def is_dockerfile(language: str, text: str) -> bool:
    """Whether a listing is a Dockerfile."""
    return language.lower() in ("dockerfile", "docker") or text.lstrip()[:5].upper() == "FROM "


def _within(text: str, offset: int, place: Place) -> Place:
    return place.at(place.line + text.count("\n", 0, offset))
