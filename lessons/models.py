"""What the site remembers of a student's way through the lessons."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class StepProgress(models.Model):
    """A student on one step of a lesson."""

    student = models.CharField(max_length=64)
    lesson = models.CharField(max_length=64)
    step = models.CharField(max_length=64)
    started = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    done = models.DateTimeField(null=True, blank=True)
    #: Lines typed at the host's prompt and wrong answers, until the step was done.
    attempts = models.PositiveIntegerField(default=0)
    hints = models.PositiveIntegerField(default=0)
    solutions = models.PositiveIntegerField(default=0)
    last_line = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["student", "lesson", "step"], name="one_progress_per_step"
            )
        ]
        indexes = [
            models.Index(fields=["student", "last_seen"]),
            models.Index(fields=["lesson", "step"]),
        ]

    def __str__(self) -> str:
        return f"{self.student:.8} {self.lesson}/{self.step}"


class TaskDone(models.Model):
    """A check that held or a quiz that was answered rightly; once is enough."""

    student = models.CharField(max_length=64)
    lesson = models.CharField(max_length=64)
    task = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student", "lesson", "task"], name="one_task_done")
        ]

    def __str__(self) -> str:
        return f"{self.student:.8} {self.lesson}/{self.task}"
