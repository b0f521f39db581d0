"""Lessons, and how far one is with them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from lessons import library, progress
from lessons.library import Lesson
from playground.api import problems
from playground.api.access import caller, who_has
from playground.api.answers import answers
from playground.api.scopes import LESSONS_READ, PROGRESS_READ

router = Router(tags=["lessons"])
mine = Router(tags=["progress"])

Language = Annotated[Literal["en", "ko"], Query(description="The language of all texts.")]
Slug = Annotated[str, Path(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class LessonOut(Schema):
    """A lesson, without its steps."""

    slug: str
    track: str
    title: str
    summary: str
    level: str
    minutes: int
    tags: list[str]
    requires: list[str] = Field(description="Lessons that come before it.")
    images: list[str]
    steps: int


class StepOut(Schema):
    """One page of a lesson."""

    name: str
    title: str
    markdown: str = Field(description="Its text; docs/lesson-format.md has the format.")
    checks: list[str]
    quizzes: list[str]


class LessonWithSteps(LessonOut):
    """A lesson with the names of its steps."""

    step_names: list[str]


class ProgressOut(Schema):
    """How far one is with a lesson."""

    lesson: str
    done_steps: int
    steps: int
    done: bool
    resume: str = Field(description="The step to go on with.")
    last_seen: datetime | None


class LessonProgress(ProgressOut):
    """How far one is with a lesson, step by step."""

    steps_done: list[str]
    tasks_done: list[str]


def _facts(lesson: Lesson, language: str) -> dict[str, object]:
    return {
        "slug": lesson.slug,
        "track": lesson.track,
        "title": lesson.titles[language],
        "summary": lesson.summaries[language],
        "level": lesson.level,
        "minutes": lesson.minutes,
        "tags": list(lesson.tags),
        "requires": list(lesson.requires),
        "images": list(lesson.images),
        "steps": len(lesson.steps),
    }


def _lesson(slug: str) -> Lesson:
    if (found := library.lesson(slug)) is None:
        raise problems.missing("lesson", "GET /api/v1/lessons lists them.")
    return found


@router.get("", auth=who_has(LESSONS_READ), response=answers(list[LessonOut]))
def lessons(request: HttpRequest, language: Language = "en") -> list[dict[str, object]]:
    """List all lessons in their order."""
    return [_facts(each, language) for each in library.lessons()]


@router.get("/{slug}", auth=who_has(LESSONS_READ), response=answers(LessonWithSteps, 404))
def lesson(request: HttpRequest, slug: Slug, language: Language = "en") -> dict[str, object]:
    """One lesson."""
    found = _lesson(slug)
    return {**_facts(found, language), "step_names": [each.name for each in found.steps]}


@router.get("/{slug}/steps", auth=who_has(LESSONS_READ), response=answers(list[StepOut], 404))
def steps(request: HttpRequest, slug: Slug, language: Language = "en") -> list[dict[str, object]]:
    """List a lesson's steps with their texts."""
    return [
        {
            "name": each.name,
            "title": each.read(language).title,
            "markdown": each.sources[language],
            "checks": list(each.checks),
            "quizzes": list(each.quizzes),
        }
        for each in _lesson(slug).steps
    ]


def _state(slug: str, state: progress.LessonState) -> dict[str, object]:
    return {
        "lesson": slug,
        "done_steps": state.done_steps,
        "steps": state.steps,
        "done": state.done,
        "resume": state.resume,
        "last_seen": state.last_seen,
    }


@mine.get("", auth=who_has(PROGRESS_READ), response=answers(list[ProgressOut]))
def my_progress(request: HttpRequest) -> list[dict[str, object]]:
    """How far one is with every lesson."""
    return [_state(slug, state) for slug, state in progress.states(caller(request).student).items()]


@mine.get("/{slug}", auth=who_has(PROGRESS_READ), response=answers(LessonProgress, 404))
def my_lesson(request: HttpRequest, slug: Slug) -> dict[str, object]:
    """How far one is with a lesson, step by step."""
    found, student = _lesson(slug), caller(request).student
    return {
        **_state(slug, progress.states(student)[slug]),
        "steps_done": sorted(progress.steps_done(student, found)),
        "tasks_done": sorted(progress.tasks_done(student, found)),
    }
