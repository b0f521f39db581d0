"""What becomes of memberships when their student signs in, asks what is kept, or leaves."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from lessons.signals import student_carried
from playground.accounts.signals import student_asks, student_leaves, student_moves
from playground.classes.models import Failure, HelpRequest, Membership, Message


@receiver([student_moves, student_carried])
def _moves(old: str, new: str, **_: Any) -> None:
    with transaction.atomic():
        for row in Membership.objects.filter(student=old):
            mine = Membership.objects.filter(course=row.course, student=new).first()
            if mine is None:
                Membership.objects.filter(pk=row.pk).update(student=new)
                continue
            Failure.objects.filter(member=row).update(member=mine)
            Message.objects.filter(member=row).update(member=mine)
            row.delete()


@receiver(student_asks)
def _asks(student: str, **_: Any) -> dict[str, Any]:
    mine = Membership.objects.filter(student=student)
    fields = ("course__name", "name", "joined", "lesson", "step", "last_seen", "last_line")
    theirs = {"member__student": student}
    return {
        "classes": list(mine.values(*fields)),
        "help_asked": list(HelpRequest.objects.filter(**theirs).values("lesson", "step", "at")),
        "class_messages": list(Message.objects.filter(**theirs).values("kind", "text", "at")),
        "failed_lines": list(
            Failure.objects.filter(**theirs).values("lesson", "step", "line", "code", "at")
        ),
    }


@receiver(student_leaves)
def _leaves(student: str, **_: Any) -> None:
    Membership.objects.filter(student=student).delete()
