"""A student's way through the lessons: kept by student, whatever machine they sit at."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from lessons import library
from lessons.library import Lesson, Step
from lessons.models import StepProgress, TaskDone
from lessons.signals import activity, progressed

log = logging.getLogger(__name__)

_LINE = 300


@dataclass(frozen=True)
class LessonState:
    """How far a student is with a lesson."""

    done_steps: int
    steps: int
    #: The step to go on with.
    resume: str
    last_seen: datetime | None

    @property
    def done(self) -> bool:
        """Whether all of it is done."""
        return self.done_steps == self.steps

    @property
    def percent(self) -> int:
        """Done steps in whole percent."""
        return 100 * self.done_steps // max(1, self.steps)


def begin(student: str, lesson: Lesson, step: Step) -> StepProgress:
    """Note that a student is on a step now."""
    found = _begin(student, lesson, step)
    _tell(student, lesson, step, "open")
    return found


def _begin(student: str, lesson: Lesson, step: Step) -> StepProgress:
    found: StepProgress
    found, made = StepProgress.objects.get_or_create(
        student=student, lesson=lesson.slug, step=step.name
    )
    if not made:
        StepProgress.objects.filter(pk=found.pk).update(last_seen=timezone.now())
    return found


def tasks_done(student: str, lesson: Lesson) -> set[str]:
    """The names of the checks and quizzes of a lesson that are done."""
    found = TaskDone.objects.filter(student=student, lesson=lesson.slug)
    return set(found.values_list("task", flat=True))


def task_done(student: str, lesson: Lesson, step: Step, task: str) -> bool:
    """Note a check that held or a right answer; tells whether the step is done now."""
    TaskDone.objects.get_or_create(student=student, lesson=lesson.slug, task=task)
    if set(step.tasks) <= tasks_done(student, lesson):
        return step_done(student, lesson, step)
    return False


def step_done(student: str, lesson: Lesson, step: Step) -> bool:
    """Note that a step is done: its tasks are, or it has none and was read."""
    with transaction.atomic():
        _begin(student, lesson, step)
        changed = StepProgress.objects.filter(
            student=student, lesson=lesson.slug, step=step.name, done=None
        ).update(done=timezone.now())
    if changed:
        _say(student, lesson.slug)
    _tell(student, lesson, step, "done")
    return True


def count(
    student: str,
    lesson: Lesson,
    step: Step,
    *,
    attempts: int = 0,
    hints: int = 0,
    solutions: int = 0,
    line: str | None = None,
) -> None:
    """Count what a student tried and took, until the step is done."""
    rows = StepProgress.objects.filter(student=student, lesson=lesson.slug, step=step.name)
    rows.filter(done=None).update(
        attempts=F("attempts") + attempts,
        hints=F("hints") + hints,
        solutions=F("solutions") + solutions,
    )
    if line is not None:
        rows.update(last_line=line[:_LINE], last_seen=timezone.now())
    if attempts:
        _tell(student, lesson, step, "wrong" if line is None else "line", line or "")


def failed(student: str, lesson: Lesson, step: Step, line: str, code: int) -> None:
    """Say that a line which was typed at a step ended with an error."""
    _tell(student, lesson, step, "failed", line, code)


def _tell(
    student: str, lesson: Lesson, step: Step, what: str, line: str = "", code: int = 0
) -> None:
    where = {"student": student, "lesson": lesson.slug, "step": step.name}
    answers = activity.send_robust(StepProgress, **where, what=what, line=line[:_LINE], code=code)
    _log_failures(answers)


def steps_done(student: str, lesson: Lesson) -> set[str]:
    """The names of the steps that are done."""
    rows = StepProgress.objects.filter(student=student, lesson=lesson.slug).exclude(done=None)
    return set(rows.values_list("step", flat=True))


def states(student: str) -> dict[str, LessonState]:
    """How far a student is with every lesson, by its name."""
    done: dict[str, set[str]] = {}
    seen: dict[str, tuple[datetime, str]] = {}
    for row in StepProgress.objects.filter(student=student):
        if row.done:
            done.setdefault(row.lesson, set()).add(row.step)
        if row.lesson not in seen or row.last_seen > seen[row.lesson][0]:
            seen[row.lesson] = (row.last_seen, row.step)
    return {
        lesson.slug: _state(lesson, done.get(lesson.slug, set()), seen.get(lesson.slug))
        for lesson in library.lessons_of(student)
    }


def state(student: str, lesson: Lesson) -> LessonState:
    """How far a student is with one lesson, as it is for them."""
    rows = list(StepProgress.objects.filter(student=student, lesson=lesson.slug))
    last = max(rows, key=lambda row: row.last_seen, default=None)
    done = {row.step for row in rows if row.done}
    return _state(lesson, done, (last.last_seen, last.step) if last else None)


def _state(lesson: Lesson, done: set[str], seen: tuple[datetime, str] | None) -> LessonState:
    names = [step.name for step in lesson.steps]
    undone = [name for name in names if name not in done]
    resume = seen[1] if seen and seen[1] in undone else (undone or names)[0]
    return LessonState(len(names) - len(undone), len(names), resume, seen[0] if seen else None)


def track_done(student: str, track: str) -> datetime | None:
    """When a student finished a track; ``None`` if not yet."""
    lessons = [lesson for lesson in library.lessons_of(student) if lesson.track == track]
    rows = StepProgress.objects.filter(student=student).exclude(done=None)
    when = {(row.lesson, row.step): row.done for row in rows}
    wanted = [(lesson.slug, step.name) for lesson in lessons for step in lesson.steps]
    if not wanted or any(key not in when for key in wanted):
        return None
    times: list[datetime] = [at for key in wanted if (at := when[key]) is not None]
    return max(times)


def move(old: str, new: str) -> None:
    """Give all that one student did to another, who keeps what was done first."""
    with transaction.atomic():
        moved = set(StepProgress.objects.filter(student=old).values_list("lesson", flat=True))
        for row in TaskDone.objects.filter(student=old):
            TaskDone.objects.get_or_create(
                student=new, lesson=row.lesson, task=row.task, defaults={"at": row.at}
            )
        for step in StepProgress.objects.filter(student=old):
            mine = StepProgress.objects.filter(student=new, lesson=step.lesson, step=step.step)
            if not mine.exists():
                StepProgress.objects.filter(pk=step.pk).update(student=new)
            elif step.done:
                mine.filter(done=None).update(done=step.done)
        TaskDone.objects.filter(student=old).delete()
        StepProgress.objects.filter(student=old).delete()
    for lesson in moved:
        _say(new, lesson)


def _say(student: str, lesson: str) -> None:
    """Tell whoever listens, once it is sure. What goes wrong there is not the student's trouble."""
    transaction.on_commit(
        lambda: _log_failures(progressed.send_robust(StepProgress, student=student, lesson=lesson))
    )


def _log_failures(answers: list[tuple[Any, Any]]) -> None:
    for receiver, answer in answers:
        if isinstance(answer, Exception):
            log.error("%r failed", receiver, exc_info=answer)
