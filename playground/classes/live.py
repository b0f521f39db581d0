"""The class as it is now: where each member is, and who needs help and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from django.db.models import Count
from django.utils import timezone

from lessons import library
from lessons.models import StepProgress
from playground.classes.models import Class, Failure, HelpRequest
from playground.sandboxes.claims import OWNED
from playground.sandboxes.models import Sandbox

#: Nobody is long on a step before so many seconds, and then from twice the class's median on.
_LONG, _TIMES = 180, 2
#: So many of the class must have done a step for their median to say something; before that a step
#: is taken to last three times its share of the lesson's own figure.
_ENOUGH, _SHARES = 3, 3
#: Lines that ended with an error or wrong answers on one step; lines typed without being done.
_FAILED, _LINES = 5, 15
#: Who did nothing for so many seconds is away.
_AWAY = 600

_Key = tuple[str, str]


@dataclass(frozen=True)
class _Step:
    number: int
    total: int
    title: str
    lesson_title: str
    #: Seconds that the lesson's author allows for it.
    expected: float


def rows(course: Class, language: str, now: datetime | None = None) -> list[dict[str, Any]]:
    """One document a member, who needs help first.

    ``reasons`` are codes with figures: ``help`` (seconds since), ``long`` (seconds, median) and
    ``failed`` or ``lines`` (how many). Five queries, however many members there are.
    """
    now = now or timezone.now()
    members = list(course.members.all())
    steps = _steps(course, language)
    progress = _progress(course, [each.student for each in members])
    typical = _medians(progress.values())
    done_steps = Counter(row.student for row in progress.values() if row.done)
    failures = {
        (row["member"], row["lesson"], row["step"]): row["n"]
        for row in Failure.objects.filter(member__course=course)
        .values("member", "lesson", "step")
        .annotate(n=Count("id"))
    }
    asked = dict(
        HelpRequest.objects.filter(member__course=course, ended=None).values_list("member", "at")
    )
    hosts = dict(
        Sandbox.objects.filter(owner__in=[m.student for m in members], state__in=OWNED)
        .order_by("created")
        .values_list("owner", "state")
    )
    found = []
    for member in members:
        here = (member.lesson, member.step)
        row = progress.get((member.student, *here))
        done = bool(row and row.done)
        failed = failures.get((member.pk, *here), 0)
        document = {
            "id": member.pk,
            "name": member.name,
            "seen": _seconds(member.last_seen, now),
            "since": _seconds(member.on_step_since, now),
            "done": done,
            "done_steps": done_steps.get(member.student, 0),
            "attempts": row.attempts if row else 0,
            "failed": failed,
            "line": member.last_line,
            "host": hosts.get(member.student, ""),
            **_place(steps.get(here)),
        }
        document["reasons"] = _reasons(document, asked.get(member.pk), steps, typical, here, now)
        found.append(document)
    found.sort(key=_urgency)
    return found


def _steps(course: Class, language: str) -> dict[_Key, _Step]:
    found: dict[_Key, _Step] = {}
    for slug in course.assignments.values_list("lesson", flat=True):
        lesson = library.lesson(slug)
        for number, step in enumerate(lesson.steps if lesson else (), 1):
            assert lesson
            found[slug, step.name] = _Step(
                number,
                len(lesson.steps),
                step.read(language).title,
                lesson.titles[language],
                lesson.minutes * 60 / len(lesson.steps),
            )
    return found


def _progress(course: Class, students: list[str]) -> dict[tuple[str, str, str], StepProgress]:
    lessons = course.assignments.values_list("lesson", flat=True)
    found = StepProgress.objects.filter(student__in=students, lesson__in=list(lessons))
    return {(row.student, row.lesson, row.step): row for row in found}


def _medians(progress: Iterable[StepProgress]) -> dict[_Key, float]:
    """Seconds from opening a step to having done it, where enough have."""
    took: dict[_Key, list[float]] = {}
    for row in progress:
        if row.done:
            seconds = (row.done - row.started).total_seconds()
            took.setdefault((row.lesson, row.step), []).append(seconds)
    return {key: median(times) for key, times in took.items() if len(times) >= _ENOUGH}


def _place(step: _Step | None) -> dict[str, Any]:
    if step is None:
        return {"lesson": "", "step": "", "number": 0, "total": 0}
    return {
        "lesson": step.lesson_title,
        "step": step.title,
        "number": step.number,
        "total": step.total,
    }


def _seconds(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else max(0, int((now - at).total_seconds()))


def _reasons(
    row: dict[str, Any],
    asked: datetime | None,
    steps: dict[_Key, _Step],
    typical: dict[_Key, float],
    here: _Key,
    now: datetime,
) -> list[dict[str, Any]]:
    reasons: list[dict[str, Any]] = []
    if asked:
        reasons.append({"code": "help", "seconds": _seconds(asked, now)})
    away = row["seen"] is None or row["seen"] > _AWAY
    if row["done"] or away or here not in steps:
        return reasons
    if row["failed"] >= _FAILED:
        reasons.append({"code": "failed", "n": row["failed"]})
    elif row["attempts"] >= _LINES:
        reasons.append({"code": "lines", "n": row["attempts"]})
    usual = typical.get(here)
    bound = max(_LONG, _TIMES * usual if usual else _SHARES * steps[here].expected)
    if row["since"] is not None and row["since"] > bound:
        reasons.append({"code": "long", "seconds": row["since"], "usual": usual and int(usual)})
    return reasons


def _urgency(row: dict[str, Any]) -> tuple[Any, ...]:
    """Who asked comes first, the longest-waiting before others; then by how many reasons."""
    asked = next((each["seconds"] for each in row["reasons"] if each["code"] == "help"), -1)
    return (-asked, -len(row["reasons"]), -row["failed"], row["name"].casefold(), row["id"])
