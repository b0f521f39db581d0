"""What operators say to everybody, and the images that they add to the catalogue."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Announcement(models.Model):
    """A line on top of every page, as long as it holds."""

    text_en = models.CharField(_("English"), max_length=300)
    text_ko = models.CharField(_("Korean"), max_length=300, blank=True)
    since = models.DateTimeField(_("from"), default=timezone.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        ordering = ["-since"]
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")

    def __str__(self) -> str:
        return self.text_en[:60]

    def text(self, language: str) -> str:
        """In the page's language if it was written in it, else in English."""
        return self.text_ko if language == "ko" and self.text_ko else self.text_en


class CatalogueImage(models.Model):
    """An image that an operator adds: what ``images/NAME/`` is for the checkout's own."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    tags: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    reference = models.CharField(_("reference"), max_length=255, blank=True)
    dockerfile = models.TextField(_("Dockerfile"), blank=True)
    needs: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    summary_en = models.CharField(_("summary in English"), max_length=200)
    summary_ko = models.CharField(_("summary in Korean"), max_length=200)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("image of the catalogue")
        verbose_name_plural = _("images of the catalogue")

    def __str__(self) -> str:
        return self.name


class CatalogueFile(models.Model):
    """A small file beside an image's Dockerfile."""

    image = models.ForeignKey(CatalogueImage, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=100)
    content = models.BinaryField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["image", "name"], name="one_file_of_a_name")]

    def __str__(self) -> str:
        return f"{self.image}/{self.name}"


class CatalogueBuild(models.Model):
    """One building of the catalogue, from the button to its end."""

    class State(models.TextChoices):
        """How far it is."""

        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        STOPPED = "stopped"

    state = models.CharField(max_length=16, choices=State.choices, default=State.RUNNING)
    #: Whether packages are fetched anew although no recipe has changed.
    refresh = models.BooleanField(default=False)
    #: An administrator asked for its end.
    stop = models.BooleanField(default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    key = models.CharField(max_length=16, blank=True)
    #: The last of what it said, see ``MOST_LINES`` in :mod:`playground.operators.catalogue.builds`.
    lines: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    error = models.TextField(blank=True)
    started = models.DateTimeField(default=timezone.now)
    #: When the worker was last known to be at it.
    seen = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="running"), name="one_build_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.started:%Y-%m-%d %H:%M} {self.state}"
