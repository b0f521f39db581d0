"""What the worker does: it sends grades."""

from __future__ import annotations

from celery import shared_task

from playground.lti import grades
from playground.lti.models import Platform


@shared_task
def send_grades(platform_id: int) -> None:
    """Send what is due to one platform."""
    platform = Platform.objects.filter(pk=platform_id, is_active=True).first()
    if platform is not None:
        grades.send_due(platform)


@shared_task
def send_due_grades() -> None:
    """Try again what did not arrive, and what no task came for."""
    for platform_id in grades.platforms_due():
        send_grades.delay(platform_id)
