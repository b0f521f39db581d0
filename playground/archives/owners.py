"""What becomes of archives when their student signs in, asks what is kept, or leaves."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from playground.accounts.signals import student_asks, student_leaves, student_moves
from playground.archives.models import ImageArchive


@receiver(student_moves)
def _moves(old: str, new: str, **_: Any) -> None:
    ImageArchive.objects.filter(owner=old).update(owner=new)


@receiver(student_asks)
def _asks(student: str, **_: Any) -> dict[str, Any]:
    fields = ("id", "name", "size", "state", "created")
    return {"archives": list(ImageArchive.objects.filter(owner=student).values(*fields))}


@receiver(student_leaves)
def _leaves(student: str, **_: Any) -> None:
    for archive in ImageArchive.objects.filter(owner=student) if student else []:
        archive.discard()
