"""What every page says to members and instructors of classes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from playground.accounts.students import student_of
from playground.classes.models import Membership


def classes(request: HttpRequest) -> dict[str, Any]:
    """Whether whoever asks is a member of a class that goes on; asked only where it is shown."""
    session = getattr(request, "session", None)
    return {"in_a_class": SimpleLazyObject(lambda: session is not None and _is_member(session))}


def _is_member(session: Any) -> bool:
    student = student_of(session)
    return (
        bool(student) and Membership.objects.filter(student=student, course__archived=None).exists()
    )
