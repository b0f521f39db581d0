"""The lessons on disk: ``content/<slug>/lesson.toml`` and a Markdown file per step and language."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import tomli
from pydantic import BaseModel, ValidationError

from lessons import blocks
from lessons.files import FolderFiles
from lessons.format import LANGUAGES, LessonFile, Track
from lessons.shelf import shelf
from playground.checks.spec import Check

#: Where lessons are; an operator may name a folder of their own.
CONTENT = Path(os.environ.get("PLAYGROUND_LESSONS") or Path(__file__).parent / "content")
TRACKS = "tracks.toml"

_STEP_FILE = re.compile(r"(\d\d-[a-z0-9]+(?:-[a-z0-9]+)*)\.([a-z]{2})\.md\Z")


@dataclass(frozen=True, order=True)
class Problem:
    """A mistake, with where it is; ``line`` is 0 where it is about the whole file."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.message}"


class LessonError(ValueError):
    """A lesson that cannot be read; ``problems`` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Step:
    """One page of a lesson, its Markdown by language."""

    name: str
    sources: dict[str, str]

    def read(self, language: str = "en") -> blocks.StepSource:
        """Its blocks."""
        return blocks.read(self.sources[language])

    @property
    def checks(self) -> tuple[str, ...]:
        """The names of its checks, in the order of the page."""
        return tuple(each.name for each in self.read().blocks if each.kind == "check")

    @property
    def quizzes(self) -> tuple[str, ...]:
        """The names of its quizzes."""
        return tuple(quiz.name for quiz in self.read().quizzes)

    @property
    def tasks(self) -> tuple[str, ...]:
        """What has to be done for the step to be done."""
        return self.checks + self.quizzes


@dataclass(frozen=True)
class Lesson:
    """A lesson. Texts are by language. ``folder`` says where it is, and need not be on a disk."""

    slug: str
    folder: Path
    track: str
    order: int
    level: str
    minutes: int
    tags: tuple[str, ...]
    requires: tuple[str, ...]
    images: tuple[str, ...]
    titles: dict[str, str]
    summaries: dict[str, str]
    setup: str
    steps: tuple[Step, ...]
    checks: dict[str, Check] = field(hash=False)
    #: All its files by name, as they lie in its folder.
    files: Mapping[str, bytes] = field(hash=False, compare=False, repr=False)

    @property
    def setup_name(self) -> str:
        """What a host marks that its set-up was run by: versions have set-ups of their own."""
        if self.folder.is_absolute():
            return self.slug
        return f"{self.slug}.{zlib.crc32(self.setup.encode()):08x}"

    def step(self, name: str) -> Step | None:
        """The step of that name."""
        return next((each for each in self.steps if each.name == name), None)


def read(folder: Path) -> Lesson:
    """Read one lesson; raises ``LessonError``."""
    return read_files(FolderFiles(folder), folder)


def read_files(files: Mapping[str, bytes], folder: Path) -> Lesson:
    """Read a lesson of its files; ``folder`` has its name. Raises ``LessonError``."""
    file = folder / "lesson.toml"
    if "lesson.toml" not in files:
        raise LessonError([Problem(file, 0, "there is no lesson.toml")])
    data = _parse(file, files["lesson.toml"], LessonFile)
    return Lesson(
        slug=folder.name,
        folder=folder,
        track=data.track,
        order=data.order,
        level=data.level,
        minutes=data.minutes,
        tags=tuple(data.tags),
        requires=tuple(data.requires),
        images=tuple(data.images),
        titles=data.title.by_language(),
        summaries=data.summary.by_language(),
        setup=data.setup.script if data.setup else "",
        steps=_read_steps(files, folder),
        checks=dict(data.checks),
        files=files,
    )


def step_file(name: str) -> tuple[str, str] | None:
    """The step and the language that a file's name stands for; ``None`` if it is no step's."""
    named = _STEP_FILE.match(name)
    return (named[1], named[2]) if named and named[2] in LANGUAGES else None


def _read_steps(files: Mapping[str, bytes], folder: Path) -> tuple[Step, ...]:
    sources: dict[str, dict[str, str]] = {}
    found: list[Problem] = []
    for path in (folder / name for name in sorted(files) if name.endswith(".md")):
        named = step_file(path.name)
        if not named:
            found.append(Problem(path, 0, "a step is called 01-name.en.md"))
            continue
        try:
            text = files[path.name].decode()
        except UnicodeDecodeError as error:
            found.append(Problem(path, 0, f"it is not UTF-8: {error.reason}"))
            continue
        if not blocks.read(text).title:
            found.append(Problem(path, 1, "a step starts with its title: # Title"))
        sources.setdefault(named[0], {})[named[1]] = text
    for name, languages in sources.items():
        for language in LANGUAGES:
            if language not in languages:
                file = folder / f"{name}.{language}.md"
                found.append(Problem(file, 0, "this translation is missing"))
    if not sources:
        found.append(Problem(folder, 0, "a lesson has at least one step"))
    if found:
        raise LessonError(found)
    return tuple(Step(name, languages) for name, languages in sorted(sources.items()))


#: Of one file; whoever has more mends these first. Each is looked for in the whole text.
_MOST_MISTAKES = 100


def _parse(file: Path, source: bytes, model: type[BaseModel]) -> Any:
    try:
        # As text files are read: TOML itself would take "\r\n" for part of a text.
        text = source.decode().replace("\r\n", "\n")
        data = tomli.loads(text)
    except RecursionError:
        raise LessonError([Problem(file, 0, "it is nested too deeply")]) from None
    except ValueError as error:
        at = re.search(r"line (\d+)", str(error))
        raise LessonError([Problem(file, int(at[1]) if at else 0, str(error))]) from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise LessonError(_mistakes(file, text, error)) from None


def _mistakes(file: Path, text: str, error: ValidationError) -> list[Problem]:
    """Pydantic's errors by line, without those of the alternatives that were not meant."""
    found: dict[tuple[int, str], Problem] = {}
    errors = error.errors()[:_MOST_MISTAKES]
    for each in errors:
        keys = [str(part) for part in each["loc"] if not str(part)[:1].isupper()]
        keys = [key for key in keys if not key.startswith("list[")]
        # A table may stand where a list of tables may: only what is said inside one helps.
        place = each["loc"][:3]
        other = any(len(o["loc"]) > len(each["loc"]) and o["loc"][:3] == place for o in errors)
        if other and each["type"] in ("list_type", "model_type"):
            continue
        message = {
            "extra_forbidden": f"unknown key {keys[-1] if keys else ''}",
            "missing": f"no key {'.'.join(keys)}",
        }.get(each["type"], f"{'.'.join(keys)}: {each['msg'].removeprefix('Value error, ')}")
        line = line_of(text, keys)
        found[line, message] = Problem(file, line, message)
    return sorted(found.values())


