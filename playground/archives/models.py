"""What the site remembers of archives that students have lent it."""

from __future__ import annotations

import secrets
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone


def new_id() -> str:
    """An id that cannot be guessed, and no name of another origin of layers."""
    return f"a-{secrets.token_hex(12)}"


class ImageArchive(models.Model):
    """An archive of images, from its first byte until it is removed."""

    class State(models.TextChoices):
        """How far it is."""

        COMING = "coming"
        READING = "reading"
        READY = "ready"
        BROKEN = "broken"

    id = models.CharField(primary_key=True, max_length=48, default=new_id)
    owner = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    #: Bytes, as its student's browser said before it sent them; no more are taken.
    size = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.COMING)
    #: A word of :class:`playground.layers.errors.LayersError`, for one that is broken.
    error = models.CharField(max_length=32, blank=True, default="")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["owner"]), models.Index(fields=["created"])]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"

    @property
    def folder(self) -> Path:
        """All that is kept of it on disk."""
        return settings.ARCHIVES_DIR / self.id

    @property
    def file(self) -> Path:
        """The archive itself."""
        return self.folder / "archive"

    @property
    def cache(self) -> Path:
        """The indexes of its layers. What it says of a digest holds for itself alone."""
        return self.folder / "layers"

    @property
    def ends(self) -> datetime:
        """When it is removed."""
        created: datetime = self.created
        return created + timedelta(hours=settings.ARCHIVE_HOURS)

    def discard(self) -> None:
        """Remove it with all that was made of it."""
        ImageArchive.objects.filter(id=self.id).delete()
        shutil.rmtree(self.folder, ignore_errors=True)
