"""What becomes of the versions that a student began when they sign in, ask, or leave."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from lessons.authoring.models import Begun
from lessons.signals import student_carried
from playground.accounts.signals import student_asks, student_leaves, student_moves


@receiver(student_moves)
@receiver(student_carried)
def _moves(old: str, new: str, **_: Any) -> None:
    has = set(Begun.objects.filter(student=new).values_list("lesson", flat=True))
    Begun.objects.filter(student=old).exclude(lesson__in=has).update(student=new)
    Begun.objects.filter(student=old).delete()


@receiver(student_asks)
def _asks(student: str, **_: Any) -> dict[str, Any]:
    rows = Begun.objects.filter(student=student)
    return {"versions": list(rows.values("lesson", "version__number"))}


@receiver(student_leaves)
def _leaves(student: str, **_: Any) -> None:
    Begun.objects.filter(student=student).delete()
