"""What becomes of progress when its student signs in, asks what is kept, or leaves."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from lessons import progress
from lessons.models import StepProgress, TaskDone
from playground.accounts.signals import student_asks, student_leaves, student_moves


@receiver(student_moves)
def _moves(old: str, new: str, **_: Any) -> None:
    progress.move(old, new)


@receiver(student_asks)
def _asks(student: str, **_: Any) -> dict[str, Any]:
    steps = StepProgress.objects.filter(student=student)
    tasks = TaskDone.objects.filter(student=student)
    fields = ("lesson", "step", "started", "last_seen", "done", "attempts", "hints", "solutions")
    return {
        "steps": list(steps.values(*fields, "last_line")),
        "tasks": list(tasks.values("lesson", "task", "at")),
    }


@receiver(student_leaves)
def _leaves(student: str, **_: Any) -> None:
    StepProgress.objects.filter(student=student).delete()
    TaskDone.objects.filter(student=student).delete()
