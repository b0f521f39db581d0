"""What becomes of launches when their person gets on, asks what is kept, or leaves."""

from __future__ import annotations

import logging
from typing import Any

from django.dispatch import receiver
from kombu.exceptions import OperationalError

from lessons.signals import progressed
from playground.accounts.signals import student_asks, student_leaves
from playground.lti import grades
from playground.lti.models import Grade, Identity
from playground.lti.tasks import send_grades

log = logging.getLogger(__name__)


def have_sent(platform_id: int) -> None:
    """Ask the worker to send what is due; if nobody hears it, the beat asks within a minute."""
    try:
        send_grades.delay(platform_id)
    except OperationalError:
        log.warning("the grades of platform %s are sent later: no queue", platform_id)


@receiver(progressed)
def _progressed(student: str, lesson: str, **_: Any) -> None:
    rows = Grade.objects.filter(identity__user__student=student, lesson=lesson)
    platform = rows.values_list("identity__platform", flat=True).first()
    if platform is not None and grades.mark(rows):
        have_sent(platform)


@receiver(student_asks)
def _asks(student: str, **_: Any) -> dict[str, Any]:
    identity = Identity.objects.filter(user__student=student).select_related("platform").first()
    if identity is None:
        return {}
    return {
        "platform": {
            "name": identity.platform.name,
            "issuer": identity.platform.issuer,
            "subject": identity.subject,
            "first_launch": identity.created,
            "last_launch": identity.last_launch,
            "grades": list(identity.grades.values("lesson", "link", "sent", "sent_at")),
        }
    }


@receiver(student_leaves)
def _leaves(student: str, **_: Any) -> None:
    Identity.objects.filter(user__student=student).delete()
