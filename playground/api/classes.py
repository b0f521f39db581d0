"""Classes that one teaches or is in, and for who teaches them how their members are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.db.models import Count, Q
from django.http import HttpRequest
from ninja import Path, Router, Schema
from pydantic import Field

from playground.api import problems
from playground.api.access import caller, who_has
from playground.api.answers import answers
from playground.api.lessons import Language
from playground.api.scopes import CLASSES_READ
from playground.classes import live, report
from playground.classes.access import find_taught
from playground.classes.models import Class, taught_by

router = Router(tags=["classes"])

Pk = Annotated[int, Path(ge=1, le=2**31 - 1)]
_LISTS = "GET /api/v1/classes lists yours."


class AssignmentOut(Schema):
    """A lesson of a class, and when it is to be done."""

    lesson: str
    since: datetime | None
    until: datetime | None


class ClassOut(Schema):
    """A class as both sides may see it."""

    id: int
    name: str
    role: Literal["instructor", "member"]
    starts: datetime | None
    archived: datetime | None
    members: int
    lessons: list[AssignmentOut]


class ReasonOut(Schema):
    """Why somebody seems to need help."""

    code: Literal["help", "failed", "lines", "long"] = Field(
        description="Asked for it; failed often; typed much without being done; long on a step."
    )
    seconds: int | None = None
    n: int | None = None
    usual: int | None = Field(None, description="The class's median of seconds on that step.")


class MemberOut(Schema):
    """A member now. Lesson and step are titles; what they typed is their own words."""

    id: int
    name: str
    lesson: str
    step: str
    number: int = Field(description="The step's number in its lesson, from 1; 0: on none.")
    total: int
    done: bool = Field(description="Whether the step they are on is done.")
    done_steps: int
    since: int | None = Field(description="Seconds on the step in this sitting.")
    seen: int | None = Field(description="Seconds since they were last there.")
    attempts: int
    failed: int
    line: str = Field(description="The last line that they typed.")
    host: str = Field(description="The state of their sandbox; empty: none.")
    reasons: list[ReasonOut]


class FailedLineOut(Schema):
    """A line that failed."""

    line: str
    members: int
    times: int


class StepReportOut(Schema):
    """A step over the whole class."""

    name: str
    title: str
    begun: int
    done: int
    members: int
    median_seconds: int | None
    attempts: int
    hints: int
    solutions: int
    failed_members: int
    wrong_answers: int
    commands: list[FailedLineOut]


class LessonReportOut(Schema):
    """A lesson over the whole class."""

    slug: str
    title: str
    done: int = Field(description="Members who did all of it.")
    steps: list[StepReportOut]


def _facts(course: Class, role: str, members: int) -> dict[str, object]:
    return {
        "id": course.pk,
        "name": course.name,
        "role": role,
        "starts": course.starts,
        "archived": course.archived,
        "members": members,
        "lessons": [
            {"lesson": each.lesson, "since": each.since, "until": each.until}
            for each in course.assignments.all()
        ],
    }


def _mine(request: HttpRequest) -> list[dict[str, object]]:
    who = caller(request)
    taught = set(taught_by(who.user).values_list("pk", flat=True)) if who.user else set()
    # A member is in a class until it is over; who teaches it keeps it.
    there = Q(members__student=who.student, archived=None) | Q(pk__in=taught)
    rows = Class.objects.filter(pk__in=Class.objects.filter(there).values("pk"))
    counted = rows.annotate(count=Count("members")).prefetch_related("assignments")
    return [
        _facts(each, "instructor" if each.pk in taught else "member", each.count)
        for each in counted
    ]


def _taught(request: HttpRequest, pk: int) -> Class:
    user = caller(request).user
    found = find_taught(user, pk) if user else None
    if found is None:
        raise problems.missing("class that you teach", _LISTS)
    return found


@router.get("", auth=who_has(CLASSES_READ), response=answers(list[ClassOut]))
def classes(request: HttpRequest) -> list[dict[str, object]]:
    """List the classes that one teaches or is in."""
    return _mine(request)


@router.get("/{pk}", auth=who_has(CLASSES_READ), response=answers(ClassOut, 404))
def one_class(request: HttpRequest, pk: Pk) -> dict[str, object]:
    """One class."""
    found = next((each for each in _mine(request) if each["id"] == pk), None)
    if found is None:
        raise problems.missing("class", _LISTS)
    return found


@router.get("/{pk}/members", auth=who_has(CLASSES_READ), response=answers(list[MemberOut], 404))
def members(request: HttpRequest, pk: Pk, language: Language = "en") -> list[dict[str, object]]:
    """How the members of a class that one teaches are now, who needs help first."""
    return live.rows(_taught(request, pk), language)


@router.get(
    "/{pk}/report", auth=who_has(CLASSES_READ), response=answers(list[LessonReportOut], 404)
)
def class_report(
    request: HttpRequest, pk: Pk, language: Language = "en"
) -> list[dict[str, object]]:
    """What was done in a class that one teaches, and where people failed."""
    return [
        {
            "slug": lesson.slug,
            "title": lesson.title,
            "done": lesson.done,
            "steps": [
                {
                    **vars(step),
                    "commands": [
                        {"line": line, "members": who, "times": times}
                        for line, who, times in step.commands
                    ],
                }
                for step in lesson.steps
            ],
        }
        for lesson in report.lessons(_taught(request, pk), language)
    ]
