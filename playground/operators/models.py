"""What operators say to everybody."""

from __future__ import annotations

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
