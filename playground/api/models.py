"""What the site remembers of tokens."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from playground.accounts.models import User


class Token(models.Model):
    """Leave to use the API as an account, for some scopes and a time."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    #: The token's first letters, by which its owner knows it again.
    start = models.CharField(max_length=12)
    #: SHA-256 in hexadecimal digits. A token has 256 random bits, so no slow hash is needed.
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField()
    last_used = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created", "-id"]

    def __str__(self) -> str:
        return f"{self.start}… {self.name}"

    @property
    def is_good(self) -> bool:
        """Whether it can be used now."""
        return self.ended is None and self.expires > timezone.now()