def line_of(text: str, keys: list[str]) -> int:
    """The line of a TOML text in which a key of a table most likely stands; 0 if in none."""
    lines = text.splitlines()
    at = 0
    found = 0
    for depth, key in enumerate(keys):
        word = re.compile(rf"(?<![\w-])[\"']?{re.escape(key)}[\"']?\s*(?==|[\].])")
        for number in range(at, len(lines)):
            header = lines[number].lstrip().startswith("[")
            if found and header and number > at and not word.search(lines[number]):
                break
            if word.search(lines[number]) and (header or depth or not found):
                found, at = number + 1, number
                break
    return found


@cache
def tracks(content: Path = CONTENT) -> dict[str, Track]:
    """The tracks by name, in their order; raises ``LessonError``."""
    file = content / TRACKS
    try:
        data = tomli.loads(file.read_text(encoding="utf-8"))
        found = {name: Track.model_validate(table) for name, table in data.items()}
    except (OSError, ValueError) as error:
        raise LessonError([Problem(file, 0, str(error))]) from None
    return dict(sorted(found.items(), key=lambda pair: pair[1].order))


def folders(content: Path = CONTENT) -> list[Path]:
    """The folders that hold a lesson."""
    return sorted(file.parent for file in content.glob("*/lesson.toml"))


@cache
def _of_folder(content: Path) -> tuple[Lesson, ...]:
    return tuple(read(folder) for folder in folders(content))


def of_folder(slug: str) -> Lesson | None:
    """The folder's lesson of that name, whatever stands in its place."""
    return next((each for each in _of_folder(CONTENT) if each.slug == slug), None)


def lessons(content: Path = CONTENT) -> tuple[Lesson, ...]:
    """All lessons in their order, those of the shelf too; raises ``LessonError`` for a bad one."""
    found = {each.slug: each for each in _of_folder(content)}
    more = shelf()
    if more and content == CONTENT:
        found.update(more.published())
    return _in_order(found.values(), content)


def _in_order(found: Iterable[Lesson], content: Path = CONTENT) -> tuple[Lesson, ...]:
    places = {name: place for place, name in enumerate(tracks(content))}
    return tuple(
        sorted(found, key=lambda each: (places.get(each.track, 99), each.order, each.slug))
    )


def lesson(slug: str) -> Lesson | None:
    """The lesson of that name."""
    return next((each for each in lessons() if each.slug == slug), None)


def lessons_of(student: str) -> tuple[Lesson, ...]:
    """All lessons as a student sees them: what they have begun is as it was then."""
    more = shelf()
    begun = more.begun(student) if more and student else {}
    if not begun:
        return lessons()
    found = {each.slug: each for each in lessons()}
    for slug, version in begun.items():
        old = version or of_folder(slug)
        if old and slug in found:
            found[slug] = old
    return _in_order(found.values())


def open_lesson(student: str, slug: str) -> Lesson | None:
    """The lesson as a student sees it who opens it now, or goes on with it."""
    more = shelf()
    if more is None or not student:
        return lesson(slug)
    if hidden := more.open(student, slug):
        return hidden
    begun = more.begun(student)
    if slug in begun:
        return begun[slug] or of_folder(slug)
    return lesson(slug)
