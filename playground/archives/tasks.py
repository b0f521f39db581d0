"""What the worker does about archives."""

from __future__ import annotations

import shutil
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from playground.archives.models import ImageArchive


@shared_task
def reap_archives() -> None:
    """Remove archives whose time is over, and folders that belong to none."""
    oldest = timezone.now() - timedelta(hours=settings.ARCHIVE_HOURS)
    for archive in ImageArchive.objects.filter(created__lt=oldest):
        archive.discard()
    if not settings.ARCHIVES_DIR.is_dir():
        return
    # Listed before the rows are: a folder's row is there first.
    folders = list(settings.ARCHIVES_DIR.iterdir())
    known = set(ImageArchive.objects.values_list("id", flat=True))
    for folder in folders:
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)
