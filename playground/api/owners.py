"""What the site tells of somebody's tokens. They go with their account by the database."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from playground.accounts.signals import student_asks
from playground.api.models import Token


@receiver(student_asks)
def _asks(student: str, **_: Any) -> dict[str, Any]:
    fields = ("name", "start", "scopes", "created", "expires", "last_used", "ended")
    return {"api_tokens": list(Token.objects.filter(user__student=student).values(*fields))}
