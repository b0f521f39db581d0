"""Which of the lessons' languages a page is in."""

from __future__ import annotations

from django.utils.translation import get_language

from lessons.format import LANGUAGES


def language_now() -> str:
    """The language of the page that is being made."""
    code = (get_language() or LANGUAGES[0])[:2]
    return code if code in LANGUAGES else LANGUAGES[0]
