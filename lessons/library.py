"""The lessons on disk: ``content/<slug>/lesson.toml`` and a Markdown file per step and language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tomli

CONTENT = Path(__file__).parent / "content"
LANGUAGES = ("en", "ko")
LEVELS = ("beginner", "intermediate", "advanced")

_STEP_FILE = re.compile(r"(\d\d)-([a-z0-9-]+)\.(en|ko)\.md\Z")
_KEYS = {"order", "level", "minutes", "tags", "images", "title", "summary"}


class LessonError(ValueError):
    """A lesson that cannot be read; the text names the file and what is wrong."""


@dataclass(frozen=True)
class Step:
    """One page of a lesson, its Markdown by language."""

    name: str
    sources: dict[str, str]


@dataclass(frozen=True)
class Lesson:
    """A lesson. Texts are by language."""

    slug: str
    order: int
    level: str
    minutes: int
    tags: tuple[str, ...]
    images: tuple[str, ...]
    titles: dict[str, str]
    summaries: dict[str, str]
    steps: tuple[Step, ...]


def read(folder: Path) -> Lesson:
    """Read one lesson; raises ``LessonError``."""
    file = folder / "lesson.toml"
    try:
        data: dict[str, Any] = tomli.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LessonError(f"{file}: {error}") from None
    if unknown := set(data) - _KEYS:
        raise LessonError(f"{file}: unknown key {', '.join(sorted(unknown))}")
    if missing := _KEYS - set(data):
        raise LessonError(f"{file}: no key {', '.join(sorted(missing))}")
    if data["level"] not in LEVELS:
        raise LessonError(f"{file}: level is one of {', '.join(LEVELS)}")
    for key in ("title", "summary"):
        if set(data[key]) != set(LANGUAGES):
            raise LessonError(f"{file}: [{key}] needs {' and '.join(LANGUAGES)}")
    return Lesson(
        slug=folder.name,
        order=int(data["order"]),
        level=data["level"],
        minutes=int(data["minutes"]),
        tags=tuple(data["tags"]),
        images=tuple(data["images"]),
        titles=data["title"],
        summaries=data["summary"],
        steps=_read_steps(folder),
    )


def _read_steps(folder: Path) -> tuple[Step, ...]:
    sources: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.md")):
        named = _STEP_FILE.match(path.name)
        if not named:
            raise LessonError(f"{path}: a step is called 01-name.en.md")
        text = path.read_text(encoding="utf-8")
        if not text.startswith("# "):
            raise LessonError(f"{path}:1: a step starts with its title: # Title")
        sources.setdefault(f"{named[1]}-{named[2]}", {})[named[3]] = text
    for name, languages in sources.items():
        for language in LANGUAGES:
            if language not in languages:
                raise LessonError(f"{folder / name}.{language}.md: this translation is missing")
    if not sources:
        raise LessonError(f"{folder}: a lesson has at least one step")
    return tuple(Step(name, languages) for name, languages in sorted(sources.items()))


@cache
def lessons() -> tuple[Lesson, ...]:
    """All lessons in their order; raises ``LessonError`` for the first bad one."""
    found = [read(file.parent) for file in CONTENT.glob("*/lesson.toml")]
    return tuple(sorted(found, key=lambda lesson: (lesson.order, lesson.slug)))


def lesson(slug: str) -> Lesson | None:
    """The lesson of that name."""
    return next((each for each in lessons() if each.slug == slug), None)
