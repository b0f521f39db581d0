"""The lessons on disk: ``content/<slug>/lesson.toml`` and a Markdown file per step and language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import tomli
from pydantic import BaseModel, ValidationError

from lessons import blocks
from lessons.format import LANGUAGES, LessonFile, Track
from playground.checks.spec import Check

CONTENT = Path(__file__).parent / "content"
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
    """A lesson. Texts are by language."""

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

    def step(self, name: str) -> Step | None:
        """The step of that name."""
        return next((each for each in self.steps if each.name == name), None)


def read(folder: Path) -> Lesson:
    """Read one lesson; raises ``LessonError``."""
    data = _parse(folder / "lesson.toml", LessonFile)
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
        steps=_read_steps(folder),
        checks=dict(data.checks),
    )


def _read_steps(folder: Path) -> tuple[Step, ...]:
    sources: dict[str, dict[str, str]] = {}
    found: list[Problem] = []
    for path in sorted(folder.glob("*.md")):
        named = _STEP_FILE.match(path.name)
        if not named or named[2] not in LANGUAGES:
            found.append(Problem(path, 0, "a step is called 01-name.en.md"))
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            found.append(Problem(path, 0, f"it is not UTF-8: {error.reason}"))
            continue
        if not blocks.read(text).title:
            found.append(Problem(path, 1, "a step starts with its title: # Title"))
        sources.setdefault(named[1], {})[named[2]] = text
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


def _parse(file: Path, model: type[BaseModel]) -> Any:
    try:
        text = file.read_text(encoding="utf-8")
        data = tomli.loads(text)
    except (OSError, ValueError) as error:
        at = re.search(r"line (\d+)", str(error))
        raise LessonError([Problem(file, int(at[1]) if at else 0, str(error))]) from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise LessonError(_mistakes(file, text, error)) from None


def _mistakes(file: Path, text: str, error: ValidationError) -> list[Problem]:
    """Pydantic's errors by line, without those of the alternatives that were not meant."""
    found: dict[tuple[int, str], Problem] = {}
    errors = error.errors()
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
def lessons(content: Path = CONTENT) -> tuple[Lesson, ...]:
    """All lessons in their order; raises ``LessonError`` for the first bad one."""
    places = {name: place for place, name in enumerate(tracks(content))}
    found = [read(folder) for folder in folders(content)]
    return tuple(
        sorted(found, key=lambda each: (places.get(each.track, 99), each.order, each.slug))
    )


def lesson(slug: str) -> Lesson | None:
    """The lesson of that name."""
    return next((each for each in lessons() if each.slug == slug), None)
