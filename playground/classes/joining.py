"""Joining a class: by the invitation's link, or by its code."""

from __future__ import annotations

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from playground.classes.models import MOST_NAME, Class, Membership
from playground.classes.telling import tell_live

#: Wrong codes from one network in so many seconds. A whole class sits behind one address.
_WRONG, _SECONDS = 60, 600
#: Members of one class at the most.
MOST_MEMBERS = 1000


class TooManyGuesses(Exception):
    """Too many wrong codes came from there."""


def by_code(text: str, network: str) -> Class | None:
    """The class of a code, as people type it; raises ``TooManyGuesses``."""
    key = f"class-code:{network}"
    if (cache.get(key) or 0) >= _WRONG:
        raise TooManyGuesses
    code = "".join(c for c in text.upper() if c.isalnum())
    found: Class | None = _joinable().filter(code=code).first() if code else None
    if found is None and not cache.add(key, 1, _SECONDS):
        cache.incr(key)
    return found


def by_token(token: str) -> Class | None:
    """The class of an invitation's link, ``None`` if it is void."""
    found: Class | None = _joinable().filter(token=token).first()
    return found


def clean_name(text: str) -> str:
    """A name as it is shown: printable, at most 60 characters."""
    kept = "".join(c for c in text if c.isprintable())
    return " ".join(kept.split())[:MOST_NAME]


def join(course: Class, student: str, name: str) -> Membership | None:
    """Make a student a member, or change their name; ``None`` if the class is full."""
    existing = Membership.objects.filter(course=course, student=student)
    if not existing.update(name=name):
        if course.members.count() >= MOST_MEMBERS:
            return None
        try:
            with transaction.atomic():
                Membership.objects.create(course=course, student=student, name=name)
        except IntegrityError:  # pressed twice
            existing.update(name=name)
    tell_live(course)
    member: Membership | None = existing.first()
    return member


def _joinable() -> QuerySet[Class]:
    rows: QuerySet[Class] = Class.objects.filter(is_open=True, archived=None)
    return rows
