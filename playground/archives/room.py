"""Whether one more archive may come, and the sentence for why not."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext

from playground.archives.models import ImageArchive
from playground.layers.reader import MOST_CACHED
from playground.sandboxes.transfers import TransferFailed

_MB = 1 << 20


class NoRoom(TransferFailed):
    """An archive that is not taken; the text is for the student."""

    def __init__(self, code: str, sentence: str) -> None:
        Exception.__init__(self, sentence)
        self.code = code


def check(student: str, size: int) -> None:
    """Raise :class:`NoRoom` unless an archive of so many bytes may come from a student now."""
    if size > settings.ARCHIVE_MB * _MB:
        sentence = gettext("An archive may have %(most)s MB; this one has %(size)s MB.")
        values = {"most": settings.ARCHIVE_MB, "size": -(-size // _MB)}
        raise NoRoom("large", sentence % values)
    if size == 0:
        raise NoRoom("empty", gettext("This file is empty."))
    held = ImageArchive.objects.filter(owner=student).count()
    if held >= settings.ARCHIVES_EACH:
        sentence = gettext("You have %(n)s archives here already. Remove one of them first.")
        raise NoRoom("many", sentence % {"n": held})
    if _left() < size:
        sentence = gettext("There is no room for it on this machine now. Try again later.")
        raise NoRoom("full", sentence)


def _left() -> int:
    """Bytes that an archive may take of the disk.

    Those on their way count as whole, and each that is not read yet with all its indexes may take.
    """
    free = shutil.disk_usage(settings.ARCHIVES_DIR).free
    coming = ImageArchive.objects.filter(state=ImageArchive.State.COMING)
    reading = ImageArchive.objects.filter(state=ImageArchive.State.READING)
    promised: int = coming.aggregate(sum=Sum("size"))["sum"] or 0
    promised += (coming.count() + reading.count() + 1) * MOST_CACHED
    return free - promised - settings.ARCHIVES_FREE_MB * _MB
