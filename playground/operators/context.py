"""What every page says for the operators."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from playground.operators.models import Announcement


def announcements(request: HttpRequest) -> dict[str, Any]:
    """The announcements that hold now, in the page's language."""
    return {"announcements": SimpleLazyObject(_texts)}


def _texts() -> list[str]:
    now = timezone.now()
    holding = Announcement.objects.filter(Q(until=None) | Q(until__gt=now), since__lte=now)
    language = (get_language() or "en")[:2]
    return [each.text(language) for each in holding[:3]]
