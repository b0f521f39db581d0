"""What classes keep of their members' lessons, as the lessons tell it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from lessons.signals import activity
from playground.classes.models import Failure, Membership
from playground.classes.telling import tell_live

#: Who did nothing for so long has begun anew on the step where they were.
_SITTING = timedelta(minutes=15)
#: What is kept of one member's failures on one step.
_MOST_FAILURES = 200
#: 130 is Ctrl-C, and 131 Ctrl-\\: nobody failed there.
_NO_FAILURE = frozenset((130, 131))


@receiver(activity)
def _heard(student: str, lesson: str, step: str, what: str, line: str, code: int, **_: Any) -> None:
    rows = Membership.objects.filter(
        student=student, course__archived=None, course__assignments__lesson=lesson
    )
    for member in rows.select_related("course"):
        _note_place(member, lesson, step, line if what == "line" else "")
        if what == "wrong" or (what == "failed" and code not in _NO_FAILURE):
            _note_failure(member, lesson, step, line, code)
        tell_live(member.course)


def _note_place(member: Membership, lesson: str, step: str, line: str) -> None:
    now = timezone.now()
    changed: dict[str, Any] = {"last_seen": now}
    if (member.lesson, member.step) != (lesson, step) or _has_rested(member.last_seen, now):
        changed |= {"lesson": lesson, "step": step, "on_step_since": now}
    if line:
        changed["last_line"] = line
    Membership.objects.filter(pk=member.pk).update(**changed)


def _has_rested(last: datetime | None, now: datetime) -> bool:
    return last is None or now - last > _SITTING


def _note_failure(member: Membership, lesson: str, step: str, line: str, code: int) -> None:
    kept = Failure.objects.filter(member=member, lesson=lesson, step=step)
    if kept.count() < _MOST_FAILURES:
        Failure.objects.create(member=member, lesson=lesson, step=step, line=line, code=code)
