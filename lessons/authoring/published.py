"""The published lessons of the database, as the library takes them."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from django.db import DatabaseError

from lessons import library, progress
from lessons.authoring.models import Begun, Draft, KeptFiles, Place, Revision, Version
from lessons.library import Lesson, LessonError
from playground.accounts.models import User

log = logging.getLogger(__name__)

#: Seconds for which what is published is not asked for again; pages ask dozens of times.
_FRESH = 1.0
#: As many digits as a database has numbers for.
_HIDDEN = re.compile(r"draft_(\d{1,15})_(\d{1,9})\Z")


@lru_cache(maxsize=256)
def _read(version: int, slug: str) -> Lesson | None:
    """A version's lesson. A version never changes, so it is read once."""
    manifest = Version.objects.values_list("manifest", flat=True).get(pk=version)
    try:
        return library.read_files(KeptFiles(manifest), Path(slug))
    except LessonError as error:  # the format has changed since; the others must still be there
        log.error("version %s of the lesson %s cannot be read: %s", version, slug, error)
        return None


def hidden_name(draft: int, revision: int) -> str:
    """The name under which a draft's revision is tried; no lesson's, as it has ``_``."""
    return f"draft_{draft}_{revision}"


class Published:
    """The shelf; see :class:`lessons.shelf.Shelf`."""

    def __init__(self) -> None:
        self._known: dict[str, Lesson] = {}
        self._until = 0.0

    def published(self) -> Mapping[str, Lesson]:
        """Return what is published; a second old at the most, or older in an event loop."""
        if time.monotonic() < self._until or _in_event_loop():
            return self._known
        try:
            places = dict(Place.objects.exclude(version=None).values_list("slug", "version_id"))
            found = {slug: _read(version, slug) for slug, version in places.items()}
        except DatabaseError as error:  # before the first migration, or with the database away
            log.warning("what is published cannot be read: %s", error)
            return self._known
        self._known = {slug: lesson for slug, lesson in found.items() if lesson}
        self._until = time.monotonic() + _FRESH
        return self._known

    def forget(self) -> None:
        """Ask the database again."""
        self._until = 0.0

    def begun(self, student: str) -> Mapping[str, Lesson | None]:
        """Return the lessons that a student has begun, not finished, and that changed since."""
        now = dict(Place.objects.values_list("slug", "version_id"))
        found: dict[str, Lesson | None] = {}
        for row in Begun.objects.filter(student=student):
            if row.version_id == now.get(row.lesson):
                continue
            lesson = _read(row.version_id, row.lesson) if row.version_id else None
            old = lesson or library.of_folder(row.lesson)
            if old and not {step.name for step in old.steps} <= progress.steps_done(student, old):
                found[row.lesson] = lesson
        return found

    def open(self, student: str, slug: str) -> Lesson | None:
        """Note what a student begins; return a draft that they may see."""
        if named := _HIDDEN.match(slug):
            return tried(student, int(named[1]), int(named[2]))
        self.forget()
        place = Place.objects.filter(slug=slug).first()
        if place is not None:
            made = {"version_id": place.version_id}
            row, new = Begun.objects.get_or_create(student=student, lesson=slug, defaults=made)
            if not new and row.version_id != place.version_id and slug not in self.begun(student):
                self.renew(student, slug)  # what they began is done
        return None

    def renew(self, student: str, slug: str) -> None:
        """Let a student go on with today's version."""
        place = Place.objects.filter(slug=slug).first()
        Begun.objects.filter(student=student, lesson=slug).update(
            version=place.version if place else None
        )


def tried(student: str, draft: int, revision: int) -> Lesson | None:
    """A draft's revision as a lesson, for who may see it."""
    user = User.objects.filter(student=student, is_active=True).first()
    found = Draft.objects.filter(pk=draft).first()
    if user is None or found is None or not found.is_seen_by(user):
        return None
    try:
        files = KeptFiles(found.revision(revision).manifest)
        return library.read_files(files, Path(hidden_name(draft, revision)))
    except (Revision.DoesNotExist, LessonError):
        return None


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
